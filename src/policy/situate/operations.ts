/** Operations as configured: which definition applies to a result in the history, and what to do if it failed. */
import type { HistoryOperation, OperationConfig } from '../input.ts';
import { type RuleContext, readSets, roleOf } from '../rule/index.ts';
import { booleanOf, intervalMsOf } from '../rule/text.ts';
import type { Role } from '../values.ts';
import type { WorkResource, World } from './world.ts';

/** From mild to grave: of several failures the gravest decides. */
export const failureResponses = [
  'ignore',
  'demote',
  'recover',
  'reset-remote',
  'restart-container',
  'migrate',
  'block',
  'stop',
  'standby',
  'fence',
] as const;

export type FailureResponse = (typeof failureResponses)[number];

export const isGraver = (a: FailureResponse, b: FailureResponse): boolean =>
  failureResponses.indexOf(a) > failureResponses.indexOf(b);

export interface FailurePolicy {
  readonly response: FailureResponse;
  /** What it may be at most after such a failure. */
  readonly roleAfter: Role;
}

export const keyOf = (operation: HistoryOperation): string => operation.operationKey ?? operation.id;

/** `RESOURCE_OPERATION_INTERVAL` taken apart; both parts may have underscores, so operations with one are known by name. */
export function splitKey(key: string): {
  readonly resource: string;
  readonly name: string;
  readonly intervalMs: number;
} {
  const match =
    /^(.+)_(migrate_to|migrate_from|(?:pre|post)_notify_[a-z]+)_(\d+)$/.exec(key) ?? /^(.+)_([^_]+)_(\d+)$/.exec(key);
  if (match === null) return { resource: '', name: '', intervalMs: 0 };
  return { resource: match[1]!, name: match[2]!, intervalMs: Number(match[3]) };
}

/** Also disabled ones: a result is judged by what was meant when it was asked for. */
function definitionFor(resource: WorkResource, key: string): OperationConfig | null {
  const { resource: id, name, intervalMs } = splitKey(key);
  const isOwn = [resource.id, resource.alias].some((own) => own?.toLowerCase() === id.toLowerCase());
  if (!isOwn || resource.config?.kind !== 'primitive') return null;
  const { operations } = resource.config;
  const find = (wanted: string, ms: number) =>
    operations.find(
      (each) =>
        each.name.toLowerCase() === wanted.toLowerCase() && intervalMsOf(each.attributes.get('interval')) === ms,
    );
  return find(name, intervalMs) ?? (name.startsWith('migrate_') ? find('migrate', 0) : null) ?? null;
}

/** Defaults for all operations, then its own meta attributes, then what its element says itself. */
export function operationMeta(
  world: World,
  resource: WorkResource,
  definition: OperationConfig | null,
  operation: NonNullable<RuleContext['operation']>,
): ReadonlyMap<string, string> {
  const context = { nowS: world.input.nowS, agent: resource.agent, operation };
  const meta = readSets(world.input.operationDefaults, context);
  if (definition === null) return meta;
  readSets(definition.meta, context, meta, true);
  for (const [name, value] of definition.attributes) meta.set(name, value);
  return meta;
}

export function failurePolicy(world: World, resource: WorkResource, task: string, key: string): FailurePolicy {
  const definition = definitionFor(resource, key);
  const { intervalMs } = splitKey(key);
  const meta = operationMeta(world, resource, definition, { name: task, intervalMs });
  const wanted = allowedResponse(resource, task, definition, meta.get('on-fail')?.toLowerCase() ?? null);
  const response = responseOf(world, resource, task, intervalMs, wanted);
  const roleAfter = response.roleAfter ?? (definition === null ? null : roleOf(meta.get('role_after_failure')));
  return { response: response.response, roleAfter: roleAfter ?? (task === 'promote' ? 'unpromoted' : 'started') };
}

const isPromotedMonitor = (operation: OperationConfig | null): boolean =>
  operation?.name === 'monitor' &&
  roleOf(operation.attributes.get('role')) === 'promoted' &&
  intervalMsOf(operation.attributes.get('interval')) > 0;

/** Null: the default. A stop cannot be answered by standby, demotion or stop; only promoted operations by demotion. */
function allowedResponse(
  resource: WorkResource,
  task: string,
  definition: OperationConfig | null,
  value: string | null,
): string | null {
  if (task === 'stop') return value !== null && /^(standby|demote|stop)$/.test(value) ? null : value;
  if (task === 'demote' && value === null) return responseOfPromotedMonitor(resource);
  if (value !== 'demote') return value;
  return definition?.name === 'promote' || isPromotedMonitor(definition) ? value : null;
}

/** A failed demotion is answered like a failed monitor of the promoted role, if that has an answer of its own. */
function responseOfPromotedMonitor(resource: WorkResource): string | null {
  if (resource.config?.kind !== 'primitive') return null;
  for (const operation of resource.config.operations) {
    const answer = operation.attributes.get('on-fail')?.toLowerCase();
    const isEnabled = booleanOf(operation.attributes.get('enabled')) ?? true;
    if (answer !== undefined && answer !== 'demote' && isEnabled && isPromotedMonitor(operation)) return answer;
  }
  return null;
}

interface Response {
  readonly response: FailureResponse;
  readonly roleAfter: Role | null;
}

function responseOf(
  world: World,
  resource: WorkResource,
  task: string,
  intervalMs: number,
  wanted: string | null,
): Response {
  const chosen = wanted === null ? null : namedResponse(world, resource, wanted);
  if (chosen === null && resource.container !== null) return { response: 'restart-container', roleAfter: null };
  const dropsConnection = task !== 'start' && (task !== 'monitor' || intervalMs > 0);
  const isRemote = resource.isConnection && resource.container === null && dropsConnection;
  if (isRemote && (chosen === null || !resource.managed)) return remoteResponse(resource);
  if (chosen !== null) return chosen;
  if (task === 'stop') return { response: world.options.fencingEnabled ? 'fence' : 'block', roleAfter: null };
  return { response: 'recover', roleAfter: null };
}

/** What drops an active connection calls for fencing the node behind it. */
function remoteResponse(resource: WorkResource): Response {
  if (!resource.managed) return { response: 'stop', roleAfter: 'stopped' };
  return { response: 'reset-remote', roleAfter: resource.reconnectMs > 0 ? 'stopped' : null };
}

function namedResponse(world: World, resource: WorkResource, name: string): Response | null {
  switch (name) {
    case 'fence':
      if (world.options.fencingEnabled) return { response: 'fence', roleAfter: null };
      return { response: 'stop', roleAfter: 'stopped' };
    case 'stop':
      return { response: 'stop', roleAfter: 'stopped' };
    case 'ignore':
    case 'nothing':
      return { response: 'ignore', roleAfter: null };
    case 'restart':
      return { response: 'recover', roleAfter: null };
    case 'restart-container':
      return resource.container === null ? null : { response: name, roleAfter: null };
    case 'block':
    case 'standby':
    case 'migrate':
    case 'demote':
      return { response: name, roleAfter: null };
    default:
      return null;
  }
}
