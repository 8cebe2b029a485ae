/**
 * The HAProxy configuration of one balancer. (Pure; the reader of foreign haproxy.cfg files is in `src/config/import`.)
 *
 * What the choices serve, in this order: no failed request when a server dies, beyond those in flight to it; no request that
 * changes something is ever sent twice; a reload costs nothing.
 */
import type { BalanceResource, BalanceServer, Ms } from '../../core/model.ts';

/** Names of the sections, also in the runtime commands. */
export const backendName = 'sempre';

export interface Surroundings {
  readonly statsSocket: string;
  readonly stateFile: string;
  /** Account of Debian's package to give up root for; null where there is none, or we are not root. */
  readonly account: { readonly user: string; readonly group: string } | null;
  /** May bind an address that is not on this node yet (CAP_NET_ADMIN). */
  readonly transparent: boolean;
  /** The node speaks IPv6. */
  readonly ipv6: boolean;
}

const connectionsMax = 8000;
const retries = 3;
/** A client that sends its request so slowly holds a connection for no good. */
const requestTimeoutMs: Ms = 10_000;
/** Old workers serve their connections on after a reload, but not for ever. */
const hardStopMsMin: Ms = 600_000;
const reloadsMax = 20;

/** Why HAProxy could not be given this, in words; null when it can. Such text comes from the user's file. */
export function whyNotRenderable(resource: BalanceResource): string | null {
  const texts = {
    'the path of the check': resource.check.path,
    'the cookie': resource.cookie ?? '',
    'the user of the statistics page': resource.stats?.user ?? '',
    'the password of the statistics page': resource.stats?.password ?? '',
    ...Object.fromEntries(resource.servers.map(({ id }) => [`the server ${JSON.stringify(id)}`, id])),
  };
  const control = Object.entries(texts).find(([, text]) => /\p{Cc}/u.test(text));
  if (control !== undefined) return `${control[0]} holds a control character, which HAProxy cannot read`;
  const spaced = resource.servers.find(({ id }) => !/^[A-Za-z0-9_.:-]+$/.test(id));
  if (spaced !== undefined)
    return `the server name ${JSON.stringify(spaced.id)} may hold only letters, digits and _.:-`;
  if (/\s/.test(resource.check.path)) return 'the path of the check holds a space: write it as %20';
  if (resource.stats?.user.includes(':') === true) return 'the user of the statistics page holds a colon';
  return null;
}

export function renderConfig(resource: BalanceResource, around: Surroundings): string {
  const sections = [
    section('global', globalLines(resource, around)),
    section('defaults', defaultsLines(resource)),
    section(`frontend ${backendName}`, frontendLines(resource, around)),
    section(`backend ${backendName}`, backendLines(resource)),
    ...(resource.stats === null ? [] : [section('frontend sempre-stats', statsLines(resource.stats, around))]),
  ];
  return `# Written by sempre: changes are lost.\n${sections.join('\n')}`;
}

const section = (name: string, lines: readonly string[]): string =>
  `${[name, ...lines.map((line) => `    ${line}`)].join('\n')}\n`;

function globalLines(resource: BalanceResource, around: Surroundings): string[] {
  return [
    `maxconn ${connectionsMax}`,
    'no strict-limits', // A lower limit of open files means fewer connections, and not no service.
    'log stdout format raw daemon notice', // Changes of servers, never single requests.
    `stats socket ${quote(around.statsSocket)} mode 600 level admin expose-fd listeners`,
    'stats timeout 10s',
    `server-state-file ${quote(around.stateFile)}`,
    `hard-stop-after ${Math.max(hardStopMsMin, resource.idleTimeoutMs)}ms`,
    `mworker-max-reloads ${reloadsMax}`,
    'spread-checks 5',
    ...(around.account === null ? [] : [`user ${around.account.user}`, `group ${around.account.group}`]),
  ];
}

function defaultsLines(resource: BalanceResource): string[] {
  return [
    `mode ${resource.mode}`,
    'log global',
    'load-server-state-from-file global', // Servers keep their state over a reload instead of starting as up.
    `timeout connect ${resource.connectTimeoutMs}ms`,
    `timeout client ${resource.idleTimeoutMs}ms`,
    `timeout server ${resource.idleTimeoutMs}ms`,
    `timeout queue ${resource.connectTimeoutMs * (retries + 1)}ms`,
    `timeout check ${resource.check.timeoutMs}ms`,
    `retries ${retries}`,
    'option redispatch 1', // Every retry goes to another server, at once.
    'option dontlognull',
    'option clitcpka',
    'option srvtcpka',
    ...(resource.mode === 'http' ? httpLines(resource) : []),
  ];
}

