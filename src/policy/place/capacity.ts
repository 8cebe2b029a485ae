/** Room on nodes, for placement strategies that look at `utilization`. */
import { isColocated } from '../constrain/implicit.ts';
import type { Colocation } from '../constraints.ts';
import type { NodeIndex, ResourceIndex } from '../situation.ts';
import { absent, infinity } from '../values.ts';
import { addTo, type Board, colocationAt, isCandidate, resourceOf } from './board.ts';
import { isAboutPlace, isAboutRole } from './roles.ts';

type Amounts = ReadonlyMap<string, number>;

/** Negative if `a` has more room: one for each kind of which it has more, less one for each of which it has less. */
export function compareCapacity(board: Board, a: NodeIndex, b: NodeIndex): number {
  const [left, right] = [board.free[a]!, board.free[b]!];
  let result = 0;
  for (const [name, amount] of left) result += Math.sign((right.get(name) ?? 0) - amount);
  for (const [name, amount] of right) if (!left.has(name)) result += Math.sign(amount);
  return result;
}

export function take(board: Board, node: NodeIndex, amounts: Amounts): void {
  const free = board.free[node]!;
  for (const [name, amount] of amounts) free.set(name, free.has(name) ? free.get(name)! - amount : 0);
}

export function giveBack(board: Board, node: NodeIndex, amounts: Amounts): void {
  addAmounts(board.free[node]!, amounts);
}

function addAmounts(into: Map<string, number>, amounts: Amounts): void {
  for (const [name, amount] of amounts) into.set(name, (into.get(name) ?? 0) + amount);
}

/**
 * Forbids the nodes that have no room for the resource and all that must be with it; if none has room for all, those without
 * room for it alone. Returns the node with the most room in that case, otherwise -1.
 */
export function forbidFull(board: Board, resource: ResourceIndex): NodeIndex {
  if (board.situation.options.placementStrategy === 'default') return -1;
  const companions = companionsOf(board, resource);
  const together = amountOf(board, companions);
  const row = board.rows[resource]!;
  const candidates: NodeIndex[] = [];
  for (let node = 0; node < row.length; node++)
    if (row[node] !== absent && isCandidate(board, row, node)) candidates.push(node);
  const isAnyCapable = candidates.some((node) => hasRoom(board, node, together));
  const needed = isAnyCapable ? together : resourceOf(board, resource).utilization;
  const roomiest = isAnyCapable ? -1 : roomiestOf(board, candidates);
  for (const node of candidates)
    if (!hasRoom(board, node, needed)) addTo(board, resource, node, -infinity, 'no room (utilization)');
  return roomiest;
}

function roomiestOf(board: Board, candidates: readonly NodeIndex[]): NodeIndex {
  let roomiest = -1;
  for (const node of candidates) if (roomiest < 0 || compareCapacity(board, node, roomiest) < 0) roomiest = node;
  return roomiest;
}

function hasRoom(board: Board, node: NodeIndex, needed: Amounts): boolean {
  for (const [name, amount] of needed) if (amount > (board.free[node]!.get(name) ?? 0)) return false;
  return true;
}

/** Sum over those that have no place yet; of a clone, only what will be beside the others. */
function amountOf(board: Board, companions: ReadonlySet<ResourceIndex>): Amounts {
  const sum = new Map<string, number>();
  for (const companion of companions) addAmount(board, companion, companions, sum);
  return sum;
}

function addAmount(
  board: Board,
  resource: ResourceIndex,
  companions: ReadonlySet<ResourceIndex>,
  sum: Map<string, number>,
): void {
  if (board.isOpen[resource] === 0) return;
  const { kind, utilization, replicas } = resourceOf(board, resource);
  const children = board.children[resource]!;
  if (kind === 'primitive') return addAmounts(sum, utilization);
  if (kind === 'group') {
    for (const member of membersTogether(board, resource))
      if (!companions.has(member)) addAmount(board, member, companions, sum);
    return;
  }
  // All containers of a bundle need the same, and only they need anything.
  if (kind === 'bundle') for (const { container } of replicas.slice(0, 1)) addAmount(board, container, companions, sum);
  if (kind === 'clone') addAmountOfClone(board, children, companions, sum);
}

/** Members that will certainly be on one node; of a mere sequence only the first can be told. */
function membersTogether(board: Board, group: ResourceIndex): readonly ResourceIndex[] {
  const { parent } = resourceOf(board, group);
  const members = board.children[group]!;
  const isCloned = parent !== null && isClone(board, parent);
  return isCloned || isColocated(resourceOf(board, group)) ? members : members.slice(0, 1);
}

function addAmountOfClone(
  board: Board,
  instances: readonly ResourceIndex[],
  companions: ReadonlySet<ResourceIndex>,
  sum: Map<string, number>,
): void {
  let isCounted = false;
  for (const instance of instances) {
    if (companions.has(instance)) isCounted = true;
    else if (board.children[instance]!.some((member) => companions.has(member))) {
      addAmount(board, instance, companions, sum);
      isCounted = true;
    }
  }
  if (!isCounted && instances[0] !== undefined) addAmount(board, instances[0], companions, sum);
}

/** The resource and all that mandatory colocations tie to it, in either direction. */
function companionsOf(board: Board, resource: ResourceIndex): Set<ResourceIndex> {
  const found = new Set<ResourceIndex>();
  collect(board, resource, resource, found);
  found.add(resource);
  return found;
}

function collect(board: Board, resource: ResourceIndex, origin: ResourceIndex, found: Set<ResourceIndex>): void {
  if (resourceOf(board, resource).kind === 'group' && !found.has(resource)) {
    for (const member of membersTogether(board, resource)) collect(board, member, origin, found);
  }
  if (found.has(resource)) return;
  found.add(resource);
  for (const index of board.thisWith[resource]!) {
    const colocation = colocationAt(board, index);
    if (colocation.primary !== origin && ties(board, resource, colocation.primary, colocation))
      collect(board, colocation.primary, origin, found);
  }
  for (const index of board.withThis[resource]!) {
    const colocation = colocationAt(board, index);
    const { dependent } = colocation;
    // Which of a clone's nodes a single dependent will share is not known.
    if (dependent === origin || (isClone(board, resource) && !isClone(board, dependent))) continue;
    if (ties(board, dependent, resource, colocation)) collect(board, dependent, origin, found);
  }
}

const isClone = (board: Board, resource: ResourceIndex): boolean => resourceOf(board, resource).kind === 'clone';

/** Mandatory, and about places rather than about the roles of what has a place already. */
function ties(board: Board, dependent: ResourceIndex, primary: ResourceIndex, colocation: Colocation): boolean {
  if (colocation.score !== infinity) return false;
  return !isAboutRole(board, dependent, colocation) && isAboutPlace(board, dependent, primary, colocation);
}
