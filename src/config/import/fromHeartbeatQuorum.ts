/** When a node is dead, and what the others may do then. */
import { formatDuration } from '../duration.ts';
import { parseAddress } from '../network.ts';
import type { Certainty } from './fromHeartbeatFencing.ts';
import type { ReadHaCf } from './fromHeartbeatNodes.ts';
import { type ClusterFileDraft, flowList, mark, type Sourced, scalar, sourced } from './fromHeartbeatText.ts';
import type { HaCf, Placed } from './heartbeat.ts';

/** Heartbeat's own, where ha.cf says nothing. */
const theirs = { keepaliveMs: 1000, deadtimeMs: 30_000 };

/** What `heartbeat:` and `start-wait` can be. */
const bounds = { intervalMs: [20, 10_000], deadMs: [60, 300_000], startWaitMs: [1000, 86_400_000] } as const;
const missedMin = 3;
const missedAdvised = 5;
const pingsMax = 8;

/** Writes `heartbeat:`. */
export function writeHeartbeat({ file, value }: ReadHaCf, draft: ClusterFileDraft): void {
  const at = (placed: Placed<number> | null): Sourced => ({ file, line: placed?.line ?? 1 });
  const dead = within(
    bounds.deadMs,
    value.deadtimeMs?.value ?? theirs.deadtimeMs,
    'deadtime',
    at(value.deadtimeMs),
    draft,
  );
  const wanted = within(
    bounds.intervalMs,
    value.keepaliveMs?.value ?? theirs.keepaliveMs,
    'keepalive',
    at(value.keepaliveMs),
    draft,
  );
  const interval = dead < missedMin * wanted ? Math.max(Math.floor(dead / missedAdvised), 20) : wanted;
  if (interval !== wanted)
    draft.note(at(value.keepaliveMs), `keepalive is ${formatDuration(interval)} now: three must fit into deadtime`);
  draft.line(0, 'heartbeat:');
  draft.line(1, `interval: ${formatDuration(interval)}`, origin(file, value.keepaliveMs, 'keepalive'));
  draft.line(1, `dead: ${formatDuration(dead)}`, origin(file, value.deadtimeMs, 'deadtime'));
  if (value.udpPort !== null) writePort(value.udpPort, at(value.udpPort), draft);
  draft.gap();
}

function writePort({ value }: Placed<number>, source: Sourced, draft: ClusterFileDraft): void {
  draft.line(1, `port: ${value}`, `${mark(source)} udpport`);
  draft.note(source, `port ${value} is used over UDP and TCP now: let both through firewalls`);
}

const origin = (file: string, placed: Placed<unknown> | null, word: string): string =>
  placed === null ? `${word}, which ha.cf does not say: Heartbeat's own` : `${mark(sourced(file, placed))} ${word}`;

function within(
  [min, max]: readonly [number, number],
  timeMs: number,
  word: string,
  source: Sourced,
  draft: ClusterFileDraft,
): number {
  const fit = Math.min(Math.max(timeMs, min), max);
  if (fit !== timeMs)
    draft.note(
      source,
      `${word} is ${formatDuration(fit)} now: it must be from ${formatDuration(min)} to ${formatDuration(max)}`,
    );
  return fit;
}

// ---------------------------------------------------------------- quorum

export interface QuorumSources {
  readonly haCf: ReadHaCf | null;
  readonly certainty: Certainty;
  readonly nodeCount: number;
  /** Of the machine that only votes; null: there is none. */
  readonly witness: string | null;
  /** Addresses to ping that the command line names. */
  readonly ping: readonly string[];
  /** Of the cluster itself: whether they answer says nothing. */
  readonly own: ReadonlySet<string>;
}

/** Writes `quorum:` and what goes with it. */
export function writeQuorum(sources: QuorumSources, draft: ClusterFileDraft): void {
  const pings = pingsOf(sources, draft);
  const isPair = sources.nodeCount === 2 && sources.witness === null;
  if (sources.witness !== null) writeWitness(sources.witness, draft);
  if (!isPair && sources.haCf === null) return;
  draft.gap();
  draft.line(0, 'quorum:');
  if (isPair) writeTie(sources, pings, draft);
  else if (pings.length > 0) draft.note(null, 'ping is left out: it decides between two nodes without a witness');
  if (sources.nodeCount > 2)
    draft.note(null, 'a node without a majority stops what it runs; Heartbeat knew no majority (no-quorum: stop)');
  if (sources.haCf !== null) writeStartWait(sources.haCf, draft);
}

function writeWitness(address: string, draft: ClusterFileDraft): void {
  draft.gap();
  draft.line(0, 'witness:', 'from --witness: the side that it sees goes on, the other one stops');
  draft.line(1, `address: ${scalar(address)}`);
}

