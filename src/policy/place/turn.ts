/** One resource's turn to be placed. What it wants to be with has its turn first; a loop ends where it closes. */
import { isColocated } from '../constrain/implicit.ts';
import type { NodeIndex, ResourceIndex } from '../situation.ts';
import { infinity, rankOf } from '../values.ts';
import { leaveOn, refuse, settleOn } from './assign.ts';
import { attract } from './attract.ts';
import {
  anyCandidate,
  type Board,
  banEverywhere,
  colocationAt,
  connect,
  currentNode,
  explainChange,
  joined,
  keep,
  placeOf,
  resourceOf,
  restore,
  setRow,
  show,
} from './board.ts';
import { placeBundle } from './bundle.ts';
import { forbidFull } from './capacity.ts';
import { chosenNode } from './choose.ts';
import { placeClone } from './clone.ts';
import { hasInfluence, linkOf, withWishes } from './flow.ts';

/** Places the resource if that has not been done; `preferred` (or -1) wins among equals. Returns its one node, or -1. */
export function takeTurn(board: Board, resource: ResourceIndex, preferred: NodeIndex): NodeIndex {
  switch (resourceOf(board, resource).kind) {
    case 'primitive':
      return placePrimitive(board, resource, preferred);
    case 'group':
      return placeGroup(board, resource, preferred);
    case 'clone':
      placeClone(board, resource, preferred, takeTurn);
      return -1;
    case 'bundle':
      placeBundle(board, resource, preferred, takeTurn);
      return -1;
  }
}

function placePrimitive(board: Board, resource: ResourceIndex, preferred: NodeIndex): NodeIndex {
  const { parent } = resourceOf(board, resource);
  if (parent !== null && board.isBusy[parent] === 0) takeTurn(board, parent, preferred);
  if (board.isOpen[resource] === 0) return board.nodeOf[resource]!;
  if (board.isBusy[resource] === 1) return -1;
  board.isBusy[resource] = 1;
  for (const index of [...board.thisWith[resource]!]) followPrimary(board, resource, index);
  for (const index of [...board.withThis[resource]!]) heedDependent(board, resource, index);
  settleRole(board, resource);
  show(board, resource);
  settlePlace(board, resource, preferred);
  board.isBusy[resource] = 0;
  connect(board, resource);
  return board.nodeOf[resource]!;
}

function followPrimary(board: Board, resource: ResourceIndex, index: number): void {
  const colocation = colocationAt(board, index);
  const { score, dependentRole, primary } = colocation;
  const mayTakeBack = dependentRole === 'promoted' || (score < 0 && score > -infinity);
  const kept = mayTakeBack ? keep(board, resource) : null;
  takeTurn(board, primary, -1);
  attract(board, resource, primary, colocation);
  if (kept !== null && !anyCandidate(board, board.rows[resource]!)) restore(board, resource, kept);
}

function heedDependent(board: Board, resource: ResourceIndex, index: number): void {
  const colocation = colocationAt(board, index);
  const { dependent, id } = colocation;
  if (!hasInfluence(board, colocation, colocation.primary)) return;
  const before = board.rows[resource]!;
  const flow = { followsPrimaries: false, keepsPossible: false, takesBack: true };
  const row = withWishes(board, dependent, before, linkOf(colocation), flow);
  if (row === before) return;
  setRow(board, resource, row);
  explainChange(board, resource, before, `wishes of ${resourceOf(board, dependent).id} (${id})`);
}

function settleRole(board: Board, resource: ResourceIndex): void {
  const { quorate, noQuorum } = board.situation.options;
  const next = board.next[resource]!;
  if (next === 'stopped') banEverywhere(board, resource, 'it is to be stopped');
  else if (!quorate && noQuorum === 'freeze' && rankOf(next) > rankOf(board.role[resource]!)) {
    board.next[resource] = board.role[resource]!;
    board.refused.set(resource, 'no quorum (no-quorum-policy=freeze)');
  }
}

function settlePlace(board: Board, resource: ResourceIndex, preferred: NodeIndex): void {
  const { fencingEnabled, hasFenceDevice, stopAllResources } = board.situation.options;
  if (fencingEnabled && !hasFenceDevice) board.managed[resource] = 0;
  if (board.managed[resource] === 0) {
    const role = board.role[resource]!;
    const node = currentNode(board, resource);
    leaveOn(board, resource, node);
    if (node >= 0) board.next[resource] = role;
  } else if (stopAllResources) {
    refuse(board, resource);
    board.refused.set(resource, 'stop-all-resources');
  } else if (board.isOpen[resource] === 1) {
    const roomiest = forbidFull(board, resource);
    settleOn(board, resource, chosenNode(board, resource, preferred < 0 ? roomiest : preferred));
  }
}

/** Members have their turns in order; what the group is with is the first member's affair, who is with it the last one's. */
function placeGroup(board: Board, group: ResourceIndex, preferred: NodeIndex): NodeIndex {
  if (board.isOpen[group] === 0) return placeOf(board, group);
  if (board.isBusy[group] === 1) return -1;
  const members = board.children[group]!;
  if (members.length > 0) {
    board.isBusy[group] = 1;
    handDown(board, group, members);
    show(board, group);
    for (const member of members) takeTurn(board, member, preferred);
    board.next[group] = board.next[members[0]!]!;
    board.isBusy[group] = 0;
  }
  board.isOpen[group] = 0;
  const first = members.find((member) => board.nodeOf[member]! >= 0);
  return first === undefined || !isColocated(resourceOf(board, group)) ? -1 : board.nodeOf[first]!;
}

function handDown(board: Board, group: ResourceIndex, members: readonly ResourceIndex[]): void {
  const [first, last] = [members[0]!, members.at(-1)!];
  const { thisWith, withThis } = board;
  handToFollowers(board, members, thisWith[group]!);
  thisWith[first] = joined(board, thisWith[first]!, thisWith[group]!, 'primary');
  withThis[last] = joined(board, withThis[last]!, withThis[group]!, 'dependent');
  thisWith[group] = [];
  withThis[group] = [];
}

/** Behind an unmanaged member, which stays whatever happens, mandatory colocations must be told to each of the rest. */
function handToFollowers(board: Board, members: readonly ResourceIndex[], own: readonly number[]): void {
  const mandatory = own.filter((index) => colocationAt(board, index).score === infinity);
  let isBehindUnmanaged = false;
  for (const [i, member] of members.entries()) {
    if (i > 0 && isBehindUnmanaged)
      board.thisWith[member] = joined(board, board.thisWith[member]!, mandatory, 'primary');
    else if (board.managed[member] === 0) isBehindUnmanaged = true;
  }
}
