/**
 * A service that may not overlap runs on one host at most. One that may (takeover: nothing) runs on two only for as long as
 * a lease and the stop after it take.
 *
 * The lease is kept by the daemon of the node that lost it. A daemon that is dead or held up cannot stop anything; that is
 * what a watchdog is for. Overlaps with such a host are forgiven until it has been back for its stop time.
 */
import { mayOverlap, type Service, type ServiceId } from '../../src/core/model.ts';
import type { Host } from '../world/host.ts';
import { type Check, Violation, type World } from '../world/world.ts';

export function exclusive(): Check {
  const overlapSinceMs = new Map<ServiceId, number>();
  return {
    name: 'exclusive',
    serviceChanged(world, host, id) {
      const service = host.running.get(id);
      if (service === undefined || service.clone || mayOverlap(service)) return;
      const others = ableHolders(world, id).filter((other) => other !== host);
      if (others.length > 0) throw violation(world, id, [host, ...others], 'started while it runs elsewhere');
    },
    passing(world) {
      for (const service of world.cluster.services) {
        if (service.clone) continue;
        const holders = ableHolders(world, service.id);
        if (holders.length < 2) {
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

/** A lease, the time to stop, and one more round for a stop that failed and is tried again. */
function boundMs(world: World, service: Service): number {
  return world.cluster.heartbeat.deadMs * 1.02 + 2 * service.stopTimeoutMs + 1000 + world.stopTimeMsMax + 200;
}

const ableHolders = (world: World, id: ServiceId): Host[] =>
  [...world.hosts.values()].filter((host) => host.running.has(id) && !host.isHelpless);

function violation(world: World, id: ServiceId, holders: readonly Host[], how: string): Violation {
  return new Violation(
    'exclusive',
    world.agenda.nowMs,
    `${id} is active on ${holders.map((host) => host.id).join(' and ')}: ${how}`,
  );
}
