/** What is left of all that was thought of: what is to be done, each after what it has to wait for; and what cannot be done. */
import { type Action, type Edge, Implies } from '../actions.ts';
import type { PolicyAction, PolicyPlan } from '../plan.ts';
import type { Resource } from '../situation.ts';
import { isManaged, isMultiple, type Known, resourceOf, targetOf } from './net.ts';
import { isOnline, isUnclean } from './notify.ts';

export function graphOf(net: Known): Pick<PolicyPlan, 'actions' | 'blocked'> {
  const kept = net.actions.all.filter((action) => isKept(net, action));
  const ids = new Int32Array(net.actions.all.length).fill(-1);
  for (const [id, action] of kept.entries()) ids[action.id] = id;
  const actions = kept.map((action, id) => policyAction(action, id, waitsFor(net, action, ids)));
  const blocked = net.actions.all
    .filter((action) => isWished(net, action))
    .map((action, id) => policyAction(action, id, []));
  return { actions: withoutLoops(actions), blocked };
}

function policyAction(action: Action, id: number, after: readonly number[]): PolicyAction {
  const { task, resource, node, intervalMs, how, delayMs, isPseudo, because } = action;
  return { id, task, resource, node, intervalMs, how, delayMs, isPseudo, after, because };
}

/** Nothing is done to what nobody manages, except to look at it. */
function isKept(net: Known, action: Action): boolean {
  const { task, intervalMs, node } = action;
  if (!action.isRunnable || (action.isOptional && !action.isPrinted)) return false;
  const resource = resourceOf(net, action);
  if (resource !== null && !isManaged(net, resource) && task !== 'monitor' && intervalMs === 0) return false;
  if (action.isPseudo || task === 'fence' || task === 'shutdown') return true;
  if (node === null) return false;
  if (task === 'delete' && action.how === 'history') return true;
  const is = net.situation.nodes[node];
  if (is?.kind === 'guest' && !is.needsRemoteReset && !net.actions.reset.has(node)) return true;
  return isOnline(net, node) && !isUnclean(net, node);
}

/** Of guests that cannot be recovered the fencing is told too, although it is nothing but a step. */
function isWished(net: Known, action: Action): boolean {
  const resource = resourceOf(net, action);
  if (action.isRunnable || action.isOptional) return false;
  if (action.task === 'fence') return true;
  if (action.isPseudo || resource === null) return false;
  return resource.kind === 'primitive' && isManaged(net, resource);
}

/** Of several edges between the same two, all are looked at as one. */
function waitsFor(net: Known, action: Action, ids: Int32Array): readonly number[] {
  const implied = new Map<Action, number>();
  for (const { first, implies } of action.before)
    if ((ids[first.id] ?? -1) >= 0) implied.set(first, (implied.get(first) ?? 0) | implies);
  const found: number[] = [];
  for (const [first, implies] of implied)
    if (counts(net, { first, second: action, implies })) found.push(ids[first.id] ?? -1);
  return found.sort((a, b) => a - b);
}

const harmless = Implies.order | Implies.firstPrinted | Implies.secondPrinted;

/** Whether the second has to wait for the first, as things turned out. */
export function counts(net: Known, { first, second, implies }: Omit<Edge, 'said'>): boolean {
  if (implies === 0) return false;
  const cannotBe = (implies & ~harmless) === 0 || (implies & (Implies.oneOrMore | Implies.firstMigratable)) !== 0;
  if (!first.isRunnable && cannotBe) return false;
  if ((implies & Implies.unlessMigrating) !== 0 && first.isMigratable) return false;
  if (implies === Implies.order && first.isMigratable && first.task === 'stop') return false;
  if (implies === Implies.load) return isRoomNeeded(net, first, second);
  if (implies === Implies.apart) return !first.isOptional && !isElsewhere(first, second);
  return !isLeftFailed(net, first, second) && (!first.isOptional || first.isPrinted);
}

/** Room is needed where it will be; a migration needs it where it leads to. */
function isRoomNeeded(net: Known, first: Action, second: Action): boolean {
  const resource = resourceOf(net, second);
  if (resource !== null && second.task === 'migrate_to') return first.node === targetOf(net, resource);
  return first.node !== null && first.node === second.node && !first.isOptional;
}

const isElsewhere = (first: Action, second: Action): boolean =>
  first.node !== null && second.node !== null && first.node !== second.node;

/** A clone does not wait for the stop of something that failed and that nobody manages. */
function isLeftFailed(net: Known, first: Action, second: Action): boolean {
  const [one, other] = [resourceOf(net, first), resourceOf(net, second)];
  if (one === null || other === null || one === other || first.task !== 'stop') return false;
  return one.failed && !isManaged(net, one) && isCloneOnly(other);
}

const isCloneOnly = (resource: Resource): boolean => isMultiple(resource) && resource.kind === 'clone';

// ---------------------------------------------------------------- loops

/** A plan that waits for itself would never end: the edge that closes a loop is left out. */
function withoutLoops(actions: readonly PolicyAction[]): readonly PolicyAction[] {
  const waiting = actions.map(({ after }) => after.length);
  const next = followers(actions);
  const ready = actions.filter(({ after }) => after.length === 0).map(({ id }) => id);
  // Each comes in once, when the last one that it waits for has gone.
  for (const id of ready)
    for (const each of next.get(id) ?? []) {
      waiting[each] = (waiting[each] ?? 0) - 1;
      if (waiting[each] === 0) ready.push(each);
    }
  return ready.length === actions.length ? actions : cut(actions);
}

/** What waits for each action, where anything does. */
function followers(actions: readonly PolicyAction[]): ReadonlyMap<number, readonly number[]> {
  const found = new Map<number, number[]>();
  for (const { id, after } of actions)
    for (const first of after) {
      const list = found.get(first);
      if (list === undefined) found.set(first, [id]);
      else list.push(id);
    }
  return found;
}

/** Depth first, from each action to what it waits for. */
function cut(actions: readonly PolicyAction[]): readonly PolicyAction[] {
  const kept: (readonly number[])[] = [];
  const open = new Set<number>();
  const visit = (id: number): void => {
    if (kept[id] !== undefined || open.has(id)) return;
    open.add(id);
    const after = actions[id]?.after.filter((first) => {
      if (open.has(first)) return false;
      visit(first);
      return true;
    });
    open.delete(id);
    kept[id] = after ?? [];
  };
  for (const { id } of actions) visit(id);
  return actions.map((action) => ({ ...action, after: kept[action.id] ?? [] }));
}
