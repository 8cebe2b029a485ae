/** What state a service is in, over all nodes, in one word and with the reason. Pure. */
import type { Cluster, NodeId, Service } from '../core/model.ts';
import type { Admin, NodeRecord, ServiceRecord } from '../core/ports.ts';
import type { Plan } from '../core/schedule/plan.ts';
import { type StopWish, stopOf } from '../core/stopped.ts';
import type { CopyStatus, FailureStatus, PendingAction, ServiceStatus, ServiceSummary } from './status.ts';

/** What is known when a status is put together. `records` are those of the view's members and of nobody else. */
export interface Known {
  readonly cluster: Cluster;
  readonly admin: Admin;
  readonly records: ReadonlyMap<NodeId, NodeRecord>;
  /** Last words of members that are not heard any more, and not known to be off: what they ran may run on. */
  readonly left: readonly NodeRecord[];
  /** Members that may run services: not in standby. */
  readonly usable: ReadonlySet<NodeId>;
  readonly plan: Plan | null;
  readonly pending: readonly PendingAction[];
  readonly noQuorumBecause: string | null;
}

export function serviceStatus(service: Service, known: Known): ServiceStatus {
  const copies = copiesOf(service, known);
  const state = summaryOf(service, copies, known);
  const running = copies.filter((copy) => isRunning(copy)).map((copy) => copy.node);
  const able = service.on.filter(
    (node) => known.usable.has(node) && !isWornOut(service, recordOf(service, node, known)),
  );
  return {
    name: service.id,
    kind: service.resource.kind,
    what: whatIs(service),
    state,
    nodes: running,
    wanted: isStopped(service, known) ? 0 : service.instances,
    spares: Math.max(0, able.length - service.instances),
    sparesWanted: service.on.length - service.instances,
    copies,
    failures: failuresOf(service, known).reduce((sum, failure) => sum + failure.count, 0),
    because: reasonFor(service, state, copies, known),
  };
}

/** Failures that count now, node by node. */
export function failuresOf(service: Service, known: Known): FailureStatus[] {
  return [...known.records.values()].flatMap((record): FailureStatus[] => {
    const entry = record.services[service.id];
    if (entry === undefined || (entry.failures === 0 && entry.banned === 'no' && entry.state !== 'blocked')) return [];
    return [
      {
        service: service.id,
        node: record.node,
        count: entry.failures,
        max: service.failures.max,
        banned: entry.banned,
        last: entry.lastFailure ?? 'no reason was given',
      },
    ];
  });
}

export const isUnderWay = (copy: CopyStatus): boolean =>
  changesInPlace(copy.state) ||
  copy.state === 'migrating' ||
  copy.state === 'starting' ||
  copy.state === 'stopping' ||
  copy.state === 'reloading' ||
  copy.state === 'probing';

/** In a few words: which program, unit, address or port. */
export function whatIs(service: Service): string {
  const resource = service.resource;
  switch (resource.kind) {
    case 'ocf':
      return `ocf:${resource.provider}:${resource.type}`;
    case 'systemd':
      return `systemd:${resource.unit}`;
    case 'command':
      return shortened(commandLine(resource.argv));
    case 'container':
      return `${shortened(`${resource.engine} ${resource.image}`)}${resource.address === null ? '' : ` at ${resource.address.address}`}`;
    case 'address':
      return `address ${resource.address}/${resource.prefix}`;
    case 'balance':
      return `${resource.engine} ${resource.mode} ${resource.listen.address ?? '*'}:${resource.listen.port}`;
  }
}

/** A shell line as the user wrote it, or the program with its arguments. */
function commandLine(argv: readonly string[]): string {
  return argv[0] === '/bin/sh' && argv[1] === '-c' && argv.length === 3 ? (argv[2] ?? '') : argv.join(' ');
}

const whatMax = 60;

function shortened(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > whatMax ? `${line.slice(0, whatMax - 1)}…` : line;
}

const isRunning = ({ state }: CopyStatus): boolean =>
  state === 'running' || state === 'reloading' || changesInPlace(state);

const changesInPlace = (state: CopyStatus['state']): boolean =>
  state === 'promoting' || state === 'demoting' || state === 'notifying';

const isStopped = (service: Service, known: Known): boolean => stopOf(known.admin, service.id) !== null;

const recordOf = (service: Service, node: NodeId, known: Known): ServiceRecord | undefined =>
  known.records.get(node)?.services[service.id];

