/** Once all is well again nobody is fenced, and services that go home go once. */
import type { NodeId, ServiceId } from '../../src/core/model.ts';
import { leadsTo } from '../../src/core/onFail.ts';
import type { Host } from '../world/host.ts';
import { type Check, Violation, type World } from '../world/world.ts';

/** Each node that comes back may be a better place, and so may each failure that is forgotten. */
const movesMax = 2;

export function calm(): Check {
  let healedAtMs: number | null = null;
  /** An operator's wish is carried out when it can be. */
  const wished = new Set<NodeId>();
  const homes = new Map<ServiceId, string>();
  const moves = new Map<ServiceId, number>();
  const late = new Set<string>();
  return {
    name: 'calm',
    healed(world) {
      healedAtMs = world.agenda.nowMs;
    },
    asked(_world, command) {
      // What an operator cleans up may go where it could not go before.
      if (command.kind === 'cleanup') moves.clear();
      if (command.kind === 'fence') wished.add(command.node);
    },
    // So may a start in which an agent hangs fail late, and where it failed is a better place once that is forgotten.
    operationBegins(_world, host, { verb, service: { id } }) {
      const failed = host.loop?.state.local.get(id)?.record.failed;
      const key = `${id} on ${host.id}`;
      if (healedAtMs === null || verb !== 'stop' || failed !== 'start' || late.has(key)) return;
      late.add(key);
      moves.delete(id);
    },
    // A fencing that was under way may end late.
    powerChanged() {
      moves.clear();
    },
    serviceChanged(world, host, id) {
      if (!host.running.has(id)) return;
      const home = homes.get(id);
      homes.set(id, host.id);
      if (!isSettling(world, healedAtMs) || home === undefined || home === host.id || host.running.get(id)?.clone)
        return;
      const count = (moves.get(id) ?? 0) + 1;
      moves.set(id, count);
      // Guests come back one after the other, once their machines have been started.
      if (count > movesMax + world.cluster.nodes.filter(({ guest }) => guest !== undefined).length)
        throw new Violation('calm', world.agenda.nowMs, `${id} moved ${count} times after all was healed`);
    },
    fenceBegins(world, host, { action, target }) {
      if (action !== 'off' || wished.has(target) || !isSettling(world, healedAtMs)) return;
      if (isWell(world, world.host(target)))
        throw new Violation('calm', world.agenda.nowMs, `${host.id} fences ${target} after all was healed`);
    },
  };
}

/**
 * Not one whose daemon is gone, that has just booted, on which something could not be stopped, or failed in a way that the file has it
 * switched off for: somebody who may do that may be back only now.
 */
function isWell(world: World, { loop, poweredAtMs }: Host): boolean {
  if (loop === null || world.agenda.nowMs - poweredAtMs <= graceMs(world)) return false;
  return [...loop.state.local].every(([id, { record }]) => {
    if (record.state === 'running' || record.state === 'blocked') return record.state === 'running';
    const service = world.cluster.services.find((each) => each.id === id);
    return service === undefined || leadsTo(service, record) !== 'fence';
  });
}

const isSettling = (world: World, healedAtMs: number | null): boolean =>
  healedAtMs !== null && world.agenda.nowMs - healedAtMs > graceMs(world);

/** To agree on a view of all. */
const graceMs = (world: World): number => world.cluster.heartbeat.deadMs * 3 + 1000;
