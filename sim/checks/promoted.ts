/**
 * Of a service that has one promoted copy at most, and whose takeover is guarded, no second copy is promoted while one still
 * may be. What is forgiven is what `exclusive.ts` forgives: a second promoted copy is what a second copy is of other services. What an
 * agent falsely called demoted is nobody's fault.
 */
import type { Service } from '../../src/core/model.ts';
import type { Host } from '../world/host.ts';
import { type Check, Violation } from '../world/world.ts';
import { counts } from './exclusive.ts';

/** All copies that differ, where this is one of them. `who`: has been promoted just now. */
const promotedOn = (host: Host, { id, copyOf }: Service, who: Host): Service[] =>
  [...host.running.values()].filter(
    (each) =>
      (copyOf === undefined ? each.id === id : each.copyOf?.service === copyOf.service) &&
      host.promoted.has(each.id) &&
      (!host.falselyDemoted.has(each.id) || (host === who && each.id === id)) &&
      counts(host, each),
  );

export function promoted(): Check {
  return {
    name: 'promoted',
    roleChanged(world, host, id) {
      const service = host.running.get(id);
      if (service === undefined || service.promotable === null || service.takeover === 'nothing') return;
      const { max } = service.promotable;
      // Of copies that are alike, more than one promoted anywhere are counted only where one is allowed.
      if ((max !== 1 && service.copyOf === undefined) || !host.promoted.has(id) || !counts(host, service)) return;
      const all = [...world.hosts.values()].flatMap((other) =>
        promotedOn(other, service, host).map((each) => [each, other]),
      );
      if (all.length <= max) return;
      const where = all.map(([each, other]) => `${(each as Service).id} on ${(other as Host).id}`).join(' and ');
      throw new Violation('promoted', world.agenda.nowMs, `more than ${max} promoted: ${where}`);
    },
  };
}
