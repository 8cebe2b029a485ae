/** Which services did an operator ask to move, and which must go along? */
import { must } from '../../lib/assert.ts';
import type { NodeId, ServiceId } from '../model.ts';
import type { Admin } from '../ports.ts';
import type { Graph } from './graph.ts';

export interface Wish {
  readonly to: NodeId | null;
  /** Away from there; null when `to` says where. */
  readonly from: NodeId | null;
  /** In words, with what was asked for and why. */
  readonly because: string;
}

export type Wishes = ReadonlyMap<ServiceId, Wish>;

/** A service can only go where those are that it runs `with`, so these are asked to go there too, unless they have a wish. */
export function wishesOf(graph: Graph, admin: Admin): Wishes {
  const wishes = new Map<ServiceId, Wish>();
  for (const [id, { to, from, because }] of Object.entries(admin.moves)) {
    if (to !== null) wishes.set(id, { to, from: null, because: `an operator wants ${id} on ${to}: ${because}` });
    else wishes.set(id, { to, from, because: `an operator wants ${id} away from ${from}: ${because}` });
  }
  for (let i = graph.withFirst.length - 1; i >= 0 && wishes.size > 0; i--) {
    const service = must(graph.withFirst[i], 'service by its place');
    const wish = wishes.get(service.id);
    if (wish === undefined) continue;
    for (const target of service.with)
      if (!wishes.has(target) && mayFollow(graph, target, wish)) wishes.set(target, wish);
  }
  return wishes;
}

/** A clone is elsewhere too: there is no need for it to leave a node. */
function mayFollow(graph: Graph, target: ServiceId, wish: Wish): boolean {
  return wish.to !== null || !must(graph.services.get(target), `service ${target}`).clone;
}
