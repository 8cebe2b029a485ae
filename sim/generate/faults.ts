/** Draws what goes wrong. Swarm: each seed also chooses which kinds of fault exist at all: a world with only pauses finds other bugs. */
import type { Cluster, NodeId, Service } from '../../src/core/model.ts';
import type { Verb } from '../../src/core/ports.ts';
import type { Fault, FaultKind, Quirks, SimPlan } from '../world/faults.ts';
import { type Prng, prngFrom } from '../world/prng.ts';
import { drawCommand } from './commands.ts';
import { drawCopies } from './copies.ts';
import { drawFiles } from './files.ts';
import { drawJourneys } from './journeys.ts';
import { drawNotes } from './notes.ts';
import { drawOrders } from './orders.ts';
import { drawPartings } from './partings.ts';
import { drawPassages } from './passages.ts';
import { drawPlot, drawTurns } from './plots.ts';
import { drawPromotions, hasPromotable } from './promotions.ts';
import { drawQuirks } from './quirks.ts';
import { shuffled } from './services.ts';
import { drawShutdowns } from './shutdowns.ts';
import { drawStarts } from './starts.ts';

const faultKinds: readonly FaultKind[] = [
  'powerOff',
  'siteOff',
  'crashDaemon',
  'upgrade',
  'pauseDaemon',
  'cut',
  'isolate',
  'packets',
  'targetDown',
  'drift',
  'killService',
  'agent',
  'meddle',
  'diskFull',
  'slowDisk',
  'damage',
  'fenceDevice',
  'watchdog',
  'command',
  'confirmOff',
];

export function generatePlan(seed: number, cluster: Cluster): SimPlan {
  const prng = prngFrom(seed, 'faults');
  const density = prng.pick([0.1, 0.25, 0.5, 0.8]);
  const kinds = faultKinds.filter((kind) => prng.chance(density) && isPossible(kind, cluster));
  const { deadMs } = cluster.heartbeat;
  const beginMs = prng.chance(0.1) ? 0 : deadMs * 4 + 2000;
  const healAtMs = beginMs + deadMs * 15;
  const focus = prng.chance(0.5) ? drawFocus(prng.fork('focus'), cluster, beginMs, healAtMs) : null;
  const quirks = drawQuirks(prng.fork('quirks'), cluster);
  const faults: Fault[] = [];
  if (prng.chance(0.5)) faults.push(...drawPlot(prng.fork('plot'), cluster, beginMs, healAtMs));
  const noise = faults.length === 0 ? [4, 16, 24] : [1, 2, 8];
  const count = kinds.length === 0 ? 0 : prng.between(1, prng.pick(noise));
  for (let i = 0; i < count; i++) {
    const own = prng.fork(`fault ${i}`);
    const fault = draw(own, own.pick(kinds), cluster, own.chance(0.7) ? focus : null, beginMs, healAtMs);
    if (fault.kind !== 'damage' || mayDamage(quirks, faults)) faults.push(fault);
  }
  // From streams of their own, so that seeds without it stay what they were.
  const orders = prng.fork('orders');
  if (orders.chance(0.15)) faults.push(...drawOrders(orders, cluster, beginMs, healAtMs));
  const turns = prng.fork('turns');
  if (turns.chance(0.05)) faults.push(...drawTurns(turns, cluster, beginMs, healAtMs));
  const journeys = prng.fork('journeys');
  if (cluster.services.some(({ migrates }) => migrates) && journeys.chance(0.6))
    faults.push(...drawJourneys(journeys, cluster, beginMs, healAtMs));
  const promotions = prng.fork('promotions');
  if (hasPromotable(cluster) && promotions.chance(0.6))
    faults.push(...drawPromotions(promotions, cluster, beginMs, healAtMs));
  const passages = prng.fork('passages');
  if (passages.chance(0.4)) faults.push(...drawPassages(passages, cluster, beginMs, healAtMs));
  const files = prng.fork('files');
  if (files.chance(0.15)) faults.push(...drawFiles(files, cluster, beginMs, healAtMs));
  const partings = prng.fork('partings');
  if (partings.chance(0.12)) faults.push(...drawPartings(partings, cluster, beginMs, healAtMs));
  const copies = prng.fork('copies');
  const isHeard = faults.every(({ kind }) => kind !== 'cut' && kind !== 'isolate' && kind !== 'packets');
  if (copies.chance(0.1)) faults.push(...drawCopies(copies, cluster, isHeard, beginMs, healAtMs));
  const starts = prng.fork('starts');
  if (starts.chance(0.08)) faults.push(...drawStarts(starts, cluster, beginMs, healAtMs));
  const shutdowns = prng.fork('shutdowns');
  if (shutdowns.chance(0.08)) faults.push(...drawShutdowns(shutdowns, cluster, beginMs, healAtMs));
  const notes = prng.fork('notes');
  if (notes.chance(cluster.services.some(({ migrates }) => migrates) ? 0.2 : 0.05))
    faults.push(...drawNotes(notes, cluster, beginMs, healAtMs));
  const hangs = prng.fork('hangs');
  const drawn = faults.map((fault) => (fault.kind === 'diskFull' && hangs.chance(0.4) ? hanging(fault) : fault));
  return { seed, healAtMs, quirks, faults: drawn };
}

