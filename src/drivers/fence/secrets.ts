/**
 * Values that nobody may see: read from their files when a call is made, and taken out of whatever an agent printed before
 * that gets into a message.
 */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { isAbsolute } from 'node:path';

const mark = 'file:';
const fileBytesMax = 4096;
const othersMayRead = 0o004;

export interface Resolved {
  readonly params: Readonly<Record<string, string>>;
  /** What must not be shown. */
  readonly secrets: readonly string[];
}

export type Resolve =
  | { readonly ok: true; readonly value: Resolved }
  | { readonly ok: false; readonly because: string };

/** Parameters that hold secrets in any agent of Debian's package, by their names. */
const secretNames = /pass|secret|token|(^|_)(key|kg|apikey|community)($|_)|hexadecimal/i;

/** Replaces each `file:/path` by what the file holds, without the line end at its end. */
export async function resolveParams(params: Readonly<Record<string, string>>): Promise<Resolve> {
  const resolved: Record<string, string> = {};
  const secrets: string[] = [];
  for (const [key, value] of Object.entries(params)) {
    const read = value.startsWith(mark) ? await readSecret(key, value.slice(mark.length)) : null;
    if (read !== null && !read.ok) return read;
    resolved[key] = read === null ? value : read.value;
    if (read !== null || secretNames.test(key)) secrets.push(resolved[key] ?? '');
  }
  return { ok: true, value: { params: resolved, secrets } };
}

/** The files that parameters name. */
export const filesOf = (params: Readonly<Record<string, string>>): readonly string[] =>
  Object.values(params).flatMap((value) => (value.startsWith(mark) ? [value.slice(mark.length)] : []));

type Secret = { readonly ok: true; readonly value: string } | { readonly ok: false; readonly because: string };

const no = (key: string, because: string): Secret => ({ ok: false, because: `the parameter ${key}: ${because}` });

/** Looks at the open file, so that nobody can exchange it in between; a FIFO must not hold us up. */
async function readSecret(key: string, path: string): Promise<Secret> {
  if (!isAbsolute(path)) return no(key, `${mark}${path} is not a whole path`);
  try {
    await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stats = await file.stat();
    if (!stats.isFile()) return no(key, `${path} is not a regular file`);
    if ((stats.mode & othersMayRead) !== 0)
      return no(key, `every user of this machine may read ${path}; try: chmod 600 ${path}`);
    if (stats.size > fileBytesMax) return no(key, `${path} is larger than ${fileBytesMax} bytes`);
    return { ok: true, value: (await file.readFile('utf8')).replace(/\r?\n$/, '') };
  } catch (error) {
    return no(key, `${path} cannot be read: ${(error as NodeJS.ErrnoException).code ?? (error as Error).message}`);
  }
}

/** The text with each secret blotted out. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  const longestFirst = [...new Set(secrets)].filter((secret) => secret !== '').sort((a, b) => b.length - a.length);
  return longestFirst.reduce((rest, secret) => rest.replaceAll(secret, '***'), text);
}
