/**
 * May a service be started while a node that is listed in its `on` is lost, and may still run it?
 *
 * Being lost proves nothing: the node may be cut off and healthy. Only time (it stops by itself when its lease has run
 * out) or power (fencing) does.
 */
import type { Cluster, Ms, NodeId, Service, ServiceId } from '../model.ts';
import { type Graph, graphOf, neededBy } from './graph.ts';
import type { Held, ScheduleInput } from './plan.ts';
import { isMember } from './seen.ts';
import { durationText } from './words.ts';

export interface Wait {
  readonly because: string;
  /** Null: until something else happens. */
  readonly untilMs: Ms | null;
}

/** A service that is not in it has nothing to wait for. */
export type Waits = ReadonlyMap<ServiceId, Wait>;

export function takeoverWaits(graph: Graph, input: ScheduleInput, held: Held): Waits {
  const waits = new Map<ServiceId, Wait>();
  for (const service of graph.cluster.services) {
    if (service.clone || service.takeover === 'nothing' || held.get(service.id)?.ran) continue;
    const wait = waitFor(graph, input, service);
    if (wait !== null) waits.set(service.id, wait);
  }
  return waits;
}

function waitFor(graph: Graph, input: ScheduleInput, service: Service): Wait | null {
  const lost = service.on.filter((node) => graph.nodeIndex.has(node) && !isMember(input.view, node));
  const [first] = lost;
  if (first === undefined) return null;
  if (service.takeover === 'fencing') return { because: needsFencing(service, first), untilMs: null };
  const waits = lost.map((node) => leaseWait(graph, input, service, node)).filter((wait) => wait.untilMs > input.nowMs);
  return waits.sort((a, b) => b.untilMs - a.untilMs)[0] ?? null;
}

const needsFencing = (service: Service, node: NodeId): string =>
  `${node} is lost and may still run ${service.id}; it can be taken over only when that node is confirmed off, which needs fencing (not available yet)`;

function leaseWait(graph: Graph, input: ScheduleInput, service: Service, node: NodeId): Wait & { untilMs: Ms } {
  const lostAtMs = input.lost.get(node) ?? input.nowMs;
  const waitMs = leaseWaitMs(graph, service);
  const because = `${node} is lost and may still run ${service.id} until its lease and stop time are over, ${durationText(waitMs)} after it was lost`;
  return { because, untilMs: lostAtMs + waitMs };
}

/**
 * From when on a node that is lost since `lostAtMs` (our clock) has stopped `service` by itself.
 *
 * - Its last lease was granted before it was lost, so it ends within `deadMs` of its own clock.
 * - Then it stops what it runs, dependents first: the service's own stop begins when the slowest chain of those that need
 *   it has had its time.
 * - Its clock may run up to 1 % slower than ours, for all of this.
 * - Its loop looks at the lease once an interval, and orders the first stop in the next turn: two intervals.
 *
 * A stop that does not end in its time breaks this bound; only fencing or a watchdog can help then.
 */
export function leaseTakeoverAt(cluster: Cluster, service: Service, lostAtMs: Ms): Ms {
  return lostAtMs + leaseWaitMs(graphOf(cluster), service);
}

function leaseWaitMs(graph: Graph, service: Service): Ms {
  const { deadMs, intervalMs } = graph.cluster.heartbeat;
  const ownClockMs = deadMs + stopChainMs(graph, service, new Map());
  return Math.ceil((ownClockMs * 101) / 100) + 2 * intervalMs;
}

/** The time to stop what needs it, one after the other, and then the service itself. */
function stopChainMs(graph: Graph, service: Service, known: Map<ServiceId, Ms>): Ms {
  const before = known.get(service.id);
  if (before !== undefined) return before;
  let dependentsMs = 0;
  for (const dependent of neededBy(graph, service.id))
    dependentsMs = Math.max(dependentsMs, stopChainMs(graph, dependent, known));
  known.set(service.id, dependentsMs + service.stopTimeoutMs);
  return dependentsMs + service.stopTimeoutMs;
}