const hanging = (fault: Fault & { kind: 'diskFull' }): Fault => ({ ...fault, kind: 'diskHangs' });

/** All of them, what one sends, what one gets, or one way between two. */
function drawPath(
  prng: Prng,
  at: NodeId,
  others: readonly NodeId[],
): Pick<Extract<Fault, { kind: 'packets' }>, 'from' | 'to'> {
  switch (prng.below(4)) {
    case 0:
      return { from: null, to: null };
    case 1:
      return { from: at, to: null };
    case 2:
      return { from: null, to: at };
    default:
      return { from: at, to: prng.pick(others) };
  }
}

/** Misfortunes that come together: one node, within two loss timeouts. */
interface Focus {
  readonly node: NodeId;
  readonly atMs: number;
}

const drawFocus = (prng: Prng, cluster: Cluster, beginMs: number, healAtMs: number): Focus => ({
  node: prng.pick(cluster.nodes).id,
  atMs: prng.between(beginMs, Math.max(beginMs, healAtMs - cluster.heartbeat.deadMs * 4)),
});

function isPossible(kind: FaultKind, cluster: Cluster): boolean {
  switch (kind) {
    case 'cut':
    case 'packets':
      return cluster.nodes.length > 1;
    case 'targetDown':
      return cluster.quorum.ping.length > 0;
    case 'fenceDevice':
      return cluster.fencing.devices.length > 0;
    case 'watchdog':
      return cluster.nodes.some((node) => node.watchdog !== null);
    default:
      return true;
  }
}

/** One damaged file is a failure of a minority; more of them are promised nothing. */
const mayDamage = (quirks: Quirks, others: readonly Fault[]): boolean =>
  quirks.torn === null && others.every((other) => other.kind !== 'damage');

