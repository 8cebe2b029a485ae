/** One result of the history: whether it is what was expected, and what the resource is after it. */
import type { HistoryOperation } from '../input.ts';
import { rankOf } from '../values.ts';
import { expectedRcOf } from './callOrder.ts';
import { isExpired } from './failcount.ts';
import { canFence } from './fence.ts';
import { readFailedMigrateFrom, readFailedMigrateTo, readMigrateTo } from './migration.ts';
import { type FailurePolicy, type FailureResponse, failurePolicy, isGraver, keyOf } from './operations.ts';
import { block } from './running.ts';
import { ban, blamedFor, isInBundle, nodeNamed, topOf, type WorkNode, type WorkResource, type World } from './world.ts';

/** What is carried from one result to the next of the same resource on the same node. */
export interface Reading {
  readonly world: World;
  readonly resource: WorkResource;
  readonly node: WorkNode;
  response: FailureResponse;
  lastFailure: HistoryOperation | null;
}

const Rc = {
  ok: 0,
  badParameter: 2,
  unimplemented: 3,
  forbidden: 4,
  notInstalled: 5,
  notConfigured: 6,
  notRunning: 7,
  promoted: 8,
  failedPromoted: 9,
  degraded: 190,
  degradedPromoted: 191,
};

const Status = {
  pending: -1,
  done: 0,
  cancelled: 1,
  notSupported: 3,
  error: 4,
  hard: 5,
  fatal: 6,
  notInstalled: 7,
  notConnected: 8,
  noDevice: 10,
  noSecrets: 11,
};

interface Verdict {
  readonly rc: number;
  readonly status: number;
}

const isProbe = (operation: HistoryOperation): boolean =>
  operation.operation === 'monitor' && operation.intervalMs === 0;

/** A probe that found nothing to ask: the software is not there, or not set up. That is as good as «not running». */
const isMaskable = (resource: WorkResource, operation: HistoryOperation): boolean =>
  isProbe(operation) &&
  !isInBundle(resource) &&
  (operation.rc === Rc.notInstalled || operation.rc === Rc.badParameter || operation.status === Status.notInstalled);

/** Returns true if the result is too old to count and its recurring monitor must therefore be scheduled anew. */
export function readResult(reading: Reading, operation: HistoryOperation): boolean {
  const { world, resource, node } = reading;
  const { operation: task } = operation;
  if (operation.status < Status.pending || task === '' || task === 'notify' || task === 'meta-data') return false;
  const expectedRc = expectedRcOf(operation);
  const expired = operation.status !== Status.notInstalled && isExpired(world, resource, node, operation);
  const verdict = judge(reading, operation, expectedRc);
  const isMasked = isMaskable(resource, operation);
  if (expired && isMasked && operation.rc !== expectedRc) {
    if (rankOf(resource.role) <= rankOf('stopped')) resource.role = 'unknown';
    return false;
  }
  if (expired && verdict.rc !== expectedRc) {
    if (operation.intervalMs === 0) return false;
    if (node.online && !node.unclean) return true;
  }
  if (isMasked) {
    follow(reading, operation, expectedRc);
    ban(world, blamedFor(resource), node, 'a probe there said that it is not installed');
  } else conclude(reading, operation, verdict, expectedRc);
  return false;
}

/** The executor does not know what was expected: of what is done or failed, we know better. May already change the role. */
function judge(reading: Reading, operation: HistoryOperation, expectedRc: number): Verdict {
  const { resource } = reading;
  if (isMaskable(resource, operation)) return judgeRc(reading, operation, expectedRc, Rc.notRunning);
  const rc = operation.operation === 'monitor' ? withoutDegraded(operation.rc) : operation.rc;
  if (operation.status !== Status.done && operation.status !== Status.error) return { rc, status: operation.status };
  return judgeRc(reading, operation, expectedRc, rc);
}

