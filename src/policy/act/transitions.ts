/** The steps that take one primitive from the role it has to the one it is to have, and where it has them. */
import { Implies } from '../actions.ts';
import type { NodeIndex, Resource } from '../situation.ts';
import { type Role, rankOf } from '../values.ts';
import { scheduleCleanUp } from './changes.ts';
import {
  activeOn,
  type Draft,
  isBlocked,
  isFailed,
  isManaged,
  isStartPending,
  migrationOf,
  needsFencing,
  roleNow,
  targetOf,
} from './draft.ts';
import { fence } from './fence.ts';
import { make } from './make.ts';
import { canMigrate, scheduleMigration } from './migration.ts';
import { scheduleRecurring } from './recurring.ts';
import { orderAfterUnfencing } from './unfencing.ts';

/** How one move of a resource is made. */
interface Move {
  readonly resource: Resource;
  readonly target: NodeIndex | null;
  readonly next: Role;
  /** It is active too often and stays on the node where it is to run (`multiple-active=stop_unexpected`). */
  readonly staysThere: boolean;
}

/** All actions of a primitive except probes. */
export function schedule(draft: Draft, resource: Resource): void {
  const target = targetOf(draft, resource);
  const active = activeOn(draft, resource);
  for (const node of resource.danglingMigrations) abortMigration(draft, resource, node);
  const next = draft.nextRole[resource.index] ?? 'unknown';
  const isMoving =
    active.node !== null && target !== null && active.node !== target && rankOf(next) >= rankOf('started');
  const mayMigrate = isMoving && canMigrate(draft, resource, active.node, target);
  const partial = weighMigration(draft, resource, { mayMigrate, ...active });
  const isTooActive = partial === 'none' && (needsFencing(resource) ? active.count : active.cleanCount) > 1;
  const { multipleActive } = resource.meta;
  const staysThere = isTooActive && multipleActive === 'stop_unexpected';
  const move: Move = { resource, target, next, staysThere };

  let needsStop = isMoving || partial === 'given up' || staysThere || (isTooActive && multipleActive === 'stop_start');
  if (isStartPending(draft, resource) && target !== null)
    make(draft, resource, { task: 'start', node: target, isOptional: true }).isPrinted = true;
  let needsPromotion = false;
  if (!isMoving) {
    if (isFailed(draft, resource)) {
      if (resource.stopsToRecover || draft.failed.has(resource.index)) needsStop = true;
      else needsPromotion = next === 'promoted';
    } else if (isBlocked(draft, resource)) needsStop = true;
    else if (rankOf(roleNow(draft, resource)) > rankOf('started') && active.node !== null && target !== null)
      if (!make(draft, resource, { task: 'start', node: target, isOptional: true }).isOptional) needsStop = true;
  }
  restart(draft, move, needsStop, needsPromotion);
  advance(draft, move);
  scheduleRecurring(draft, resource);
  if (mayMigrate && partial !== 'given up' && active.node !== null && target !== null)
    scheduleMigration(draft, resource, active.node, target);
}

/** A migration that is half done goes on only if it still leads where it did and the resource is nowhere else. */
function weighMigration(
  draft: Draft,
  resource: Resource,
  { mayMigrate, node, count }: { mayMigrate: boolean; node: NodeIndex | null; count: number },
): 'none' | 'goes on' | 'given up' {
  const partial = migrationOf(draft, resource);
  if (partial === null) return 'none';
  const isSame = node === partial.source && targetOf(draft, resource) === partial.target;
  if (mayMigrate && count === 2 && isSame) return 'goes on';
  draft.actions.givenUp.add(resource.index);
  return 'given up';
}

function abortMigration(draft: Draft, resource: Resource, node: NodeIndex): void {
  make(draft, resource, { task: 'stop', node, because: 'dangling migration' }).isDangling = true;
  if (draft.situation.options.removeAfterStop) scheduleCleanUp(draft, resource, node, false);
}

/** Down to stopped where it is, and up to the role it has where it will be. */
function restart(draft: Draft, move: Move, needsStop: boolean, needsPromotion: boolean): void {
  const { resource, next } = move;
  const now = roleNow(draft, resource);
  let role = now;
  while (role !== 'stopped') {
    const below = step(role, 'stopped');
    if (!take(draft, move, { from: role, to: below, isOptional: !needsStop, isRestart: true })) break;
    role = below;
  }
  if (rankOf(now) > rankOf(next) || isBlocked(draft, resource)) return;
  while (role !== now) {
    const above = step(role, now);
    const isNeeded = needsStop || (above === 'promoted' && needsPromotion);
    if (!take(draft, move, { from: role, to: above, isOptional: !isNeeded, isRestart: true })) break;
    role = above;
  }
}

