/** Reads Heartbeat's ha.cf: who is in the cluster, how they hear each other, and when somebody is dead. */
import { ImportFault, type ImportNote, type Place } from './fault.ts';
import { linesOf, type Placed, placed, placeOf, some, wholeOf } from './heartbeatLines.ts';
import type { Token, Words } from './words.ts';

/** A path that heartbeats take. */
export type HeartbeatLink = Place &
  (
    | { readonly kind: 'broadcast'; readonly interface: string }
    | { readonly kind: 'unicast'; readonly interface: string; readonly address: string }
    | {
        readonly kind: 'multicast';
        readonly interface: string;
        readonly group: string;
        readonly port: number;
        /** How many routers a packet may pass. */
        readonly ttl: number;
        /** Whether the sender hears itself. */
        readonly loop: boolean;
      }
    | { readonly kind: 'serial'; readonly device: string }
  );

/** Addresses that are no nodes, but show whether the network is there; a group is there while one of its members is. */
export interface PingTarget extends Place {
  /** Of a group. */
  readonly name: string | null;
  readonly addresses: readonly string[];
}

/** What can switch a node off. */
export interface StonithDevice extends Place {
  /** The node that has the device, `*`: every one. */
  readonly host: string;
  readonly type: string;
  /** In the order of the device's kind; may hold secrets. For the directive `stonith` the name of a file. */
  readonly parameters: readonly string[];
}

export interface Respawned extends Place {
  readonly user: string;
  readonly command: readonly string[];
}

export interface Directive extends Place {
  readonly name: string;
  readonly values: readonly string[];
}

/** Null: not said. */
export interface HaCf {
  readonly keepaliveMs: Placed<number> | null;
  readonly warntimeMs: Placed<number> | null;
  readonly deadtimeMs: Placed<number> | null;
  readonly initdeadMs: Placed<number> | null;
  readonly deadpingMs: Placed<number> | null;
  readonly udpPort: Placed<number> | null;
  /** `legacy`: on, until all nodes of the cluster know better. */
  readonly autoFailback: Placed<'on' | 'off' | 'legacy'> | null;
  readonly nodes: readonly Placed<string>[];
  readonly links: readonly HeartbeatLink[];
  readonly pings: readonly PingTarget[];
  readonly stonith: readonly StonithDevice[];
  readonly respawn: readonly Respawned[];
  readonly watchdog: Placed<string> | null;
  /** Logs, users, and whatever else says nothing about who is there and when somebody is dead. */
  readonly others: readonly Directive[];
  readonly notes: readonly ImportNote[];
}

interface Draft extends HaCf {
  keepaliveMs: Placed<number> | null;
  warntimeMs: Placed<number> | null;
  deadtimeMs: Placed<number> | null;
  initdeadMs: Placed<number> | null;
  deadpingMs: Placed<number> | null;
  udpPort: Placed<number> | null;
  autoFailback: Placed<'on' | 'off' | 'legacy'> | null;
  watchdog: Placed<string> | null;
  readonly nodes: Placed<string>[];
  readonly links: HeartbeatLink[];
  readonly pings: PingTarget[];
  readonly stonith: StonithDevice[];
  readonly respawn: Respawned[];
  readonly others: Directive[];
  readonly notes: ImportNote[];
}

/** Throws `ImportFault` and nothing else. */
export function readHaCf(text: string): HaCf {
  const draft: Draft = {
    ...{ keepaliveMs: null, warntimeMs: null, deadtimeMs: null, initdeadMs: null, deadpingMs: null },
    ...{ udpPort: null, autoFailback: null, watchdog: null },
    ...{ nodes: [], links: [], pings: [], stonith: [], respawn: [], others: [], notes: [] },
  };
  for (const words of linesOf(text, false)) {
    const directive = words.next('a directive');
    (directives.get(directive.text.toLowerCase()) ?? other)(words, draft, directive);
    words.finish();
  }
  return draft;
}

type Read = (words: Words, draft: Draft, directive: Token) => void;

const note = (draft: Draft, { line, column }: Place, text: string): void => {
  draft.notes.push({ line, column, text });
};

const time =
  (key: 'keepaliveMs' | 'warntimeMs' | 'deadtimeMs' | 'initdeadMs' | 'deadpingMs'): Read =>
  (words, draft, directive) => {
    if (draft[key] !== null) note(draft, directive, `${directive.text} was said before: the last one counts`);
    draft[key] = placed(directive, timeOf(words.next('a time')));
  };

const directives: ReadonlyMap<string, Read> = new Map<string, Read>([
  ['keepalive', time('keepaliveMs')],
  ['warntime', time('warntimeMs')],
  ['deadtime', time('deadtimeMs')],
  ['initdead', time('initdeadMs')],
  ['deadping', time('deadpingMs')],
  ['udpport', (words, draft, at) => (draft.udpPort = placed(at, portOf(words.next('a port'))))],
  [
    'node',
    (words, draft) => draft.nodes.push(...some(words, 'the name of a node').map((each) => placed(each, each.text))),
  ],
  ['bcast', broadcast],
  ['udp', oldBroadcast],
  ['mcast', multicast],
  ['ucast', unicast],
  [
    'serial',
    (words, draft) =>
      draft.links.push(
        ...some(words, 'a device').map((each) => ({ ...placeOf(each), kind: 'serial' as const, device: each.text })),
      ),
  ],
  ['auto_failback', autoFailback],
  ['nice_failback', niceFailback],
  [
    'ping',
    (words, draft) =>
      draft.pings.push(
        ...some(words, 'an address').map((each) => ({ ...placeOf(each), name: null, addresses: [each.text] })),
      ),
  ],
  ['ping_group', pingGroup],
  ['stonith', (words, draft, at) => addStonith(words, draft, at, '*')],
  ['stonith_host', (words, draft, at) => addStonith(words, draft, at, words.next('the name of a node').text)],
  ['respawn', respawn],
  ['watchdog', (words, draft, at) => (draft.watchdog = placed(at, words.next('a device').text))],
  ['crm', crm],
]);