function judgeRc(reading: Reading, operation: HistoryOperation, expectedRc: number, rc: number): Verdict {
  const { resource } = reading;
  const probe = isProbe(operation);
  const status = rc === expectedRc && expectedRc >= 0 ? Status.done : Status.error;
  switch (rc) {
    case Rc.ok:
      return { rc, status: probe && expectedRc === Rc.notRunning ? Status.done : status };
    case Rc.notRunning:
      if (!probe && rc !== expectedRc && resource.managed) return { rc, status };
      resource.role = 'stopped';
      reading.response = 'ignore';
      resource.nextRole = null;
      return { rc, status: Status.done };
    case Rc.promoted:
      resource.role = 'promoted';
      return { rc, status: probe && rc !== expectedRc ? Status.done : status };
    case Rc.failedPromoted:
    case Rc.degradedPromoted:
      resource.role = 'promoted';
      return { rc, status: Status.error };
    case Rc.notConfigured:
      return { rc, status: Status.fatal };
    case Rc.unimplemented:
      if (operation.intervalMs > 0) return { rc, status: Status.notSupported };
      return hardFailure(reading, operation, rc);
    case Rc.notInstalled:
    case Rc.badParameter:
    case Rc.forbidden:
      return hardFailure(reading, operation, rc);
    default:
      return { rc, status: Status.error };
  }
}

/** A stop that failed for good can only be mended by fencing. */
function hardFailure({ world, resource, node }: Reading, operation: HistoryOperation, rc: number): Verdict {
  if (operation.operation === 'stop' && !canFence(world, node)) block(resource);
  return { rc, status: Status.hard };
}

/** Degraded results are successes that a person may want to look at. */
function withoutDegraded(rc: number): number {
  if (rc === Rc.degraded) return Rc.ok;
  return rc === Rc.degradedPromoted ? Rc.promoted : rc;
}

function conclude(reading: Reading, operation: HistoryOperation, verdict: Verdict, expectedRc: number): void {
  switch (verdict.status) {
    case Status.cancelled:
      return;
    case Status.pending:
      return readPending(reading, operation);
    case Status.done:
      return follow(reading, operation, verdict.rc);
    case Status.notInstalled:
      return readMissingAgent(reading, operation, verdict.rc);
    case Status.notConnected:
      failConnection(reading.node);
      return readFailure(reading, operation, verdict, expectedRc);
    case Status.noDevice:
    case Status.noSecrets:
      return readFailure(reading, operation, { ...verdict, status: Status.hard }, expectedRc);
    default:
      return readFailure(reading, operation, verdict, expectedRc);
  }
}

/** What says that it is not connected was asked over a connection that is not as good as it looks. */
function failConnection({ connection, type }: WorkNode): void {
  if (type !== 'remote' || connection?.managed !== true) return;
  connection.failed = true;
  connection.stopsToRecover = true;
}

function readPending({ world, resource, node }: Reading, operation: HistoryOperation): void {
  const { operation: task } = operation;
  if (task === 'start') {
    resource.startPending = true;
    setActive(resource);
  } else if (task === 'promote') resource.role = 'promoted';
  else if (task === 'migrate_to' && node.unclean) {
    const target = nodeNamed(world, operation.migrateTarget);
    if (target !== null) resource.mustStopOn.add(target);
  }
  if (resource.pendingTask !== null || isProbe(operation)) return;
  resource.pendingTask = task;
  resource.pendingNode = node;
}

function setActive(resource: WorkResource): void {
  resource.role = topOf(resource).isPromotable ? 'unpromoted' : 'started';
}