/** From the role it has to the next one. */
function advance(draft: Draft, move: Move): void {
  let role = roleNow(draft, move.resource);
  while (role !== move.next) {
    const to = step(role, move.next);
    if (!take(draft, move, { from: role, to, isOptional: false, isRestart: false })) return;
    role = to;
  }
}

/** The role that comes first on the way. */
function step(from: Role, to: Role): Role {
  const isDown = to === 'stopped' || to === 'unknown';
  switch (from) {
    case 'unknown':
      return 'stopped';
    case 'stopped':
      if (isDown) return 'stopped';
      return to === 'started' ? 'started' : 'unpromoted';
    case 'started':
      return isDown ? 'stopped' : to;
    case 'unpromoted':
      return isDown || to === 'started' ? 'stopped' : to;
    case 'promoted':
      return to === 'promoted' ? 'promoted' : 'unpromoted';
  }
}

interface Step {
  readonly from: Role;
  readonly to: Role;
  readonly isOptional: boolean;
  readonly isRestart: boolean;
}

/** False: nothing has to be done for it, so there is no way further. */
function take(draft: Draft, move: Move, way: Step): boolean {
  const { from, to } = way;
  if (from === to) return false;
  if (to === 'stopped') stop(draft, move, way);
  else if (from === 'promoted') demote(draft, move, way);
  else if (from === 'stopped') start(draft, move, way);
  else if (to === 'promoted') promote(draft, move, way);
  else return false;
  return true;
}

/** Where it is active too often but is to stay. */
const isKept = ({ staysThere, next, target }: Move, { isRestart }: Step, node: NodeIndex): boolean =>
  staysThere && isRestart && rankOf(next) > rankOf('stopped') && node === target;

function stop(draft: Draft, move: Move, way: Step): void {
  const { resource, target } = move;
  const partial = migrationOf(draft, resource);
  let { isOptional } = way;
  for (const node of resource.runningOn) {
    if (isKept(move, way, node)) continue;
    if (partial !== null) {
      if (node === partial.target && node === target) continue;
      isOptional = false;
    }
    stopOn(draft, move, way, node, isOptional);
  }
}

function stopOn(draft: Draft, { resource, target, staysThere }: Move, way: Step, node: NodeIndex, isOptional: boolean) {
  const action = make(draft, resource, { task: 'stop', node, isOptional });
  if (target === null) action.because = 'node availability';
  else if (staysThere && way.isRestart) action.because = 'being multiply active';
  if (!isManaged(draft, resource)) action.isRunnable = false;
  if (draft.situation.options.removeAfterStop) scheduleCleanUp(draft, resource, node, isOptional);
  if (resource.meta.requires === 'unfencing')
    draft.actions.order(action, fence(draft, node, { how: 'on', isOptional: true }), Implies.first);
}

function start(draft: Draft, move: Move, way: Step): void {
  const { resource, target: node } = move;
  if (node === null) return;
  const action = make(draft, resource, { task: 'start', node, isOptional: true });
  orderAfterUnfencing(draft, resource, node, action, Implies.second);
  if (action.isRunnable && !way.isOptional) action.isOptional = false;
  if (isKept(move, way, node)) action.isPseudo = true;
}

/** It cannot be promoted where it cannot be started. */
function promote(draft: Draft, move: Move, way: Step): void {
  const { resource, target: node } = move;
  if (node === null) return;
  const action = draft.actions.find('start', resource.index, node);
  if (action !== undefined && !action.isRunnable) {
    const promotion = draft.actions.find('promote', resource.index, node);
    if (promotion !== undefined) promotion.isRunnable = false;
    return;
  }
  const promotion = make(draft, resource, { task: 'promote', node, isOptional: way.isOptional });
  if (isKept(move, way, node)) promotion.isPseudo = true;
}

function demote(draft: Draft, move: Move, way: Step): void {
  for (const node of move.resource.runningOn)
    if (!isKept(move, way, node)) make(draft, move.resource, { task: 'demote', node, isOptional: way.isOptional });
}
