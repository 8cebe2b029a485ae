/** Live migration: in place of stop and start, where the resource can do it. */
import { Implies } from '../actions.ts';
import type { NodeIndex, Resource } from '../situation.ts';
import { type Draft, isFailed, isManaged, isStartPending, migrationOf, nodeAt } from './draft.ts';
import { make } from './make.ts';

export function canMigrate(draft: Draft, resource: Resource, from: NodeIndex | null, to: NodeIndex | null): boolean {
  if (!resource.meta.allowMigrate || !isManaged(draft, resource)) return false;
  if (isFailed(draft, resource) || isStartPending(draft, resource)) return false;
  return from !== null && to !== null && !nodeAt(draft, from).unclean && !nodeAt(draft, to).unclean;
}

/**
 * Both halves, or the second alone if the first was done. Stop and start remain in the plan: the start orders what waits for it,
 * and either becomes real again if something forbids the migration.
 */
export function scheduleMigration(draft: Draft, resource: Resource, source: NodeIndex, target: NodeIndex): void {
  const { index } = resource;
  const isHalfDone = migrationOf(draft, resource) !== null;
  const start = make(draft, resource, { task: 'start', node: target, isOptional: true });
  const stop = make(draft, resource, { task: 'stop', node: source, isOptional: true });
  const to = isHalfDone ? null : make(draft, resource, { task: 'migrate_to', node: source, isOptional: true });
  const from = make(draft, resource, { task: 'migrate_from', node: target, isOptional: true });
  for (const action of [start, stop, from, to]) if (action !== null) action.isMigratable = true;
  start.isPseudo = true;

  const first = isHalfDone ? 'migrate_from' : 'migrate_to';
  order(draft, index, 'monitor', first, Implies.order);
  if (!isHalfDone) order(draft, index, 'migrate_to', 'migrate_from', Implies.order | Implies.firstMigratable);
  order(draft, index, 'migrate_from', 'stop', Implies.order | Implies.firstMigratable);
  order(draft, index, 'migrate_from', 'start', Implies.order | Implies.firstMigratable | Implies.pseudo);
}

type Tasks = 'monitor' | 'migrate_to' | 'migrate_from' | 'stop' | 'start';

function order({ orderings }: Draft, resource: number, first: Tasks, second: Tasks, implies: number): void {
  orderings.push({ first: { resource, task: first }, second: { resource, task: second }, implies });
}
