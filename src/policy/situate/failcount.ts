/** How often a resource has failed on a node, and whether that is long ago enough to be forgotten. */
import type { HistoryOperation, OperationConfig } from '../input.ts';
import { compareVersions, intervalMsOf, scoreOf, wholeOf } from '../rule/text.ts';
import { addScores, infinity } from '../values.ts';
import { expectedRcOf } from './callOrder.ts';
import { type FailureRecord, isInBundle, type WorkNode, type WorkResource, type World } from './world.ts';

const withoutInstance = (id: string): string => id.replace(/:\d+$/, '');

const nothing: FailureRecord = { count: 0, lastS: 0 };

/** Attributes `fail-count-RESOURCE#OPERATION_INTERVAL`, in old clusters without the operation; the sum over all of them. */
export function failuresOf(world: World, resource: WorkResource, node: WorkNode): FailureRecord {
  const failures = failuresAt(world, node);
  if (failures.size === 0) return nothing;
  const name = resource.alias ?? resource.id;
  // Only instances that know who they are are counted one by one.
  const own = resource.isUnique ? failures.get(name) : failures.get(`${withoutInstance(name)}:*`);
  return own ?? nothing;
}

/** Any resource has failed there, as far as the attributes of the node say. */
export const hasFailures = (world: World, node: WorkNode): boolean => failuresAt(world, node).size > 0;

function failuresAt(world: World, node: WorkNode): ReadonlyMap<string, FailureRecord> {
  node.failures ??= readFailures(world, node);
  return node.failures;
}

/** Under each name, and also under the name without instance number followed by `:*` for all instances together. */
function readFailures(world: World, node: WorkNode): ReadonlyMap<string, FailureRecord> {
  const isByOperation = compareVersions(world.input.featureSet, '3.0.13') >= 0;
  const form = isByOperation ? /^(fail-count|last-failure)-(.+)#.+_\d+$/ : /^(fail-count|last-failure)-(.+)$/;
  const found = new Map<string, FailureRecord>();
  for (const [attribute, value] of node.attributes) {
    const match = form.exec(attribute);
    if (match === null) continue;
    for (const name of [match[2]!, `${withoutInstance(match[2]!)}:*`]) {
      const known = found.get(name) ?? nothing;
      if (match[1] === 'fail-count') found.set(name, { ...known, count: addScores(known.count, scoreOf(value)) });
      else found.set(name, { ...known, lastS: Math.max(known.lastS, wholeOf(value) ?? 0) });
    }
  }
  return found;
}

/**
 * Failures that have not expired. A failure that blocks the resource never does, and from then on none of the resource does.
 * `operation`: the result that is being looked at; null: any result on the node.
 */
export function effectiveFailures(
  world: World,
  resource: WorkResource,
  node: WorkNode,
  operation: HistoryOperation | null,
): FailureRecord {
  const found = failuresOf(world, resource, node);
  if (found.count <= 0) return nothing;
  if (resource.failureTimeoutS > 0 && isBlocking(world, resource, node, operation)) resource.failureTimeoutS = 0;
  const expiresS = found.lastS + resource.failureTimeoutS;
  const isOld = found.lastS > 0 && resource.failureTimeoutS > 0 && world.input.nowS > expiresS;
  return isOld ? { ...found, count: 0 } : found;
}

/** Failures of what it contains are its own too, except for bundles, whose insides may be connected to from elsewhere. */
export function failuresWithFillers(world: World, resource: WorkResource, node: WorkNode): FailureRecord {
  let { count, lastS } = effectiveFailures(world, resource, node, null);
  if (isInBundle(resource)) return { count, lastS };
  for (const filler of resource.fillers) {
    const inside = failuresWithFillers(world, filler, node);
    count = Math.min(count + inside.count, infinity);
    lastS = Math.max(lastS, inside.lastS);
  }
  return { count, lastS };
}

/** Only where the element of the operation itself says on-fail=block. */
function isBlocking(world: World, resource: WorkResource, node: WorkNode, operation: HistoryOperation | null): boolean {
  if (resource.config?.kind !== 'primitive') return false;
  const blocking = resource.config.operations.filter((each) => each.attributes.get('on-fail') === 'block');
  if (blocking.length === 0) return false;
  const id = withoutInstance(resource.id);
  const results = operation === null ? (world.histories.get(node.name)?.get(id)?.operations ?? []) : [operation];
  return blocking.some((each) => results.some((result) => isFailureOf(id, each, result)));
}

function isFailureOf(id: string, configured: OperationConfig, result: HistoryOperation): boolean {
  const intervalMs = intervalMsOf(configured.attributes.get('interval'));
  if (intervalMs !== result.intervalMs || configured.name.toLowerCase() !== result.operation.toLowerCase())
    return false;
  if (result.id === `${id}_last_failure_0`) return true;
  return result.id === `${id}_${configured.name}_${intervalMs}` && result.rc !== expectedRcOf(result);
}

const certainRcs = new Set([0, 7, 8, 190, 191]);

/**
 * The result is older than `failure-timeout` and so is every failure of the resource there. Results of probes that say for
 * certain whether it runs never get old. Notes where the count is to be cleared for that.
 */
export function isExpired(world: World, resource: WorkResource, node: WorkNode, operation: HistoryOperation): boolean {
  if (resource.failureTimeoutS <= 0 || operation.lastChangeS === null) return false;
  let expired =
    world.input.nowS >= operation.lastChangeS + resource.failureTimeoutS && !awaitsFencing(world, resource, operation);
  const unexpired = effectiveFailures(world, resource, node, operation).count;
  const isLastFailure = operation.id.endsWith('_last_failure_0');
  if (expired && failuresOf(world, resource, node).count > 0) {
    if (unexpired === 0) resource.failuresExpired.add(node);
    else expired = false;
  } else if (expired && isLastFailure && resource.reconnectMs > 0) resource.failuresExpired.add(node);
  const isProbe = operation.operation === 'monitor' && operation.intervalMs === 0;
  return expired && !(isProbe && certainRcs.has(operation.rc));
}

/** A connection that is tried again after a while must not forget its failure before the node behind it has been fenced. */
function awaitsFencing(world: World, resource: WorkResource, operation: HistoryOperation): boolean {
  const isRecurring = operation.operation === 'monitor' && operation.intervalMs > 0;
  const mayWait = resource.reconnectMs > 0 && world.options.fencingEnabled && isRecurring;
  return mayWait && resource.connects !== null && !resource.connects.wasFenced;
}
