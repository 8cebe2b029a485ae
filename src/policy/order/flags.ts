/**
 * What a collection's step is, seen from its parts: necessary if one of them is, possible if one of them is (a group: if all are).
 * What is found so is also written down in the step itself, as far as it makes it necessary or impossible.
 */
import type { Action, ActionId } from '../actions.ts';
import type { NodeIndex, Resource, ResourceIndex } from '../situation.ts';
import { actionAt, childrenOf, innerOf, instancesOf, type Net, resourceOf, stepFor } from './net.ts';
import { moveOf, stepOf } from './steps.ts';

export interface Flags {
  readonly isOptional: boolean;
  readonly isRunnable: boolean;
  readonly isMigratable: boolean;
}

/** One that remembers what it found until something below changes. */
export class FlagReader {
  private readonly net: Net;
  private readonly versions: Int32Array;
  private readonly known = new Map<number, { readonly version: number; readonly flags: Flags }>();

  private readonly changed: (action: Action) => void;

  /** `changed` is told of steps that turn out to be necessary or impossible while they are looked at. */
  constructor(net: Net, changed: (action: Action) => void) {
    this.net = net;
    this.changed = changed;
    this.versions = new Int32Array(net.situation.resources.length);
  }

  /** An action of it has changed. */
  touch(resource: ResourceIndex | null): void {
    for (let at = resource; at !== null; at = this.net.situation.resources[at]?.parent ?? null)
      this.versions[at] = (this.versions[at] ?? 0) + 1;
  }

  /** `node`: only what is done there counts. */
  of(action: Action, node: NodeIndex | null): Flags {
    const resource = resourceOf(this.net, action);
    if (resource === null || resource.kind === 'primitive') return action;
    const key = keyOf(action.id, node);
    const version = this.versions[resource.index] ?? 0;
    const known = this.known.get(key);
    if (known !== undefined && known.version === version) return known.flags;
    const flags =
      resource.kind === 'group' ? this.ofGroup(action, resource, node) : this.ofInstances(action, resource, node);
    this.known.set(key, { version: this.versions[resource.index] ?? 0, flags });
    return flags;
  }

  /** For an order with something on that node. That something of a clone can be done anywhere is enough. */
  forOrder(action: Action, node: NodeIndex | null): Flags {
    const anywhere = this.of(action, null);
    const resource = resourceOf(this.net, action);
    if (node === null || resource?.kind !== 'clone') return anywhere;
    const there = this.of(action, node);
    return anywhere.isRunnable && !there.isRunnable ? { ...there, isRunnable: true } : there;
  }

  require(action: Action): void {
    if (!action.isOptional) return;
    action.isOptional = false;
    this.touch(action.resource);
    this.changed(action);
  }

  forbid(action: Action): void {
    if (!action.isRunnable) return;
    action.isRunnable = false;
    this.touch(action.resource);
    this.changed(action);
  }

  private ofGroup(action: Action, group: Resource, node: NodeIndex | null): Flags {
    const step = stepOf(action);
    let isOptional = true;
    let isRunnable = true;
    for (const member of step === null ? [] : childrenOf(this.net, group)) {
      const own = stepFor(member, step ?? 'start');
      const part = actionAt(this.net, member, own, node);
      if (part === undefined) {
        if (own !== 'stop' && own !== 'demote') isRunnable = false;
        continue;
      }
      if (!part.isOptional) isOptional = false;
      if (own !== step && isRunnable && !part.isRunnable) {
        isRunnable = false;
        this.forbid(action);
      }
    }
    if (!isOptional) this.require(action);
    return { isOptional, isRunnable, isMigratable: false };
  }

  private ofInstances(action: Action, resource: Resource, node: NodeIndex | null): Flags {
    const step = stepOf(action);
    let isOptional = true;
    let isRunnable = false;
    for (const part of step === null ? [] : this.partsOf(action, resource)) {
      const own = actionAt(this.net, part, stepFor(part, step ?? 'start'), part.kind === 'primitive' ? node : null);
      if (own === undefined) continue;
      const flags = this.of(own, node);
      if (!flags.isOptional) isOptional = false;
      if (flags.isRunnable) isRunnable = true;
    }
    if (!isOptional) this.require(action);
    if (!isRunnable && node === null) this.forbid(action);
    return { isOptional, isRunnable, isMigratable: false };
  }

  /** Promotions, and what is told of steps, are matters of what runs in a bundle's containers. */
  private partsOf(action: Action, resource: Resource): readonly Resource[] {
    const inner = innerOf(this.net, resource);
    const step = stepOf(action);
    const isRole = step !== null && (moveOf(step) === 'promote' || moveOf(step) === 'demote');
    if (inner !== null && (isRole || action.task === 'notify')) return childrenOf(this.net, inner);
    return instancesOf(this.net, resource);
  }
}

/** Nodes are fewer than that. */
const nodesMax = 2 ** 20;

const keyOf = (action: ActionId, node: NodeIndex | null): number => action * nodesMax + (node ?? -1) + 1;
