/**
 * Answers «how long may it take, at the worst, with this very file?» Pure; the reasons are in docs/internals/takeover.md.
 *
 * All times count from when a node was lost: when the others agreed on a view without it. A node that falls silent is lost
 * within `lossMs` and the few packets that an agreement takes.
 */
import { guestsOf } from '../core/guests.ts';
import type { Cluster, ClusterNode, FenceDevice, Ms, Service, ServiceId } from '../core/model.ts';
import { leaseTakeoverMs, watchdogTakeoverMs } from '../core/schedule/takeover.ts';
import { hostsOf } from './checkCertainty.ts';
import { isPair } from './checkQuorum.ts';

export interface Bounds {
  readonly lossMs: Ms;
  readonly leaseMs: Ms;
  /** The services of the slowest stop, in the order in which they stop; empty without services. */
  readonly slowestStop: readonly ServiceId[];
  readonly stopMs: Ms;
  /** The longest timeout of a watchdog; null: there is none. */
  readonly watchdogMs: Ms | null;
  readonly clockDriftPercent: number;
  readonly takeovers: readonly TakeoverBound[];
}

export interface TakeoverBound {
  readonly service: ServiceId;
  /** What makes it certain that the lost node's copy has ended. */
  readonly by: 'nothing' | 'lease' | 'watchdog' | 'fencing' | 'hand';
  /** When it starts elsewhere at the latest; null: when an operator has confirmed that the node is off. */
  readonly latestMs: Ms | null;
  /** Of what the time is made. */
  readonly because: string;
}

export const clockDriftPercent = 1;

export function boundsOf(cluster: Cluster): Bounds {
  const { deadMs } = cluster.heartbeat;
  const slowestStop = slowestStopOf(cluster);
  const watchdogs = cluster.nodes.flatMap(({ watchdog }) => (watchdog === null ? [] : [watchdog.timeoutMs]));
  return {
    lossMs: deadMs,
    leaseMs: deadMs,
    slowestStop: slowestStop.map(({ id }) => id),
    stopMs: sumOf(slowestStop),
    watchdogMs: watchdogs.length === 0 ? null : Math.max(...watchdogs),
    clockDriftPercent,
    takeovers: cluster.services
      .filter((service) => service.on.length > 1)
      .flatMap((each) => takeoversOf(cluster, each)),
  };
}

function takeoversOf(cluster: Cluster, service: Service): TakeoverBound[] {
  const { id } = service;
  if ((service.clone && service.promotable === null) || service.takeover === 'nothing')
    return [{ service: id, by: 'nothing', latestMs: 0, because: 'two copies at once, for a moment, are allowed' }];
  if (service.takeover === 'lease' && stopsByItself(cluster))
    return [{ service: id, by: 'lease', latestMs: leaseTakeoverMs(cluster, service), because: leaseWords }];
  const hosts = hostsOf(service.on, cluster);
  const nodes = cluster.nodes.filter((node) => hosts.includes(node.id));
  // A guest that failed is off when its machine has stopped; where that cannot be stopped, when its host is off.
  const machines = guestsOf(cluster).filter(({ node }) => service.on.includes(node));
  const machineMs = Math.max(0, ...machines.map(({ machine }) => machine.stopTimeoutMs));
  const timed = stopsByItself(cluster) && nodes.every(({ watchdog }) => watchdog !== null);
  // A pair that takes nothing over by itself does not fence by itself either.
  const fences = !isPair(cluster) || cluster.quorum.tie !== 'none';
  const fenced = fences && nodes.every(({ fence }) => fence.length > 0);
  const found: TakeoverBound[] = [];
  const add = (by: TakeoverBound['by'], latestMs: Ms, because: string): void => {
    const stop = machines.length === 0 ? '' : `${machineWords}; `;
    found.push({ service: id, by, latestMs: machineMs + latestMs, because: stop + because });
  };
  if (timed) add('watchdog', watchdogMs(cluster, nodes), watchdogWords);
  if (fenced) add('fencing', fencingMs(cluster, nodes), fencingWords(cluster));
  return found.length > 0 ? found : [{ service: id, by: 'hand', latestMs: null, because: handWords }];
}

const leaseWords = 'its lease ends, then everything that needs it stops, then it';
const watchdogWords =
  'its lease ends, it has the time of the slowest stop, and its watchdog resets it if that was not enough';
const fencingWords = ({ fencing }: Cluster): string =>
  `every level, ${fencing.tries} ${fencing.tries === 1 ? 'time' : 'times'}, each device at its time limit; mostly seconds`;
const machineWords = 'a guest ends when its machine has stopped, or the host of that';
const handWords = 'nothing makes it certain but an operator: sempre node confirm-off NODE';

/** Two nodes alone go on without each other, and without `stop` nobody stops: then only power proves anything. */
export const stopsByItself = (cluster: Cluster): boolean => cluster.quorum.noQuorum === 'stop' && !isPair(cluster);

const watchdogMs = (cluster: Cluster, nodes: readonly ClusterNode[]): Ms =>
  Math.max(
    0,
    ...nodes.map(({ watchdog }) => (watchdog === null ? 0 : watchdogTakeoverMs(cluster, watchdog.timeoutMs))),
  );

/** Between two rounds through all levels, as `core/fencing/run.ts` paces them. */
const roundPaceMs = 2000;

/** Until the last round has failed: by then it was switched off, or it is known that nobody could. */
function fencingMs(cluster: Cluster, nodes: readonly ClusterNode[]): Ms {
  const { devices, tries } = cluster.fencing;
  const byId = new Map(devices.map((device) => [device.id, device]));
  const headStartMs = isPair(cluster) && cluster.quorum.tie === 'fence' ? cluster.quorum.headStartMs : 0;
  const roundMs = (node: ClusterNode): Ms => node.fence.reduce((sum, level) => sum + levelMs(level, byId), 0);
  const roundsMs = tries * Math.max(0, ...nodes.map(roundMs)) + (tries - 1) * roundPaceMs;
  return Math.ceil(((headStartMs + roundsMs) * (100 + clockDriftPercent)) / 100);
}

/** Devices of a level are called at the same time; each is asked afterwards where it is to be verified. */
const levelMs = (level: readonly string[], devices: ReadonlyMap<string, FenceDevice>): Ms =>
  Math.max(
    0,
    ...level.flatMap((id) => {
      const device = devices.get(id);
      return device === undefined ? [] : [device.delayMs + device.timeoutMs * (device.verify ? 2 : 1)];
    }),
  );

/** The chain of needs whose stops, one after the other, take longest: the last to stop is at its end. */
function slowestStopOf(cluster: Cluster): Service[] {
  const known = new Map<ServiceId, Service[]>();
  const chainTo = (service: Service): Service[] => {
    const before = known.get(service.id);
    if (before !== undefined) return before;
    const above = cluster.services.filter(({ needs }) => needs.includes(service.id)).map(chainTo);
    const chain = [...slowest(above), service];
    known.set(service.id, chain);
    return chain;
  };
  // Copies that can never be on one node do not stop one after the other there, but who needs whom does not say so: a bound.
  return slowest(cluster.services.map(chainTo));
}

const slowest = (chains: readonly Service[][]): Service[] =>
  chains.reduce<Service[]>((best, chain) => (sumOf(chain) > sumOf(best) ? chain : best), []);

const sumOf = (chain: readonly Service[]): Ms => chain.reduce((sum, { stopTimeoutMs }) => sum + stopTimeoutMs, 0);