/**
 * A connection to a server for each request: an idle one that is reused may lead to a machine that is gone, and then a request
 * waits for the whole idle time, where a new connection fails over within the connect timeout.
 */
function httpLines(resource: BalanceResource): string[] {
  return [
    `timeout http-request ${Math.min(requestTimeoutMs, resource.idleTimeoutMs)}ms`,
    `timeout http-keep-alive ${resource.idleTimeoutMs}ms`,
    'option http-server-close',
    'http-reuse never',
    'retry-on conn-failure empty-response',
    ...(resource.forwardFor ? ['option forwardfor'] : []),
  ];
}

function frontendLines(resource: BalanceResource, around: Surroundings): string[] {
  const lines = [bindLine(resource.listen.address, resource.listen.port, around)];
  // A request that may have been carried out is sent again only if that does no harm. A refused connection is always retried.
  if (resource.mode === 'http') lines.push('http-request disable-l7-retry unless METH_GET or { method OPTIONS }');
  return [...lines, `default_backend ${backendName}`];
}

/** `transparent` lets it listen before the address is on the node, so that a takeover need not wait for it. */
function bindLine(address: string | null, port: number, around: Surroundings): string {
  if (address === null) return around.ipv6 ? `bind :::${port} v4v6` : `bind :${port}`;
  const where = address.includes(':') ? `ipv6@[${address}]:${port}` : `${address}:${port}`;
  return `bind ${where}${around.transparent && !address.startsWith('127.') ? ' transparent' : ''}`;
}

const algorithms = {
  roundrobin: ['balance roundrobin'],
  leastconn: ['balance leastconn'],
  // Consistent: a lost server's clients move, and nobody else's.
  source: ['balance source', 'hash-type consistent'],
} as const;

function backendLines(resource: BalanceResource): string[] {
  return [
    ...algorithms[resource.algorithm],
    ...checkLines(resource),
    ...(resource.cookie === null ? [] : [`cookie ${quote(resource.cookie)} insert indirect nocache httponly`]),
    defaultServerLine(resource),
    ...resource.servers.map((server) => serverLine(server, resource.cookie !== null)),
  ];
}

function checkLines({ check, servers }: BalanceResource): string[] {
  if (check.kind === 'tcp') return [];
  const host = servers[0]?.address ?? 'localhost';
  return [
    'option httpchk',
    `http-check send meth ${check.method} uri ${quote(check.path)} ver HTTP/1.1 hdr Host ${quote(host)} hdr Connection close`,
    'http-check expect rstatus ^[23]',
  ];
}

/**
 * Two refused connections in a row bring the next check forward and make its failure final: clients notice a dead server
 * before the checks do, but only a check takes it out.
 */
function defaultServerLine({ check }: BalanceResource): string {
  const fastMs = Math.max(20, Math.min(check.everyMs, Math.round(check.everyMs / 4)));
  const rhythm = `inter ${check.everyMs}ms fastinter ${fastMs}ms downinter ${check.everyMs}ms`;
  const verdict = `rise ${check.rise} fall ${check.fall}`;
  return `default-server check ${rhythm} ${verdict} observe layer4 error-limit 2 on-error sudden-death`;
}

function serverLine({ id, address, port, weight }: BalanceServer, cookie: boolean): string {
  const where = address.includes(':') ? `ipv6@[${address}]:${port}` : `${address}:${port}`;
  return `server ${id} ${where} weight ${weight}${cookie ? ` cookie ${id}` : ''}`;
}

function statsLines(stats: NonNullable<BalanceResource['stats']>, around: Surroundings): string[] {
  return [
    'mode http',
    around.ipv6 ? `bind :::${stats.port} v4v6` : `bind :${stats.port}`,
    'stats enable',
    'stats uri /',
    'stats refresh 5s',
    'stats hide-version',
    `stats auth ${quote(`${stats.user}:${stats.password}`)}`,
  ];
}

/** Between single quotes HAProxy gives no character a meaning, so only a single quote itself needs care. */
export const quote = (word: string): string =>
  /^[A-Za-z0-9_.:/@%+,=?&~-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
