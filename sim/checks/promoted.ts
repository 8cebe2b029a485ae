/**
 * Of a service that has one promoted copy at most, and whose takeover is guarded, no second copy is promoted while one still
 * may be. What is forgiven is what `exclusive.ts` forgives: a second promoted copy is what a second copy is of other services. What an
 * agent falsely called demoted is nobody's fault.
 */
import { type Check, Violation } from '../world/world.ts';
import { counts } from './exclusive.ts';

export function promoted(): Check {
  return {
    name: 'promoted',
    roleChanged(world, host, id) {
      const service = host.running.get(id);
      if (service === undefined || service.promotable?.max !== 1 || service.takeover === 'nothing') return;
      if (!host.promoted.has(id) || !counts(host, service)) return;
      for (const other of world.hosts.values()) {
        if (other === host || !other.promoted.has(id) || other.falselyDemoted.has(id) || !counts(other, service))
          continue;
        throw new Violation('promoted', world.agenda.nowMs, `${id} is promoted on ${host.id} and on ${other.id}`);
      }
    },
  };
}
