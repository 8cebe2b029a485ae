/** Of copies that differ, as many as may run on one node: does a copy have to wait until another one has gone from it? */
import { must } from '../../lib/assert.ts';
import type { ServiceId } from '../model.ts';
import { alikeIn, type Graph } from './graph.ts';
import type { Placement } from './plan.ts';
import type { CopiesBy, Doing } from './ruled.ts';
import { isAbsent, underWay } from './seen.ts';

/** What is stopping already the engine takes for gone. Null: there is room, or will be without anybody's stop. */
export function roomWait(
  graph: Graph,
  placements: ReadonlyMap<ServiceId, Placement>,
  copiesBy: CopiesBy,
  { verb, service: id, node }: Doing,
): string | null {
  const service = must(graph.services.get(id), `service ${id}`);
  const { copyOf } = service;
  if (copyOf === undefined || verb !== 'start') return null;
  let count = 0;
  let leaving: ServiceId | null = null;
  for (const other of alikeIn(graph, service)) {
    if (other === service) continue;
    const copy = copiesBy(other.id).find((each) => each.node === node);
    const isHere = copy !== undefined && !isAbsent(copy);
    if (isHere && copy.state === 'stopping') leaving ??= other.id;
    if (isHere || placements.get(other.id)?.nodes.includes(node) === true) count += 1;
  }
  if (leaving === null || count < copyOf.perNode) return null;
  return `after ${leaving}, which is ${underWay('stopping')} on ${node}, where there is room for ${copyOf.perNode} of ${copyOf.service}`;
}