function draw(
  prng: Prng,
  kind: FaultKind,
  cluster: Cluster,
  focus: Focus | null,
  beginMs: number,
  healAtMs: number,
): Fault {
  const { deadMs } = cluster.heartbeat;
  const names = cluster.nodes.map((each) => each.id);
  const anyMs = prng.between(beginMs, healAtMs - 1);
  const atMs = focus === null ? anyMs : Math.min(healAtMs - 1, focus.atMs + prng.below(deadMs * 2));
  const forMs = Math.min(healAtMs - atMs, prng.pick([deadMs / 4, deadMs, deadMs * 2, deadMs * 6]) + prng.below(deadMs));
  const when = { atMs, forMs };
  const link = prng.chance(0.5) ? null : prng.below(cluster.nodes[0]?.links.length ?? 1);
  const anyNode = prng.pick(names);
  const at = focus?.node ?? anyNode;
  const others = names.filter((name) => name !== at);
  const target = prng.pick(cluster.services);
  switch (kind) {
    case 'powerOff':
    case 'pauseDaemon':
    case 'diskFull':
    case 'diskHangs':
    case 'runFull':
      return { ...when, kind, node: at };
    case 'siteOff': {
      const hit = shuffled(prng, names).slice(0, prng.between(Math.min(2, names.length), names.length));
      return { ...when, kind, nodes: hit.map((node) => ({ node, bootMs: prng.below(prng.pick([1, deadMs * 4])) })) };
    }
    case 'crashDaemon':
      return { ...when, forMs: Math.min(forMs, 300 + prng.below(deadMs * 2)), kind, node: at };
    case 'upgrade':
      return { ...when, kind, everyMs: prng.pick([300, deadMs, deadMs * 2]) };
    case 'cut':
      return prng.chance(0.5)
        ? { ...when, kind, from: at, to: prng.pick(others), link }
        : { ...when, kind, from: prng.pick(others), to: at, link };
    case 'isolate':
      return { ...when, kind, node: at, link };
    case 'packets':
      return {
        ...when,
        kind,
        ...drawPath(prng, at, others),
        link,
        how: prng.pick(['lose', 'lose', 'corrupt', 'slow', 'slow', 'slow', 'delay', 'repeat', 'reorder', 'replay']),
        probability: prng.pick([0.05, 0.2, 0.5, 0.9]),
        delayMs: prng.pick([20, deadMs * 0.3, deadMs * 0.6, deadMs * 0.9, deadMs * 3]),
      };
    case 'targetDown':
      return { ...when, kind, address: prng.pick(cluster.quorum.ping), node: prng.chance(0.5) ? null : at };
    case 'drift':
      return { ...when, kind, node: at, rate: 1 + (prng.next() - 0.5) / 100 };
    case 'killService':
      return { ...when, kind, node: at, service: target.id };
    case 'agent': {
      const verb = prng.pick(verbsOf(target));
      return { ...when, kind, node: at, service: target.id, verb, how: prng.pick(['fail', 'hang', 'lie', 'pretend']) };
    }
    case 'meddle':
      return { ...when, kind, node: prng.pick(target.on), service: target.id, act: prng.pick(['start', 'stop']) };
    case 'slowDisk':
      return { ...when, kind, node: at, delayMs: prng.pick([500, 2000, 5000]) };
    case 'damage':
      return { ...when, kind, node: at, file: prng.pick(['doc', 'reserve', 'ledger']) };
    case 'fenceDevice':
      return {
        ...when,
        kind,
        device: prng.pick(cluster.fencing.devices).id,
        how: prng.pick(['fail', 'hang', 'pretend', 'lie', 'blind', 'slow']),
        delayMs: prng.pick([2000, 10_000, 120_000]),
      };
    case 'watchdog':
      return { ...when, kind, node: at, how: prng.pick(['missing', 'late', 'never']), lateMs: prng.below(deadMs * 3) };
    case 'command':
      return { ...when, kind, node: at, command: drawCommand(prng, cluster) };
    case 'confirmOff':
      return { ...when, kind, node: at, target: prng.pick(names) };
  }
}

/** The verbs that may be ordered for it. */
function verbsOf({ promotable, notify, migrates }: Service): readonly Verb[] {
  const verbs: Verb[] = ['start', 'stop', 'check', 'probe', 'reload'];
  if (promotable !== null) verbs.push('promote', 'demote', 'promote', 'demote');
  if (notify) verbs.push('notify');
  if (migrates) verbs.push('migrateTo', 'migrateFrom', 'migrateTo', 'migrateFrom');
  return verbs;
}