const isWornOut = (service: Service, record: ServiceRecord | undefined): boolean =>
  record !== undefined &&
  (record.banned !== 'no' || record.failures >= service.failures.max || record.state === 'blocked');

/** Its copies on nodes that may have one, and wherever else one is. */
function copiesOf(service: Service, known: Known): CopyStatus[] {
  return known.cluster.nodes.flatMap(({ id }): CopyStatus[] => {
    const record = recordOf(service, id, known);
    if (record !== undefined && record.state !== 'stopped')
      return [{ node: id, state: record.state, ...(service.promotable !== null && { role: record.role }) }];
    if (!service.on.includes(id)) return [];
    return [{ node: id, state: known.records.has(id) ? (record?.state ?? 'unknown') : 'unknown' }];
  });
}

function summaryOf(service: Service, copies: readonly CopyStatus[], known: Known): ServiceSummary {
  const inState = (state: CopyStatus['state']): boolean => copies.some((copy) => copy.state === state);
  const running = copies.filter(isRunning).length;
  if (inState('blocked')) return 'blocked';
  if (isStopped(service, known))
    return running > 0 || inState('stopping') || inState('failed') ? 'stopping' : 'stopped';
  if (running >= service.instances) return 'running';
  if (running > 0) return 'partly running';
  if (inState('starting')) return 'starting';
  if (inState('failed')) return 'failed';
  if (inState('stopping')) return 'stopping';
  if (known.noQuorumBecause === null && placedNowhere(service, known) && failuresOf(service, known).length > 0)
    return 'failed';
  if (leftOn(service, known).length > 0) return 'unknown';
  // Without quorum nobody on this side knows what the others run.
  if (known.noQuorumBecause !== null || inState('probing')) return 'unknown';
  return 'waiting';
}

/** Nodes that may still run it, for all that is known here. */
const leftOn = (service: Service, known: Known): NodeId[] =>
  known.left
    .filter(({ services }) => !['stopped', undefined].includes(services[service.id]?.state))
    .map(({ node }) => node);

const placementOf = (service: Service, known: Known) =>
  known.plan?.placements.find((placement) => placement.service === service.id);

const placedNowhere = (service: Service, known: Known): boolean => placementOf(service, known)?.nodes.length === 0;

function reasonFor(service: Service, state: ServiceSummary, copies: readonly CopyStatus[], known: Known): string {
  const stopped = stopOf(known.admin, service.id);
  if (stopped !== null) return stoppedWords(stopped);
  const lastFailure = failuresOf(service, known).at(-1);
  if (state === 'blocked' && lastFailure !== undefined)
    return `it could not be stopped on ${lastFailure.node}: ${lastFailure.last}`;
  if (known.noQuorumBecause !== null) return 'no quorum on this side';
  const [left] = leftOn(service, known);
  if (state === 'unknown' && left !== undefined)
    return `it ran on ${left}, which is not heard and not known to be off, so nobody starts it; if it is off: sempre node confirm-off ${left}`;
  const placed = placementOf(service, known)?.because ?? 'the coordinator has not decided yet';
  if (state === 'running') return placed;
  const next = nextStep(service, copies, known);
  if (state !== 'failed' || lastFailure === undefined) return next ?? placed;
  // The scheduler's words name each node with each failure: they are for `why`.
  return `${failedWhere(service, known)}: ${lastFailure.last}${next === null ? '' : `; ${next}`}`;
}

function stoppedWords({ because, keptFor }: StopWish): string {
  if (keptFor === null) return because === '' ? 'stopped by an operator' : because;
  return `kept for ${keptFor}, which is shut down${because === '' ? '' : `: ${because}`}`;
}

const failedWhere = (service: Service, known: Known): string =>
  `failed ${failuresOf(service, known)
    .map((failure) => `${failure.count} ${failure.count === 1 ? 'time' : 'times'} on ${failure.node}`)
    .join(', ')}`;

/** What is being done about it, what the plan will do, or what that waits for. */
function nextStep(service: Service, copies: readonly CopyStatus[], known: Known): string | null {
  const underWay = copies.filter(isUnderWay).map((copy) => `${copy.state} on ${copy.node}`);
  if (underWay.length > 0) return underWay.join(', ');
  const actions = known.pending.filter((action) => action.service === service.id);
  const waits = actions.find((action) => action.blocked !== null);
  if (waits !== undefined) return `waits: ${waits.blocked}`;
  return actions.length === 0
    ? null
    : `next: ${actions.map((action) => `${action.verb} on ${action.node}`).join(', ')}`;
}
