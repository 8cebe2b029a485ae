/** What users tell the cluster to do, and what they are answered. */
import type { Cluster, Ms, NodeId, ServiceId } from './model.ts';
import type { Version } from './ports.ts';

export type Command =
  /** Replaces the cluster file; `ifVersion` refuses when somebody else was quicker. */
  | { readonly kind: 'apply'; readonly source: string; readonly cluster: Cluster; readonly ifVersion: Version | null }
  | { readonly kind: 'standby'; readonly node: NodeId; readonly on: boolean; readonly because: string }
  /** Standby until the node has been started anew. `keep`: what runs there waits for it; null: as the file says. */
  | {
      readonly kind: 'shutdown';
      readonly node: NodeId;
      readonly keep: boolean | null;
      readonly forMs: Ms | null;
      readonly because: string;
    }
  | { readonly kind: 'move'; readonly service: ServiceId; readonly to: NodeId | null; readonly because: string }
  /** Drops the preference that a `move` left, where it still stands. */
  | { readonly kind: 'clear'; readonly service: ServiceId; readonly because: string }
  | {
      readonly kind: 'run';
      readonly service: ServiceId;
      readonly wanted: 'started' | 'stopped';
      readonly because: string;
    }
  /** The operator has seen that the node is off. */
  | { readonly kind: 'confirmOff'; readonly node: NodeId; readonly because: string }
  /** Switch a node off, whatever it runs. */
  | { readonly kind: 'fence'; readonly node: NodeId; readonly because: string }
  | { readonly kind: 'disarm'; readonly forMs: Ms; readonly because: string }
  | { readonly kind: 'arm'; readonly because: string }
  /** Of a node or of a service: exactly one of the two is named. */
  | {
      readonly kind: 'maintain';
      readonly node: NodeId | null;
      readonly service: ServiceId | null;
      readonly on: boolean;
      readonly because: string;
    }
  /** Forgets failures and bans, on one node or on all. */
  | { readonly kind: 'cleanup'; readonly service: ServiceId; readonly node: NodeId | null };

export type Answer =
  /** The change is on the disks of a majority. `changed` is false when it was so already. */
  | { readonly ok: true; readonly version: Version; readonly changed: boolean }
  | { readonly ok: false; readonly code: AnswerCode; readonly because: string };

export type AnswerCode = 'NO_QUORUM' | 'NO_SUCH_OBJECT' | 'CONFLICT' | 'UNSAFE' | 'TIMED_OUT';
