/**
 * Of copies that differ no more run on a node than the file says.
 *
 * A service that may not overlap runs on one host at most. One that may (takeover: nothing) runs on two only for as long as
 * a lease and the stop after it take.
 *
 * takeover: fencing is strict: whatever befalls a daemon, its machine is off before anybody else starts the service. Forgiven is
 * only what nobody can know: a device that says twice that a machine is off, a watchdog that does not fire.
 *
 * takeover: lease rests on the daemon of the node that lost it. A daemon that is dead or held up cannot stop anything. Overlaps
 * with such a host are forgiven until it has been back for its stop time; so are the copies of what could not be
 * stopped, and of what that needs: it stays up under it.
 *
 * A failure that blocks (on-fail) leaves a copy as it is, which may run though its start was said to have failed. Of a service that
 * may overlap it is not counted until an operator has cleaned up: until then it is with the other one as the file wants it.
 *
 * A live migration has two running for a moment, the source and its target: that this ends is for `migration.ts` to see.
 *
 * What an operator started by hand, or an agent falsely called stopped, is nobody's fault: see `Host.holds`.
 */
import { mayOverlap, type Service, type ServiceId } from '../../src/core/model.ts';
import { leadsTo } from '../../src/core/onFail.ts';
import type { Doc } from '../../src/core/ports.ts';
import { judgedBy } from '../../src/core/quorum/standing.ts';
import type { Host } from '../world/host.ts';
import { type Check, Violation, type World } from '../world/world.ts';

export function exclusive(): Check {
  const overlapSinceMs = new Map<ServiceId, number>();
  let isBounded = true;
  return {
    name: 'exclusive',
    asked(_world, { kind }) {
      if (kind === 'disarm' || kind === 'maintain') isBounded = false;
    },
    serviceChanged(world, host, id) {
      const service = host.running.get(id);
      if (service !== undefined) notTooMany(world, host, service);
      if (service === undefined || service.clone || mayOverlap(service) || !counts(host, service)) return;
      const others = countedHolders(world, service).filter((other) => other !== host && !isMigration(id, host, other));
      if (others.length > 0) throw violation(world, id, [host, ...others], 'started while it runs elsewhere');
    },
    passing(world) {
      const areBounded = isBounded && documentsOf(world).every(stopsAlone);
      for (const service of world.cluster.services) {
        if (service.clone) continue;
        if (mayOverlap(service) && !areBounded) {
          overlapSinceMs.delete(service.id);
          continue;
        }
        const holders = countedHolders(world, service).filter(
          (host) => tellsOf(world, host, service) && !isLeft(host, service),
        );
        const [a, b] = holders;
        const isPair = holders.length === 2 && a !== undefined && b !== undefined && isMigration(service.id, a, b);
        if (holders.length < 2 || isPair) {
          overlapSinceMs.delete(service.id);
          continue;
        }
        const sinceMs = overlapSinceMs.get(service.id) ?? world.agenda.nowMs;
        overlapSinceMs.set(service.id, sinceMs);
        const lasts = world.agenda.nowMs - sinceMs;
        if (lasts > boundMs(world, service)) throw violation(world, service.id, holders, `both for ${lasts} ms`);
      }
    },
  };
}

/** Of copies that differ, a node runs no more than the file says. */
function notTooMany(world: World, host: Host, { id, copyOf }: Service): void {
  if (copyOf === undefined) return;
  const isAlike = (each: Service): boolean => each.copyOf?.service === copyOf.service && counts(host, each);
  const here = [...host.running.values()].filter(isAlike);
  if (here.length > copyOf.perNode)
    throw violation(world, id, [host], `one copy more than the ${copyOf.perNode} that one node may have`);
}

/** Whether a node that is cut off stops what it runs: else two may go on for as long as the cut lasts. Nobody stops alone in a pair. */
const stopsAlone = ({ cluster, voters }: Doc): boolean =>
  cluster.quorum.noQuorum === 'stop' && Object.values(voters).filter((votes) => votes > 0).length !== 2;

/** Any of them may rule somewhere: while a change is under way there are several. A daemon that is down goes by none. */
const documentsOf = ({ hosts }: World): readonly Doc[] =>
  [...hosts.values()].flatMap(({ loop }) => (loop === null ? [] : judgedBy(loop.state)));

/**
 * A lease, the time to stop, and one more round for a stop that failed and is tried again. A planned move takes some orders and
 * their answers, each of which may be on its way for as long as the slowest packet.
 */
function boundMs(world: World, service: Service): number {
  if (!mayOverlap(service)) return 0;
  const { lateTickMs } = world.quirks;
  return (
    world.cluster.heartbeat.deadMs * 1.02 +
    2 * service.stopTimeoutMs +
    1000 +
    world.stopTimeMsMax +
    200 +
    3 * lateTickMs +
    6 * world.network.slowestMs
  );
}

/** Whether it may still be running there, as far as the daemon there is to be held to account. */
export function counts(host: Host, service: Service): boolean {
  if (!host.holds(service.id)) return false;
  if (host.isSaidToBeOff || host.watchdog.failedToFire) return false;
  if (service.takeover === 'fencing') return true;
  return !host.isHelpless && !isKeptUp(host, service);
}

/** A stop that is said to have failed may have done its work; until one succeeds, nothing that it needs is stopped. */
function isKeptUp({ loop, notStopped, world }: Host, { id }: Service): boolean {
  const stuck = [...(loop?.state.local ?? [])]
    .filter(([, { record }]) => record.state === 'blocked' || (record.state !== 'stopped' && record.failed === 'stop'))
    .map(([service]) => service);
  return [...notStopped, ...stuck].some((other) => mayKeepUp(world, other, id));
}

/** By what it needs, and what that needs. By an order among the rules anything may wait for anything. */
export function mayKeepUp(world: World, stuck: ServiceId, id: ServiceId): boolean {
  if (stuck === id) return true;
  return documentsOf(world).some(({ cluster: { services, rules } }) => {
    if (rules.orders.length > 0) return true;
    const relying = new Set([stuck]);
    // A set that grows while it is gone through.
    for (const each of relying) {
      const service = services.find((one) => one.id === each);
      for (const other of service === undefined ? [] : [...service.needs, ...service.with]) relying.add(other);
    }
    return relying.has(id);
  });
}

const isMigration = (id: ServiceId, a: Host, b: Host): boolean =>
  a.givenTo.get(id) === b.id || b.givenTo.get(id) === a.id;

/** Whether it runs can be found out: a copy that nobody can be told of is stopped when somebody can. */
const tellsOf = (world: World, host: Host, service: Service): boolean =>
  !mayOverlap(service) || world.agentFault(host.id, service.id, 'probe') === null;

/** What failed, and is to be left alone by the file until somebody cleans up: nobody stops it, or what serves in its stead. */
function isLeft(host: Host, service: Service): boolean {
  const record = host.loop?.state.local.get(service.id)?.record;
  return mayOverlap(service) && record?.state === 'failed' && leadsTo(service, record) === 'block';
}

function countedHolders(world: World, service: Service): Host[] {
  const holders: Host[] = [];
  for (const host of world.hosts.values()) if (counts(host, service)) holders.push(host);
  return holders;
}

function violation(world: World, id: ServiceId, holders: readonly Host[], how: string): Violation {
  return new Violation(
    'exclusive',
    world.agenda.nowMs,
    `${id} is active on ${holders.map((host) => host.id).join(' and ')}: ${how}`,
  );
}
