/**
 * What goes wrong, as data: a run is a function of (code, cluster, plan), so replaying, shrinking and hand-written stories are
 * the same thing. Times are milliseconds of the world; `forMs` is how long the fault lasts.
 */
import type { NodeId, ServiceId } from '../../src/core/model.ts';
import type { Command, OpResult, Verb } from '../../src/core/ports.ts';

export type Fault = { readonly atMs: number; readonly forMs: number } & Kind;

type Kind =
  /** Memory and what runs are lost, the disk stays; power comes back after `forMs`. */
  | { readonly kind: 'powerOff'; readonly node: NodeId }
  /** Several at once, which then take their own time to boot. */
  | { readonly kind: 'siteOff'; readonly nodes: readonly { readonly node: NodeId; readonly bootMs: number }[] }
  /** The daemon alone dies; its supervisor starts it again after `forMs`. Services run on. */
  | { readonly kind: 'crashDaemon'; readonly node: NodeId }
  /** An upgrade: every daemon is restarted, one after the other. */
  | { readonly kind: 'upgrade'; readonly everyMs: number }
  /** The daemon alone is held up; packets wait in its socket and arrive late. Services run on. */
  | { readonly kind: 'pauseDaemon'; readonly node: NodeId }
  /** One direction, on one link or on all (null). */
  | { readonly kind: 'cut'; readonly from: NodeId; readonly to: NodeId; readonly link: number | null }
  /** Both directions to everybody, on one link or on all; on link 0 also to whatever else is on that network. */
  | { readonly kind: 'isolate'; readonly node: NodeId; readonly link: number | null }
  /** What happens to single packets. Null: from all, to all, on all links. */
  | {
      readonly kind: 'packets';
      readonly from: NodeId | null;
      readonly to: NodeId | null;
      readonly link: number | null;
      readonly how: PacketFault;
      readonly probability: number;
      readonly delayMs: number;
    }
  /** A ping address does not answer one node, or nobody (null). */
  | { readonly kind: 'targetDown'; readonly address: string; readonly node: NodeId | null }
  /** The clock of the machine runs at another rate from now on. */
  | { readonly kind: 'drift'; readonly node: NodeId; readonly rate: number }
  /** The running service ends by itself. */
  | { readonly kind: 'killService'; readonly node: NodeId; readonly service: ServiceId }
  | {
      readonly kind: 'agent';
      readonly node: NodeId;
      readonly service: ServiceId;
      readonly verb: Verb;
      readonly how: AgentFault;
    }
  /** An operator who starts or stops a service by hand, without a word to anybody. */
  | { readonly kind: 'meddle'; readonly node: NodeId; readonly service: ServiceId; readonly act: 'start' | 'stop' }
  /** Writes fail while it lasts. */
  | { readonly kind: 'diskFull'; readonly node: NodeId }
  /** No write ends while it lasts. */
  | { readonly kind: 'diskHangs'; readonly node: NodeId }
  /** /run is full while it lasts: the note for the next life of the daemon cannot be replaced, and so is removed. */
  | { readonly kind: 'runFull'; readonly node: NodeId }
  | { readonly kind: 'slowDisk'; readonly node: NodeId; readonly delayMs: number }
  /** A file on disk can no longer be read. Noticed when the daemon starts the next time. */
  | { readonly kind: 'damage'; readonly node: NodeId; readonly file: DiskFile }
  | {
      readonly kind: 'fenceDevice';
      readonly device: string;
      readonly how: DeviceFault;
      readonly delayMs: number;
    }
  | { readonly kind: 'watchdog'; readonly node: NodeId; readonly how: WatchdogFault; readonly lateMs: number }
  /** An operator's command, given at this node. */
  | { readonly kind: 'command'; readonly node: NodeId; readonly command: Command }
  /** A careful operator: looks whether `target` is really off, and only then says so. */
  | { readonly kind: 'confirmOff'; readonly node: NodeId; readonly target: NodeId };

export type FaultKind = Kind['kind'];

/**
 * corrupt: authentication drops it; slow: all come as much later, in order; delay, reorder: some come up to as much later; repeat:
 * once more, later; replay: an old one again.
 */
export type PacketFault = 'lose' | 'corrupt' | 'slow' | 'delay' | 'repeat' | 'reorder' | 'replay';

/** fail: not done, and says so; hang: no answer, perhaps done; lie: done, says it failed; pretend: says done, is not. */
export type AgentFault = 'fail' | 'hang' | 'lie' | 'pretend';

/**
 * fail, hang: as agents; pretend: `off` says ok and switches nothing, `status` tells the truth; lie: `status` says off as well;
 * blind: `status` cannot tell; slow: everything takes `delayMs` longer.
 */
export type DeviceFault = 'fail' | 'hang' | 'pretend' | 'lie' | 'blind' | 'slow';

/** missing: it cannot be armed; late, never: it does not fire at its timeout. */
export type WatchdogFault = 'missing' | 'late' | 'never';

export type DiskFile = 'doc' | 'reserve' | 'ledger';

export const injected: OpResult = { outcome: 'failed', because: 'injected failure', scope: 'soft', unknown: false };

/** How this world misbehaves all the time, within what is allowed. */
export interface Quirks {
  /** Share of ticks that come late, and by how much at most. */
  readonly lateTicks: number;
  readonly lateTickMs: number;
  /** Packets that the socket of a held up daemon keeps, for each link. */
  readonly socketPackets: number;
  /** A write takes up to this long. */
  readonly diskMs: number;
  /** Agents take this many times longer. */
  readonly agentFactor: number;
  /** Their messages travel as bytes, with fields of a newer version that others do not know. */
  readonly newer: readonly NodeId[];
  /** The one whose disk tears what is being written when the power fails. */
  readonly torn: NodeId | null;
  /** Fence devices are reached over link 0, so that a node that is cut off there cannot use them. */
  readonly fenceOverLink0: boolean;
  /** How long a fence device takes. */
  readonly fenceMs: readonly [number, number];
  /** Runs on to the end of the time allowed for settling, to see whether calm lasts. */
  readonly patient: boolean;
  /** Ticks as seldom as the bounds allow for, instead of as often as the daemon's. */
  readonly seldomTicks: boolean;
}

export const noQuirks: Quirks = {
  lateTicks: 0,
  lateTickMs: 0,
  socketPackets: 2000,
  diskMs: 15,
  agentFactor: 1,
  newer: [],
  torn: null,
  fenceOverLink0: false,
  fenceMs: [100, 1000],
  patient: true,
  seldomTicks: false,
};

export interface SimPlan {
  readonly seed: number;
  /** When the last fault has ended and everything is healed. */
  readonly healAtMs: number;
  readonly quirks: Quirks;
  readonly faults: readonly Fault[];
}

export function showFault(fault: Fault): string {
  const { atMs, forMs, kind, ...rest } = fault;
  const details = Object.entries(rest).map(
    ([key, value]) => `${key}=${typeof value === 'object' ? JSON.stringify(value) : value}`,
  );
  return `${String(atMs).padStart(7)} ${kind} ${details.join(' ')} for ${forMs} ms`;
}
