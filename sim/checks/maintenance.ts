/** What an operator took out of the cluster's hands is left alone: no action at all; and nothing is fenced while disarmed. */
import { judgedBy } from '../../src/core/quorum/standing.ts';
import { type Check, Violation } from '../world/world.ts';

export function maintenance(): Check {
  return {
    name: 'maintenance',
    operationBegins(world, host, { verb, service }) {
      const state = host.loop?.state;
      if (state === undefined) return;
      // What the others may not know yet is no reason not to stop when they count on it.
      const isKept = (id: string, of: 'nodes' | 'services'): boolean =>
        judgedBy(state).every(({ admin }) => admin.maintenance[of][id] !== undefined);
      const what = isKept(host.id, 'nodes') ? host.id : isKept(service.id, 'services') ? service.id : null;
      if (what === null) return;
      const message = `${host.id} runs ${verb} of ${service.id}, though ${what} is in maintenance`;
      throw new Violation('maintenance', world.agenda.nowMs, message);
    },
    fenceBegins(world, host, { action, target }) {
      // The time that was given to disarm ends on each node by itself.
      const disarmed = host.loop?.state.doc.admin.disarmed ?? null;
      const seen = host.loop?.state.disarmedSeen ?? null;
      if (action !== 'off' || disarmed === null || seen?.id !== disarmed.id) return;
      if (host.nowMs() - seen.atMs >= disarmed.forMs) return;
      throw new Violation('maintenance', world.agenda.nowMs, `${host.id} fences ${target} although it is disarmed`);
    },
  };
}