/** The resource is what the operation makes of it. */
function follow(reading: Reading, operation: HistoryOperation, rc: number): void {
  const { resource, node, lastFailure } = reading;
  let clearsFailures = false;
  if (rc === Rc.notInstalled || isMaskable(resource, operation)) resource.role = 'stopped';
  else if (rc === Rc.notRunning) clearsFailures = true;
  else {
    switch (operation.operation) {
      case 'monitor':
        clearsFailures = lastFailure !== null && keyOf(operation).toLowerCase() === keyOf(lastFailure).toLowerCase();
        if (rankOf(resource.role) < rankOf('started')) setActive(resource);
        break;
      case 'start':
      case 'migrate_from':
        resource.role = 'started';
        clearsFailures = true;
        break;
      case 'stop':
        resource.role = 'stopped';
        clearsFailures = true;
        break;
      case 'promote':
        resource.role = 'promoted';
        clearsFailures = true;
        break;
      case 'demote':
        // Only a failure that is answered by demotion is over with it.
        clearsFailures = reading.response === 'demote';
        resource.role = 'unpromoted';
        break;
      case 'migrate_to':
        readMigrateTo(reading, node, operation);
        break;
      default:
        if (rankOf(resource.role) < rankOf('started')) setActive(resource);
    }
  }
  if (clearsFailures) clearFailures(reading);
}

const lasting = new Set<FailureResponse>(['stop', 'fence', 'migrate', 'standby']);

/** Some answers to a failure are not over when the resource is. */
function clearFailures(reading: Reading): void {
  const { resource, response } = reading;
  if (lasting.has(response)) return;
  if (response === 'reset-remote' && resource.reconnectMs > 0) return;
  reading.response = 'ignore';
  resource.nextRole = null;
}

/** Without its agent a resource cannot run there, whatever on-fail says. */
function readMissingAgent(reading: Reading, operation: HistoryOperation, rc: number): void {
  const { world, resource, node } = reading;
  const policy = failurePolicy(world, resource, operation.operation, keyOf(operation));
  if (policy.response === 'ignore') reading.response = 'migrate';
  ban(world, blamedFor(resource), node, 'its agent is not installed there');
  fail(reading, operation, rc, policy);
}

function readFailure(reading: Reading, operation: HistoryOperation, verdict: Verdict, expectedRc: number): void {
  const { world, resource, node } = reading;
  const policy = failurePolicy(world, resource, operation.operation, keyOf(operation));
  const { response } = policy;
  if (response === 'ignore' || (response === 'restart-container' && operation.operation === 'stop')) {
    follow(reading, operation, expectedRc);
    resource.failureIgnored = true;
    if (response !== 'ignore' && !isGraver(reading.response, 'recover')) reading.response = response;
    return;
  }
  fail(reading, operation, verdict.rc, policy);
  if (verdict.status === Status.hard)
    ban(world, blamedFor(resource), node, 'it failed there in a way that a restart does not mend');
  if (verdict.status === Status.fatal) ban(world, blamedFor(resource), null, 'it is not configured correctly');
}

function fail(reading: Reading, operation: HistoryOperation, rc: number, policy: FailurePolicy): void {
  const { world, resource, node } = reading;
  reading.lastFailure = operation;
  if (isGraver(policy.response, reading.response)) reading.response = policy.response;
  failTask(reading, operation, rc, policy);
  if (isProbe(operation) && rc === Rc.notInstalled) resource.role = 'stopped';
  else if (rankOf(resource.role) < rankOf('started')) setActive(resource);
  const { roleAfter } = policy;
  if (roleAfter !== 'started' && rankOf(resource.nextRole ?? 'unknown') < rankOf(roleAfter))
    resource.nextRole = roleAfter;
  if (roleAfter === 'stopped') ban(world, blamedFor(resource), null, `it failed on ${node.name} and must stay stopped`);
}

function failTask(reading: Reading, operation: HistoryOperation, rc: number, policy: FailurePolicy): void {
  const { world, resource, node } = reading;
  switch (operation.operation) {
    case 'stop':
      return ban(world, resource, node, 'it could not be stopped there');
    case 'migrate_to':
      return readFailedMigrateTo(reading, node, operation);
    case 'migrate_from':
      return readFailedMigrateFrom(reading, node, operation);
    case 'promote':
      resource.role = 'promoted';
      return;
    case 'demote':
      if (policy.response === 'block') {
        resource.role = 'promoted';
        resource.nextRole = 'stopped';
      } else resource.role = rc === Rc.notRunning ? 'stopped' : 'unpromoted';
      return;
    default:
      return;
  }
}
