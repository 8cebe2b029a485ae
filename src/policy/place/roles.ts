/** What colocations ask of roles. */
import type { Colocation } from '../constraints.ts';
import type { ResourceIndex } from '../situation.ts';
import { type Role, rankOf } from '../values.ts';
import { type Board, resourceOf } from './board.ts';

/** The role that an instance (of a group: the highest of its members) will have, as far as it was said. */
export function nextRoleOf(board: Board, resource: ResourceIndex): Role {
  const children = board.children[resource]!;
  if (children.length === 0) return board.next[resource]!;
  let highest: Role = 'unknown';
  for (const child of children) {
    const role = nextRoleOf(board, child);
    if (rankOf(role) > rankOf(highest)) highest = role;
  }
  return highest;
}

/** The dependent is a promotable instance that has its place already. */
export function isAboutRole(board: Board, dependent: ResourceIndex, { dependentRole }: Colocation): boolean {
  if (dependentRole !== 'unpromoted' && dependentRole !== 'promoted') return false;
  const { parent } = resourceOf(board, dependent);
  return parent !== null && resourceOf(board, parent).meta.promotable && board.isOpen[dependent] === 0;
}

/** Roles must fit: to be together, both as asked for; to be apart, Pacemaker asks that neither is. */
export function isAboutPlace(
  board: Board,
  dependent: ResourceIndex,
  primary: ResourceIndex,
  { score, dependentRole, primaryRole }: Colocation,
): boolean {
  const fits = (role: Role | null, next: Role): boolean => role === null || (role === next) === score > 0;
  return fits(dependentRole, board.next[dependent]!) && fits(primaryRole, board.next[primary]!);
}
