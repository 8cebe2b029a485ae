/** The engine's answer as data: every action with its order and its reason. */
import type { NodeIndex, ResourceIndex } from './situation.ts';
import type { Role } from './values.ts';

export interface PolicyPlan {
  /** Only what is to be carried out; `id` is the index. */
  readonly actions: readonly PolicyAction[];
  /** What one would like to do and cannot, with the reason. */
  readonly blocked: readonly PolicyAction[];
  /** What changes for each resource, as people see it: one line a resource and node. */
  readonly changes: readonly Change[];
}

export type Task =
  | 'start'
  | 'stop'
  | 'promote'
  | 'demote'
  | 'monitor'
  | 'migrate_to'
  | 'migrate_from'
  | 'notify'
  | 'reload-agent'
  | 'cancel'
  | 'delete'
  | 'fence'
  | 'shutdown'
  | 'clear_failcount'
  | 'gate';

export interface PolicyAction {
  readonly id: number;
  readonly task: Task;
  readonly resource: ResourceIndex | null;
  readonly node: NodeIndex | null;
  /** Of monitors and cancels: 0 is a probe (or a one-off). */
  readonly intervalMs: number;
  /** Of fence: `reboot`, `off`, `on`. */
  readonly how: string | null;
  /** Of fence: how long to wait before it is begun; 0 for all others. */
  readonly delayMs: number;
  /** A step without work (all of a clone has started, ...): it only orders others. */
  readonly isPseudo: boolean;
  /** Ids of actions that must have ended before; smaller or larger ids alike, but never a loop. */
  readonly after: readonly number[];
  readonly because: string;
}

export interface Change {
  /** Names of the field, as `crm_simulate` prints them, in lower case. */
  readonly kind:
    | 'start'
    | 'stop'
    | 'move'
    | 'migrate'
    | 'restart'
    | 'recover'
    | 'reload'
    | 'promote'
    | 'demote'
    | 're-promote'
    | 'leave';
  readonly resource: ResourceIndex;
  readonly from: { readonly node: NodeIndex; readonly role: Role } | null;
  readonly to: { readonly node: NodeIndex; readonly role: Role } | null;
  /** It cannot be done now. */
  readonly isBlocked: boolean;
  readonly because: string;
}
