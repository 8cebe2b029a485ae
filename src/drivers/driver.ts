/**
 * What every driver is: it carries out one verb on one resource of this machine, and says how it went.
 *
 * A driver never decides. It does not know the cluster, quorum or other services; `src/drivers/agents.ts` calls it,
 * `src/drivers/contract.ts` is the suite that each one must pass.
 *
 * What each verb means, for all drivers:
 *   probe   Does it run here? Asked before anything was started, so it must not need what a start would set up.
 *           Answers `running` or `stopped`; `failed` when it runs but is broken, with `unknown` when nobody can tell.
 *           A failure of scope `node` or `cluster` says that it cannot run here: it is taken for stopped.
 *   check   The same question of a service that should run. `stopped` is as bad as `failed` for the caller, but tells it
 *           that nothing is left to stop.
 *   start   `ok` once it works, also when it ran already. When it fails, something may be left behind: a stop follows.
 *   stop    `ok` once nothing of it is left, also when nothing was there. `failed` blocks the service: be sure.
 *   reload  Take over a changed definition without a stop. Only asked for where `reloads` (src/core/model.ts) says so.
 *   tune    Small changes of a running service (`drained`). A driver without any answers `ok`.
 *   promote, demote   Change its role (`op.role`: what it is as far as known). `failed` leaves a service that is stopped next.
 *   migrateTo         Give what runs to `op.peer`, which then takes it over. Whatever comes of it, a stop follows here.
 *   migrateFrom       Take over what `op.peer` gave. `ok` once it works here; when it fails, a stop follows.
 *   notify            Tell the agent of `op.notice`. A driver whose services do not ask for it answers `ok`.
 */
import type {
  AddressResource,
  BalanceResource,
  ClusterNode,
  CommandResource,
  ContainerResource,
  NodeId,
  OcfResource,
  Resource,
  Service,
  ServiceId,
  SystemdResource,
} from '../core/model.ts';
import type { AgentOp, OpResult } from '../core/ports.ts';
import { unreachable } from '../lib/assert.ts';

/** What a driver may know of the daemon that it lives in. */
export interface DriverContext {
  readonly node: NodeId;
  /** The nodes of the cluster file as it is now: it changes under a running daemon. */
  readonly clusterNodes: () => readonly ClusterNode[];
  /** Private to the daemon of this node and gone with the next boot, as `/run/sempre`. Each driver has a folder of its name in it. */
  readonly runDirectory: string;
  /** A service that ran has just ended by itself. A hint that saves waiting for the next check; may come too often. */
  readonly died: (serviceId: ServiceId, because: string) => void;
  /** Output of programs and remarks, a line at a time: for the debug log, never for a decision. */
  readonly log: (serviceId: ServiceId, line: string) => void;
}

export interface Driver<R extends Resource = Resource> {
  /**
   * Carries out `op` on `resource`, which is `op.service.resource` with its own type.
   *
   * Ends within `op.timeoutMs`: what it started for the op (but not the service) is dead by then, and the result is
   * `failed` with `unknown: true`. Expected failures are results; whatever is thrown is a bug and is reported as one.
   * A `stop` may come while a `check` of the same service is under way, and so may what changes its role or place; a node that has
   * lost quorum stops it whatever else is under way (`isOvertaken`). It should end that; when that has
   * ended the stop is asked for again (`agents.ts`). Nothing else overlaps within a service.
   */
  perform(op: AgentOp, resource: R): Promise<OpResult>;
  /** Live facts for `status`, as data that survives JSON: servers of a balancer and their state. Null: nothing to say. */
  details?(service: Service, resource: R): Promise<unknown>;
  /** The daemon ends: let go of timers, sockets and watches. Services that can live without the daemon go on running. */
  close?(): Promise<void>;
}

/** One driver for each kind of resource, and for each engine of a balancer. */
export interface Drivers {
  readonly ocf: Driver<OcfResource>;
  readonly systemd: Driver<SystemdResource>;
  readonly command: Driver<CommandResource>;
  readonly address: Driver<AddressResource>;
  readonly haproxy: Driver<BalanceResource>;
  readonly proxy: Driver<BalanceResource>;
  readonly container: Driver<ContainerResource>;
}

/** Calls `use` with the driver of this resource, both of the same type. */
export function withDriver<T>(
  drivers: Drivers,
  resource: Resource,
  use: <R extends Resource>(driver: Driver<R>, resource: R) => T,
): T {
  switch (resource.kind) {
    case 'ocf':
      return use(drivers.ocf, resource);
    case 'systemd':
      return use(drivers.systemd, resource);
    case 'command':
      return use(drivers.command, resource);
    case 'address':
      return use(drivers.address, resource);
    case 'container':
      return use(drivers.container, resource);
    case 'balance':
      return use(drivers[resource.engine], resource);
    default:
      return unreachable(resource);
  }
}

type VerbOfRoles = 'promote' | 'demote' | 'migrateTo' | 'migrateFrom' | 'notify';

/** The answer of a driver whose services have no roles, move by being stopped and started, and ask nothing of each other. */
export const withoutRoles = (verb: VerbOfRoles): OpResult =>
  verb === 'notify' || verb === 'demote'
    ? ok
    : failed(`only an OCF agent can ${verb === 'promote' ? 'be promoted' : 'migrate'}`);

export type Failed = Extract<OpResult, { outcome: 'failed' }>;

export const ok: OpResult = { outcome: 'ok' };
export const stopped: OpResult = { outcome: 'stopped' };
/** `digest`: `op.service.digest` as it was when the running copy was started, null where that is not known. */
export const running = (digest: string | null): OpResult => ({ outcome: 'running', digest });
export const runningPromoted = (digest: string | null): OpResult => ({ outcome: 'running', digest, promoted: true });

/** It did not work; trying again here may help. */
export const failed = (because: string): Failed => failure(because, 'soft');
/** It cannot work on this node as it is now: a program is missing, permission is denied. */
export const failedOnNode = (because: string): Failed => failure(because, 'node');
/** It cannot work on any node: the definition is wrong. */
export const failedInCluster = (because: string): Failed => failure(because, 'cluster');
/** Nobody knows how it ended: killed at its time limit. */
export const failedUnknown = (because: string): Failed => ({ ...failure(because, 'soft'), unknown: true });

/** Agents print what they like, and a reason goes into the node's record, which every node has to take. */
const reasonLengthMax = 4096;

function failure(because: string, scope: Failed['scope']): Failed {
  return { outcome: 'failed', because: because.slice(0, reasonLengthMax), scope, unknown: false };
}
