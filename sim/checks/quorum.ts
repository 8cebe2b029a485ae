/**
 * Nothing is started by a side without quorum: no majority may have gone on without this host longer than a lease ago.
 *
 * Where the file lets both sides of a cut act (ping, ignore), only the view is looked at.
 */
import type { NodeId } from '../../src/core/model.ts';
import type { Verb } from '../../src/core/ports.ts';
import { type Check, Violation, type World } from '../world/world.ts';

const needsQuorum = new Set<Verb>(['start', 'reload', 'tune', 'promote', 'migrateTo', 'migrateFrom']);

export function quorum(): Check {
  const firstInstalled = new Map<number, { readonly atMs: number; readonly members: readonly NodeId[] }>();
  return {
    name: 'quorum',
    installed(world, _host, view) {
      if (!firstInstalled.has(view.number))
        firstInstalled.set(view.number, { atMs: world.agenda.nowMs, members: view.members });
    },
    operationBegins(world, host, op) {
      if (!needsQuorum.has(op.verb)) return;
      const now = world.agenda.nowMs;
      const view = host.loop?.state.installed ?? null;
      if (view === null)
        throw new Violation('quorum', now, `${host.id} runs ${op.verb} of ${op.service.id} in no view`);
      const { tie, noQuorum } = world.cluster.quorum;
      // Whoever is wrongly said to be off is acted without.
      if (tie === 'ping' || noQuorum === 'ignore' || host.isSaidToBeOff) return;
      const staleMs = world.cluster.heartbeat.deadMs * 1.02;
      for (const [number, newer] of firstInstalled) {
        if (number <= view.number || newer.members.includes(host.id) || now - newer.atMs < staleMs) continue;
        if (newer.members.every((member) => isGone(world, member, newer.atMs))) continue;
        const what = `${host.id} runs ${op.verb} of ${op.service.id} in view ${view.number}`;
        throw new Violation('quorum', now, `${what}, though view ${number} without it is ${now - newer.atMs} ms old`);
      }
    },
  };
}

/** Its machine has been off since: half of a pair that is known to be off is not asked, and may have counted on. */
function isGone(world: World, member: NodeId, sinceMs: number): boolean {
  const host = world.host(member);
  return !host.powered || host.poweredAtMs > sinceMs;
}
