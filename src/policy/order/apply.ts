/** Orders between resources and tasks, made into edges between actions. */
import { type Action, Implies, type Ordering, type OrderingSide } from '../actions.ts';
import type { Resource } from '../situation.ts';
import { type Net, resourceAt, roleNow } from './net.ts';
import { migratingToo } from './wishes.ts';

export function applyOrderings(net: Net): void {
  for (const ordering of net.orderings) {
    apply(net, ordering);
    for (const same of migratingToo(net, ordering)) apply(net, same);
  }
}

function apply(net: Net, ordering: Ordering): void {
  for (const first of firstsOf(net, ordering))
    for (const second of matching(net, ordering.second))
      net.actions.order(first, second, eased(first, second, ordering.implies));
}

/** What was left behind by a migration is stopped without anything having to start again. */
const eased = (first: Action, second: Action, implies: number): number =>
  first.isDangling && first.resource === second.resource ? implies & ~Implies.second : implies;

/** What is not even thought of cannot be done, so nothing that needs it can; but what is down already need not go down. */
function firstsOf(net: Net, { first, second }: Ordering): readonly Action[] {
  const found = matching(net, first);
  if (found.length > 0 || 'action' in first) return found;
  const other = 'action' in second ? second.action.resource : second.resource;
  if (first.resource === other || isDown(net, resourceAt(net, first.resource), first.task)) return [];
  const { resource, task, how = null, intervalMs = 0 } = first;
  return [net.actions.add({ task, resource, how, intervalMs, isOptional: true, isRunnable: false })];
}

function isDown(net: Net, resource: Resource, task: string): boolean {
  if (task === 'stop') return roleNow(net, resource) === 'stopped';
  return task === 'demote' && roleNow(net, resource) === 'unpromoted';
}

export function matching(net: Net, side: OrderingSide): readonly Action[] {
  if ('action' in side) return [side.action];
  const { resource, task, how, intervalMs = 0 } = side;
  return net.actions
    .of(resource)
    .filter((each) => each.task === task && each.intervalMs === intervalMs && (how === undefined || each.how === how));
}