/** Directives that need no note. */
const harmless = new Set([
  ...['debugfile', 'logfile', 'logfacility', 'use_logd', 'conn_logd_time', 'debug', 'coredumps', 'baud', 'hopfudge'],
  ...['apiauth', 'realtime', 'rtprio', 'memreserve', 'msgfmt', 'syslogmsgfmt', 'compression', 'compression_threshold'],
  ...['traditional_compression', 'uuidfrom', 'cluster', 'env', 'max_rexmit_delay', 'normalpoll', 'search', 'autojoin'],
  ...['record_config_changes', 'record_pengine_inputs', 'enable_config_writes', 'hbgenmethod'],
]);

function other(words: Words, draft: Draft, { text, ...place }: Token): void {
  const name = text.toLowerCase();
  draft.others.push({ ...placeOf(place), name, values: words.rest().map((each) => each.text) });
  if (!harmless.has(name)) note(draft, place, `«${text}» is no directive that is known here: left out`);
}

function broadcast(words: Words, draft: Draft): void {
  for (const each of some(words, 'a network interface'))
    draft.links.push({ ...placeOf(each), kind: 'broadcast', interface: each.text });
}

function oldBroadcast(words: Words, draft: Draft, directive: Token): void {
  note(draft, directive, '«udp» is the old word for «bcast»');
  broadcast(words, draft);
}

/** `mcast INTERFACE GROUP PORT TTL LOOP` */
function multicast(words: Words, draft: Draft, directive: Token): void {
  const device = words.next('a network interface').text;
  const group = words.next('a multicast address').text;
  const port = portOf(words.next('a port'));
  const ttl = wholeOf(words.next('a number of routers'), 0, 255);
  const loop = wholeOf(words.next('0 or 1'), 0, 1) === 1;
  draft.links.push({ ...placeOf(directive), kind: 'multicast', interface: device, group, port, ttl, loop });
}

function unicast(words: Words, draft: Draft, directive: Token): void {
  const device = words.next('a network interface').text;
  const address = words.next('the address of the other node').text;
  draft.links.push({ ...placeOf(directive), kind: 'unicast', interface: device, address });
}

function autoFailback(words: Words, draft: Draft, directive: Token): void {
  const word = words.takeWord('on', 'off', 'legacy', 'yes', 'no', 'true', 'false', '1', '0');
  if (word === null) throw words.fault('on, off or legacy is missing behind auto_failback');
  const value = word === 'legacy' ? 'legacy' : ['on', 'yes', 'true', '1'].includes(word) ? 'on' : 'off';
  draft.autoFailback = placed(directive, value);
}

/** It was nice to leave a resource where it is. */
function niceFailback(words: Words, draft: Draft, directive: Token): void {
  const word = words.takeWord('on', 'off');
  if (word === null) throw words.fault('on or off is missing behind nice_failback');
  const value = word === 'on' ? 'off' : 'legacy';
  note(draft, directive, `«nice_failback ${word}» is the old form of «auto_failback ${value}»`);
  draft.autoFailback = placed(directive, value);
}

function pingGroup(words: Words, draft: Draft, directive: Token): void {
  const name = words.next('the name of the group').text;
  const addresses = some(words, 'an address').map(({ text }) => text);
  draft.pings.push({ ...placeOf(directive), name, addresses });
}

function addStonith(words: Words, draft: Draft, directive: Token, host: string): void {
  const type = words.next('the kind of device').text;
  draft.stonith.push({ ...placeOf(directive), host, type, parameters: words.rest().map(({ text }) => text) });
}

function respawn(words: Words, draft: Draft, directive: Token): void {
  const user = words.next('a user').text;
  const command = some(words, 'a program').map(({ text }) => text);
  draft.respawn.push({ ...placeOf(directive), user, command });
}

/** From version 2 on, another part of Heartbeat could do the work. */
function crm(words: Words, draft: Draft, directive: Token): void {
  const value = words.next('on or off').text;
  draft.others.push({ ...placeOf(directive), name: 'crm', values: [value, ...words.rest().map(({ text }) => text)] });
  if (/^(on|yes|true|1|respawn|manual)$/i.test(value))
    note(draft, directive, 'with «crm» haresources is not read: the resources stand in a CIB');
}

// ---------------------------------------------------------------- values

const units: ReadonlyMap<string, number> = new Map([
  ['', 1000],
  ['s', 1000],
  ['sec', 1000],
  ['ms', 1],
  ['msec', 1],
  ['us', 0.001],
  ['usec', 0.001],
]);

const timeMsMax = 1e9;

/** Seconds unless it says otherwise; whole milliseconds. */
function timeOf(token: Token): number {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)([a-z]*)$/i.exec(token.text) ?? [];
  const factor = units.get(unit.toLowerCase());
  const timeMs = Math.round(Number(digits) * (factor ?? Number.NaN));
  if (timeMs >= 0 && timeMs <= timeMsMax) return timeMs;
  throw new ImportFault(token, `«${token.text}» is no time: seconds, or milliseconds as in 500ms`);
}

const portOf = (token: Token): number => wholeOf(token, 1, 65_535);
