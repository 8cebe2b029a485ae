/** A live migration has two owners for a moment. When all is well again there is one. */
import { type Check, Violation } from '../world/world.ts';

export function migration(): Check {
  return {
    name: 'migration',
    atEnd(world) {
      for (const host of world.hosts.values())
        for (const [id, target] of host.givenTo)
          if (host.holds(id) && world.host(target).holds(id))
            throw new Violation('migration', world.agenda.nowMs, `${id} was left on ${host.id} and on ${target}`);
    },
  };
}
