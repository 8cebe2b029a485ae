/**
 * What goes wrong, as data: a run is a function of (code, plan), so replaying, shrinking and hand-written stories are the
 * same thing. Times are milliseconds of the world; `forMs` is how long the fault lasts.
 */
import type { NodeId, ServiceId } from '../../src/core/model.ts';
import type { Command, OpResult, Verb } from '../../src/core/ports.ts';

export type Fault = { readonly atMs: number; readonly forMs: number } & Kind;

type Kind =
  /** Memory and what runs are lost, the disk stays; power comes back after `forMs`. */
  | { readonly kind: 'powerOff'; readonly node: NodeId }
  /** The daemon alone dies; its supervisor starts it again after `forMs`. Services run on. */
  | { readonly kind: 'crashDaemon'; readonly node: NodeId }
  /** The daemon alone is held up; packets wait in its socket and arrive late. Services run on. */
  | { readonly kind: 'pauseDaemon'; readonly node: NodeId }
  /** One direction, on one link or on all (null). */
  | { readonly kind: 'cut'; readonly from: NodeId; readonly to: NodeId; readonly link: number | null }
  /** Both directions to everybody, on one link or on all. */
  | { readonly kind: 'isolate'; readonly node: NodeId; readonly link: number | null }
  /** Everything on all links gets lost with this probability, or arrives this much later. */
  | { readonly kind: 'lossy'; readonly probability: number }
  | { readonly kind: 'slow'; readonly delayMs: number }
  /** The running service ends by itself. */
  | { readonly kind: 'killService'; readonly node: NodeId; readonly service: ServiceId }
  /** Calls of this verb fail, hang, or do the work and then say that they failed. */
  | {
      readonly kind: 'agent';
      readonly node: NodeId;
      readonly service: ServiceId;
      readonly verb: Verb;
      readonly how: AgentFault;
    }
  /** Writes fail while it lasts. */
  | { readonly kind: 'diskFull'; readonly node: NodeId }
  /** An operator's command, given at this node. */
  | { readonly kind: 'command'; readonly node: NodeId; readonly command: Command };

export type AgentFault = 'fail' | 'hang' | 'lie';

export const injected: OpResult = { outcome: 'failed', because: 'injected failure', scope: 'soft', unknown: false };

export interface SimPlan {
  readonly seed: number;
  /** When the last fault has ended and everything is healed. */
  readonly healAtMs: number;
  readonly faults: readonly Fault[];
}

export function showFault(fault: Fault): string {
  const { atMs, forMs, kind, ...rest } = fault;
  const details = Object.entries(rest).map(
    ([key, value]) => `${key}=${typeof value === 'object' ? JSON.stringify(value) : value}`,
  );
  return `${String(atMs).padStart(7)} ${kind} ${details.join(' ')} for ${forMs} ms`;
}
