/**
 * Where nodes are compared by how much they run, a container counts with its address and with what runs inside it, as the parts of a
 * bundle do in Pacemaker: each is a service that the node has to keep.
 */
import { must } from '../../lib/assert.ts';
import type { Resource, Situation } from '../../policy/situation.ts';
import type { Service } from '../model.ts';

/** `heads`: see `Configuration`. */
export function withLoads(situation: Situation, heads: readonly Service[]): Situation {
  const loads = new Map<number, number>();
  for (const service of heads) {
    const load = loadOf(service);
    if (load > 1)
      spread(must(situation.resourceById.get(service.id), `resource ${service.id}`), load, situation, loads);
  }
  if (loads.size === 0) return situation;
  const resources = situation.resources.map((each): Resource => {
    const load = loads.get(each.index);
    return load === undefined ? each : { ...each, load };
  });
  return { ...situation, resources };
}

const loadOf = ({ resource }: Service): number =>
  resource.kind === 'container' ? 1 + Number(resource.address !== null) + Number(resource.agent !== null) : 1;

/** Of a clone, each of its instances. */
function spread(index: number, load: number, situation: Situation, loads: Map<number, number>): void {
  const { children } = must(situation.resources[index], 'resource');
  if (children.length === 0) loads.set(index, load);
  for (const child of children) spread(child, load, situation, loads);
}
