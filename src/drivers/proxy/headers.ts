/** What a proxy changes in HTTP headers. (Pure; on Node's raw lists: name, value, name, value, ...) */

export type RawHeaders = readonly string[];

/** Between two neighbours only (RFC 9110, 7.6.1), so never passed on. `Expect` was answered by us already. */
const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'expect',
]);

export function pairsOf(raw: RawHeaders): [name: string, value: string][] {
  const pairs: [string, string][] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) pairs.push([raw[i] ?? '', raw[i + 1] ?? '']);
  return pairs;
}

/** The values of all headers of this name. */
export const valuesOf = (raw: RawHeaders, name: string): string[] =>
  pairsOf(raw).flatMap(([key, value]) => (key.toLowerCase() === name ? [value] : []));

/** Without what is meant for us alone, also what `Connection` names. */
export function endToEnd(raw: RawHeaders): string[] {
  const named = valuesOf(raw, 'connection').flatMap((value) => value.split(','));
  const dropped = new Set([...hopByHop, ...named.map((name) => name.trim().toLowerCase())]);
  // Named or not, without it nobody would know where the body ends or which site is meant.
  for (const name of ['content-length', 'host']) dropped.delete(name);
  return pairsOf(raw).flatMap((pair) => (dropped.has(pair[0].toLowerCase()) ? [] : pair));
}

export interface RequestChanges {
  /** The client's address to be told; null: nothing is told. */
  readonly forwardedFor: string | null;
  /** Ours, so the server must not see it. */
  readonly cookie: string | null;
  /** The body comes without a known length. */
  readonly chunked: boolean;
}

/** Headers of the request to the server. Each request has a connection of its own. */
export function requestHeaders(raw: RawHeaders, changes: RequestChanges): string[] {
  const kept = pairsOf(endToEnd(raw)).flatMap(([name, value]) => {
    if (changes.cookie === null || name.toLowerCase() !== 'cookie') return [name, value];
    const rest = withoutCookie(value, changes.cookie);
    return rest === '' ? [] : [name, rest];
  });
  if (changes.forwardedFor !== null) kept.push('X-Forwarded-For', changes.forwardedFor);
  if (changes.chunked) kept.push('Transfer-Encoding', 'chunked');
  return [...kept, 'Connection', 'close'];
}

/** Headers of the answer to the client. `setCookie`: the server that it is tied to from now on, null: no change. */
export function answerHeaders(raw: RawHeaders, setCookie: { name: string; serverId: string } | null): string[] {
  const kept = endToEnd(raw);
  if (setCookie === null) return kept;
  const cookie = `${setCookie.name}=${setCookie.serverId}; Path=/; HttpOnly`;
  // A cache in between must not give one client's cookie to others.
  return [...kept, 'Set-Cookie', cookie, 'Cache-Control', 'private'];
}

/** The value of a cookie in a request, null when there is none. */
export function cookieOf(raw: RawHeaders, name: string): string | null {
  for (const line of valuesOf(raw, 'cookie')) {
    for (const part of line.split(';')) {
      if (isCookie(part, name)) return part.slice(part.indexOf('=') + 1).trim();
    }
  }
  return null;
}

function isCookie(part: string, name: string): boolean {
  const at = part.indexOf('=');
  return at > 0 && part.slice(0, at).trim() === name;
}

function withoutCookie(line: string, name: string): string {
  return line
    .split(';')
    .map((part) => part.trim())
    .filter((part) => part !== '' && !isCookie(part, name))
    .join('; ');
}

/** Sent twice it has the effect of once, and there is no body that would be gone by then. */
export function mayRepeat(method: string, raw: RawHeaders): boolean {
  const hasBody =
    valuesOf(raw, 'transfer-encoding').length > 0 || valuesOf(raw, 'content-length').some((n) => n !== '0');
  return !hasBody && ['GET', 'HEAD', 'OPTIONS'].includes(method);
}