function writeTie({ certainty, haCf }: QuorumSources, pings: readonly Ping[], draft: ClusterFileDraft): void {
  const stonith = haCf?.value.stonith[0];
  const fenced = haCf === null || stonith === undefined ? '' : mark(sourced(haCf.file, stonith));
  if (certainty === 'operator') {
    draft.line(1, 'tie: none', `${fenced}: nothing is taken over before a person has confirmed`);
    if (pings.length > 0) draft.note(null, 'ping is left out: with «tie: none» it decides nothing');
    return;
  }
  if (certainty === 'devices') draft.line(1, 'tie: fence', fenced);
  else draft.line(1, 'tie: ping', 'no stonith: who still reaches the network takes over, as under Heartbeat');
  if (certainty === 'nothing')
    draft.note(
      null,
      'nothing switches a lost node off, as before: if only the links between the nodes fail, both go on (docs/guide/two-nodes.md)',
    );
  const whoDoesNot = certainty === 'devices' ? ': who reaches none does not fence' : '';
  const from = [...new Set(pings.map((each) => each.from))].join(', ');
  if (pings.length > 0) {
    draft.line(1, `ping: ${flowList(pings.map(({ address }) => address))}`, `${from}${whoDoesNot}`);
  } else if (certainty === 'nothing') {
    const blank = draft.blank('address to ping');
    draft.line(1, `ping: [${scalar(blank)}]`, 'fill in: an address outside of the cluster, such as the gateway');
  }
}

interface Ping {
  readonly address: string;
  readonly from: string;
}

function pingsOf({ haCf, ping, own }: QuorumSources, draft: ClusterFileDraft): readonly Ping[] {
  const said = ping.map((address): Ping => ({ address, from: 'from --ping' }));
  const pings = (haCf?.value.pings ?? []).flatMap((target) => {
    const source = sourced(haCf?.file ?? '', target);
    return target.addresses.flatMap((address): Ping[] => {
      const parsed = parseAddress(address);
      if (own.has(address)) draft.note(source, `ping ${address} is left out: it is an address of the cluster itself`);
      else if (!parsed.ok) draft.note(source, `ping «${address}» is left out: an IP address is needed`);
      else return [{ address, from: `${mark(source)} ${target.name === null ? 'ping' : 'ping_group'}` }];
      return [];
    });
  });
  const all = [...said, ...pings].filter(
    ({ address }, at, list) => list.findIndex((other) => other.address === address) === at,
  );
  if (all.length > pingsMax)
    draft.note(null, `only the first ${pingsMax} of ${all.length} addresses to ping are taken`);
  return all.slice(0, pingsMax);
}

/** Heartbeat waits for the other node, then goes on alone. */
function writeStartWait({ file, value }: ReadHaCf, draft: ClusterFileDraft): void {
  const said = value.initdeadMs;
  const waitMs = said?.value ?? initdeadOf(value);
  const fit = within(bounds.startWaitMs, waitMs, 'initdead', { file, line: said?.line ?? 1 }, draft);
  draft.line(1, `start-wait: ${formatDuration(fit)}`, origin(file, said, 'initdead'));
}

function initdeadOf({ deadtimeMs }: HaCf): number {
  const deadMs = deadtimeMs?.value ?? theirs.deadtimeMs;
  if (deadMs > 10_000) return deadMs;
  return deadMs < 6000 ? 12_000 : 2 * deadMs;
}

/** What stands behind a node that hangs. */
export interface WatchdogSources {
  readonly haCf: ReadHaCf | null;
  /** A device that the command line names. */
  readonly said: string | null;
  /** Without one nothing is certain; that there is none must at least be said; nobody asks. */
  readonly wanted: 'device' | 'answer' | 'nothing';
}

/** Writes `watchdog:`. */
export function writeWatchdog({ haCf, said, wanted }: WatchdogSources, draft: ClusterFileDraft): void {
  const placed = haCf?.value.watchdog ?? null;
  if (said === null && placed === null && wanted === 'nothing') return;
  draft.gap();
  if (said !== null) draft.line(0, `watchdog: ${scalar(said)}`, 'from --watchdog');
  else if (placed !== null && haCf !== null)
    draft.line(0, `watchdog: ${scalar(placed.value)}`, mark(sourced(haCf.file, placed)));
  else if (wanted === 'answer') draft.line(0, 'watchdog: none', 'ha.cf names none');
  else
    draft.line(
      0,
      `watchdog: ${scalar(draft.blank('watchdog device'))}`,
      'fill in: /dev/watchdog; without hardware: modprobe softdog',
    );
}
