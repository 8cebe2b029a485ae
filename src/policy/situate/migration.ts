/**
 * Live migrations as the history of both nodes tells them: `migrate_to` on the source, `migrate_from` on the target, then a stop
 * on the source. Any of them may have failed, be missing, or be older than something else.
 */
import type { HistoryOperation, ResourceHistory } from '../input.ts';
import { compareCalls } from './callOrder.ts';
import { addRunning } from './running.ts';
import { nodeNamed, type WorkNode, type WorkResource, type World } from './world.ts';

interface About {
  readonly world: World;
  readonly resource: WorkResource;
}

const done = 0;
const pending = -1;
const notRunning = 7;
const withoutResult = 193;

const historyOn = ({ world, resource }: About, node: string): ResourceHistory | null =>
  world.histories.get(node)?.get(resource.id) ?? null;

/** Only if there is exactly one: of several, none is trusted. */
function onlyOne(about: About, node: string, fits: (operation: HistoryOperation) => boolean): HistoryOperation | null {
  const found = historyOn(about, node)?.operations.filter(fits) ?? [];
  return found.length === 1 ? found[0]! : null;
}

const migrateFromOn = (about: About, target: string, source: string): HistoryOperation | null =>
  onlyOne(about, target, (each) => each.operation === 'migrate_from' && each.migrateSource === source);

const isSuccess = (operation: HistoryOperation | null): boolean => operation?.rc === 0 && operation.status === done;

const actsOnIt = new Set(['start', 'stop', 'migrate_to', 'migrate_from']);

function actedAfter(about: About, node: string, event: HistoryOperation, onSameNode: boolean): boolean {
  const operations = historyOn(about, node)?.operations ?? [];
  return operations.some(
    (each) => each !== event && actsOnIt.has(each.operation) && compareCalls(each, event, onSameNode) > 0,
  );
}

function foundStoppedAfter(about: About, node: string, event: HistoryOperation, onSameNode: boolean): boolean {
  const monitor = onlyOne(about, node, (each) => each.operation === 'monitor');
  const isStopped = monitor !== null && monitor.rc === notRunning && monitor.status === done;
  return isStopped && compareCalls(monitor, event, onSameNode) > 0;
}

/** The node knows something newer than the migration. The half that happened on the node itself is compared, if there is one. */
function isOutdated(
  about: About,
  node: string,
  migrateTo: HistoryOperation | null,
  migrateFrom: HistoryOperation | null,
): boolean {
  const some = migrateFrom ?? migrateTo;
  if (some === null) return false;
  const isTarget = node.toLowerCase() === some.migrateTarget?.toLowerCase();
  const isSource = !isTarget && node.toLowerCase() === some.migrateSource?.toLowerCase();
  const own = isTarget ? migrateFrom : isSource ? migrateTo : null;
  const event = own ?? (isTarget ? migrateTo : isSource ? migrateFrom : some) ?? some;
  return actedAfter(about, node, event, own !== null) || foundStoppedAfter(about, node, event, own !== null);
}

interface Ends {
  readonly source: string;
  readonly target: string;
}

function endsOf(operation: HistoryOperation): Ends | null {
  const { migrateSource: source, migrateTarget: target } = operation;
  return source === null || target === null ? null : { source, target };
}

/** A node that knows nothing of it will be probed: until then it is not taken to run there. */
const isUnknownOn = (about: About, node: string): boolean =>
  historyOn(about, node)?.operations.some(({ rc }) => rc !== withoutResult) !== true;

export function readMigrateTo(about: About, node: WorkNode, migrateTo: HistoryOperation): void {
  const { world, resource } = about;
  const ends = endsOf(migrateTo);
  if (ends === null || ends.source !== node.name) return;
  const { source, target } = ends;
  const isOldOnSource = actedAfter(about, source, migrateTo, true);
  const migrateFrom = migrateFromOn(about, target, source);
  if (isOldOnSource && migrateFrom !== null) return;
  const isOldOnTarget = isOutdated(about, target, migrateTo, migrateFrom);
  if (isOldOnSource && isOldOnTarget) return;
  resource.role = 'started';
  if (isSuccess(migrateFrom)) {
    // All done but the stop on the source.
    resource.role = 'stopped';
    resource.danglingMigrations.unshift(node);
    return;
  }
  const targetNode = nodeNamed(world, target);
  const isFailed = migrateFrom !== null && migrateFrom.status !== pending;
  if (!isOldOnTarget && targetNode?.online === true) {
    if (isUnknownOn(about, target)) return;
    addRunning(world, resource, targetNode, isFailed);
    if (!isFailed && node.online) resource.partialMigration = { source: node, target: targetNode };
  } else if (isFailed || !isOldOnSource) {
    // It matters for the source only, and there a restart is all that is left.
    resource.failed = true;
    resource.stopsToRecover = true;
    resource.mayMigrate = false;
  }
}

export function readFailedMigrateTo(about: About, node: WorkNode, migrateTo: HistoryOperation): void {
  const { world, resource } = about;
  const ends = endsOf(migrateTo);
  if (ends === null || ends.source !== node.name) return;
  const { source, target } = ends;
  resource.role = 'started';
  const answer = migrateFromOn(about, target, source);
  const migrateFrom = isSuccess(answer) ? answer : null;
  if (!isUnknownOn(about, target) && !isOutdated(about, target, migrateTo, migrateFrom)) {
    const targetNode = nodeNamed(world, target);
    if (targetNode?.online === true) addRunning(world, resource, targetNode, false);
  } else if (!actedAfter(about, source, migrateTo, true)) resource.danglingMigrations.unshift(node);
}

export function readFailedMigrateFrom(about: About, node: WorkNode, migrateFrom: HistoryOperation): void {
  const { world, resource } = about;
  const ends = endsOf(migrateFrom);
  if (ends === null || ends.target !== node.name) return;
  const { source, target } = ends;
  resource.role = 'started';
  const isIts = (each: HistoryOperation) => each.operation === 'migrate_to' && each.migrateTarget === target;
  const asked = onlyOne(about, source, isIts);
  const migrateTo = isSuccess(asked) ? asked : null;
  if (isUnknownOn(about, source)) return;
  if (isOutdated(about, source, migrateTo, migrateFrom)) return;
  const sourceNode = nodeNamed(world, source);
  if (sourceNode?.online === true) addRunning(world, resource, sourceNode, true);
}
