/** Orders from constraints: those that people wrote, those that colocations bring along, and the same for live migrations. */
import { type Action, Implies, type Ordering, type OrderingSide } from '../actions.ts';
import type { Colocation, Order } from '../constraints.ts';
import type { Resource } from '../situation.ts';
import { infinity, type Role } from '../values.ts';
import { isWithin, type Net, resourceAt } from './net.ts';
import type { Move } from './steps.ts';

export function orderAsWished(net: Net): void {
  for (const colocation of net.constraints.colocations) if (colocation.score <= -infinity) keepApart(net, colocation);
  for (const order of net.constraints.orders) addOrder(net, order);
}

function addOrder(net: Net, order: Order): void {
  const first = { resource: order.first, task: order.firstAction };
  const second = { resource: order.second, task: order.secondAction };
  const implies = impliedBy(net, order);
  if (order.gate === null) {
    net.orderings.push({ first, second, implies });
    return;
  }
  const gate = gateOf(net, order.gate.name, order.gate.required);
  net.orderings.push({ first, second: { action: gate }, implies: Implies.oneOrMore | Implies.secondPrinted });
  net.orderings.push({ first: { action: gate }, second, implies: implies | Implies.runnable });
}

function gateOf(net: Net, name: string, required: number): Action {
  const gate = net.actions.add({ task: 'gate', how: name, isPseudo: true, isOptional: true });
  gate.required = Math.max(required, 1);
  return gate;
}

function impliedBy(net: Net, { kind, symmetry, needsFirst, first, second }: Order): number {
  const runnable = needsFirst ? Implies.runnable : 0;
  if (kind === 'serialize') return Implies.order | Implies.serialize | runnable;
  if (kind === 'optional') {
    const restarts = (index: number): boolean => resourceAt(net, index).rawMeta.get('restart-type') === 'restart';
    if (symmetry === 'inverse') return Implies.order | runnable | (restarts(first) ? Implies.first : 0);
    return Implies.order | runnable | (restarts(second) ? Implies.second : 0);
  }
  if (symmetry === 'asymmetric') return Implies.order | Implies.asymmetric | runnable;
  return Implies.order | runnable | (symmetry === 'inverse' ? Implies.first : Implies.second);
}

/** Neither comes to a node before the other has left it. */
function keepApart(net: Net, { dependent, dependentRole, primary, primaryRole }: Colocation): void {
  const pairs = [
    [dependent, leaving(dependentRole), primary, coming(primaryRole)],
    [primary, leaving(primaryRole), dependent, coming(dependentRole)],
  ] as const;
  for (const [one, leaves, other, comes] of pairs)
    for (const task of leaves)
      for (const then of comes)
        net.orderings.push({
          first: { resource: one, task },
          second: { resource: other, task: then },
          implies: Implies.apart,
        });
}

function leaving(role: Role | null): readonly Move[] {
  if (role === 'promoted') return ['demote'];
  return role === 'unpromoted' ? ['stop', 'promote'] : ['stop'];
}

function coming(role: Role | null): readonly Move[] {
  if (role === 'promoted') return ['promote'];
  return role === 'unpromoted' ? ['start', 'demote'] : ['start'];
}

// ---------------------------------------------------------------- live migrations

/** What holds for stop and start also holds for the migration in place of them. */
export function migratingToo(net: Net, { first, second }: Ordering): readonly Ordering[] {
  const one = resourceOfSide(net, first);
  const other = resourceOfSide(net, second);
  if (one === null || other === null || one === other) return [];
  if (isWithin(net, one, other) || isWithin(net, other, one)) return [];
  const can = { first: one.meta.allowMigrate, second: other.meta.allowMigrate };
  if (!can.second) return [];
  return equivalents(taskOf(first), taskOf(second), { one, other, isFirstMigratable: can.first });
}

interface Pair {
  readonly one: Resource;
  readonly other: Resource;
  readonly isFirstMigratable: boolean;
}

function equivalents(task: string, then: string, { one, other, isFirstMigratable }: Pair): readonly Ordering[] {
  const unless = isFirstMigratable ? Implies.unlessMigrating : 0;
  const add = (before: Migrating, after: Migrating, implies: number): Ordering => ({
    first: { resource: one.index, task: before },
    second: { resource: other.index, task: after },
    implies: Implies.order | implies,
  });
  const isHalfDone = other.partialMigration !== null;
  switch (`${task} ${then}`) {
    case 'start start': {
      const bare = add('start', 'migrate_to', unless);
      return isFirstMigratable ? [add('migrate_from', 'migrate_to', 0), bare] : [bare];
    }
    case 'stop stop':
      return [add('stop', 'migrate_to', unless), ...(isHalfDone ? [add('stop', 'migrate_from', unless)] : [])];
    case 'promote start':
      return [add('promote', 'migrate_to', 0)];
    case 'demote stop':
      return [add('demote', 'migrate_to', 0), ...(isHalfDone ? [add('demote', 'migrate_from', 0)] : [])];
    default:
      return [];
  }
}

type Migrating = 'start' | 'stop' | 'promote' | 'demote' | 'migrate_to' | 'migrate_from';

function resourceOfSide(net: Net, side: OrderingSide): Resource | null {
  const index = 'action' in side ? side.action.resource : side.resource;
  return index === null ? null : resourceAt(net, index);
}

const taskOf = (side: OrderingSide): string => ('action' in side ? side.action.task : side.task);
