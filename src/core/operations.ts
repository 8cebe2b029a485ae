/** What drivers are asked to do on this node, and what they answer. */
import type { Ms, NodeId, RecurringCheck, Service } from './model.ts';
import type { Notice, Role } from './roles.ts';

export type Verb =
  | 'probe'
  | 'check'
  | 'start'
  | 'stop'
  | 'reload'
  | 'tune'
  | 'promote'
  | 'demote'
  /** On the node that gives it away, then on the one that gets it: see docs/internals/roles.md. */
  | 'migrateTo'
  | 'migrateFrom'
  | 'notify';

/**
 * One call of a driver. At most one is under way for a service on a node, except that a `check` may be overtaken (its answer is
 * then ignored), and that a `stop` without quorum overtakes what `isOvertaken` names: the driver ends that first.
 */
export interface AgentOp {
  readonly opId: number;
  readonly verb: Verb;
  readonly service: Service;
  readonly timeoutMs: Ms;
  /** `start` of a planned move: the node that holds it now and gives it up when this start has ended. */
  readonly handFrom: NodeId | null;
  /** `stop` of a planned move: the node that has it already. */
  readonly handTo: NodeId | null;
  /** `tune`: which servers of a balancer take new connections. Servers that are not named stay ready. */
  readonly drained: readonly string[];
  /** What it is as far as is known. A `stop` of what may be promoted demotes it first, within its own time. */
  readonly role: Role;
  /** `migrateTo`: the target; `migrateFrom`: the source. */
  readonly peer: NodeId | null;
  /** `notify`: what it is told. */
  readonly notice: Notice | null;
  /** `check`: which one, where the service has several. Missing: the one that all services have. */
  readonly check?: RecurringCheck;
}

export type OpResult = Outcome & {
  /** The promotion score that the agent has set for itself; null: none. Missing: the driver knows of no scores. */
  readonly promotion?: number | null;
};

export type Outcome =
  /** Anything but `probe` and `check` did what it should. */
  | { readonly outcome: 'ok' }
  /**
   * `probe`, `check`: it runs and works. `digest`: the definition it runs with, null where the driver cannot tell; `promoted`:
   * it is (missing: it is not).
   */
  | { readonly outcome: 'running'; readonly digest: string | null; readonly promoted?: boolean }
  /** `probe`, `check`: cleanly stopped. */
  | { readonly outcome: 'stopped' }
  /** `start` of an address that somebody else still answers for. Nothing was changed; tried again soon, not counted. */
  | { readonly outcome: 'conflict'; readonly because: string }
  /** It did not work, or it runs but is broken, or it was killed at its time limit (`unknown`: may run or not). */
  | {
      readonly outcome: 'failed';
      readonly because: string;
      /** soft: try again here; node: not on this node; cluster: nowhere, the definition is wrong. */
      readonly scope: 'soft' | 'node' | 'cluster';
      readonly unknown: boolean;
      /** It is broken, and promoted. Missing: that says nothing of its role. */
      readonly promoted?: boolean;
    };

/** What a `stop` without quorum does not wait for, a start least of all: others count on its beginning when the lease ends. */
export const isOvertaken = (verb: Verb): boolean => verb !== 'stop' && verb !== 'check';
