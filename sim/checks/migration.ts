/** A live migration has two owners for a moment. When all is well again there is one; in maintenance nobody takes it over. */
import { inMaintenance } from '../../src/core/ports.ts';
import type { Host } from '../world/host.ts';
import { type Check, Violation } from '../world/world.ts';

export function migration(): Check {
  return {
    name: 'migration',
    atEnd(world) {
      for (const host of world.hosts.values())
        for (const [id, target] of host.givenTo)
          if (host.holds(id) && world.host(target).holds(id) && !isLeft(host, target, id))
            throw new Violation('migration', world.agenda.nowMs, `${id} was left on ${host.id} and on ${target}`);
    },
  };
}

function isLeft({ id: source, loop }: Host, target: string, service: string): boolean {
  const admin = loop?.state.doc.admin;
  return admin !== undefined && [source, target].some((node) => inMaintenance(admin, node, service));
}
