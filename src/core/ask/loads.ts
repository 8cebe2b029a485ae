/**
 * Where nodes are compared by how much they run, a container counts with its address and with what runs inside it, as the parts of a
 * bundle do in Pacemaker: each is something that a node has to keep. What is to run inside counts somewhere even while the container
 * itself finds no place, as the connection does there that leads inside.
 */
import { must } from '../../lib/assert.ts';
import type { Resource, Situation } from '../../policy/situation.ts';
import type { Service } from '../model.ts';

/** `heads`: see `Configuration`. */
export function withLoads(situation: Situation, heads: readonly Service[]): Situation {
  const loads = new Map<number, Load>();
  for (const service of heads) {
    const load = loadOf(service);
    if (load.load > 1)
      spread(must(situation.resourceById.get(service.id), `resource ${service.id}`), load, situation, loads);
  }
  if (loads.size === 0) return situation;
  const resources = situation.resources.map((each): Resource => {
    const load = loads.get(each.index);
    return load === undefined ? each : { ...each, ...load };
  });
  return { ...situation, resources };
}

type Load = Required<Pick<Resource, 'load' | 'loadWithoutPlace'>>;

function loadOf({ resource }: Service): Load {
  if (resource.kind !== 'container') return { load: 1, loadWithoutPlace: 0 };
  const inside = Number(resource.agent !== null);
  return { load: 1 + Number(resource.address !== null) + inside, loadWithoutPlace: inside };
}

/** Of a clone, each of its instances. */
function spread(index: number, load: Load, situation: Situation, loads: Map<number, Load>): void {
  const { children } = must(situation.resources[index], 'resource');
  if (children.length === 0) loads.set(index, load);
  for (const child of children) spread(child, load, situation, loads);
}
