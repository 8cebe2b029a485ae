/** Which instance of another clone belongs to an instance: the one on the same node. */
import type { NodeIndex, ResourceIndex } from '../situation.ts';
import type { Role } from '../values.ts';
import { type Board, isBlockedInside, placeOf, resourceOf } from './board.ts';
import { byPreference } from './choose.ts';
import { nextRoleOf } from './roles.ts';

/** Without a place yet: the partner on the best node that has one. `role`: that it will have; null: any. */
export function partnerOf(
  board: Board,
  resource: ResourceIndex,
  collection: ResourceIndex,
  role: Role | null,
): ResourceIndex | null {
  const here = placeOf(board, resource);
  if (here >= 0) return instanceOn(board, collection, here, role);
  for (const node of byPreference(board, board.rows[resource]!, -1)) {
    const found = instanceOn(board, collection, node, role);
    if (found !== null) return found;
  }
  return null;
}

function instanceOn(board: Board, collection: ResourceIndex, node: NodeIndex, role: Role | null): ResourceIndex | null {
  const fits = (instance: ResourceIndex): boolean =>
    placeOf(board, instance) === node &&
    !isBlockedInside(board, instance) &&
    (role === null || nextRoleOf(board, instance) === role);
  return instancesOf(board, collection).find(fits) ?? null;
}

function instancesOf(board: Board, collection: ResourceIndex): readonly ResourceIndex[] {
  const { kind, replicas } = resourceOf(board, collection);
  return kind === 'bundle' ? replicas.map(({ container }) => container) : board.children[collection]!;
}
