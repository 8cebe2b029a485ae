/** What the pass works with: the actions and their edges, with what is known about the things they are about. Never seen outside. */
import { must } from '../../lib/assert.ts';
import type { Action, Actions, Ordering } from '../actions.ts';
import type { Constraints } from '../constraints.ts';
import type { Placement } from '../placement.ts';
import type { NodeIndex, Resource, ResourceIndex, Situation } from '../situation.ts';
import { type Role, rankOf } from '../values.ts';
import { doneStep, isDone, moveOf, type Step, stepOf } from './steps.ts';

export interface Known {
  readonly situation: Situation;
  readonly placement: Placement;
  readonly actions: Actions;
}

export interface Net extends Known {
  readonly constraints: Constraints;
  /** All that were thought of, in that order. */
  readonly orderings: Ordering[];
}

export const resourceAt = (net: Known, index: ResourceIndex): Resource =>
  must(net.situation.resources[index], 'resource');

export const resourceOf = (net: Known, { resource }: Action): Resource | null =>
  resource === null ? null : resourceAt(net, resource);

export const childrenOf = (net: Known, { children }: Resource): readonly Resource[] =>
  children.map((child) => resourceAt(net, child));

/** What a clone has as instances: of a bundle, its containers. */
export const instancesOf = (net: Known, resource: Resource): readonly Resource[] =>
  resource.kind === 'bundle'
    ? resource.replicas.map(({ container }) => resourceAt(net, container))
    : childrenOf(net, resource);

/** The clone inside a bundle; null: none, or no bundle. */
export const innerOf = (net: Known, resource: Resource): Resource | null =>
  resource.kind === 'bundle' ? (childrenOf(net, resource).find(({ kind }) => kind === 'clone') ?? null) : null;

export const isCollection = ({ kind }: Resource): boolean => kind !== 'primitive';

/** Of which several copies may be active. */
export const isMultiple = ({ kind }: Resource): boolean => kind === 'clone' || kind === 'bundle';

/** The primitives in it; itself if it is one. */
export function leavesOf(net: Known, resource: Resource): readonly Resource[] {
  if (resource.kind === 'primitive') return [resource];
  return childrenOf(net, resource).flatMap((child) => leavesOf(net, child));
}

export function isWithin(net: Known, resource: Resource, holder: Resource): boolean {
  for (let at = resource; at.parent !== null; at = resourceAt(net, at.parent))
    if (at.parent === holder.index) return true;
  return false;
}

export function topOf(net: Known, resource: Resource): Resource {
  let top = resource;
  while (top.parent !== null) top = resourceAt(net, top.parent);
  return top;
}

/** As `topOf`, but what is inside a bundle ends at the bundle's clone. */
export function topBelowBundle(net: Known, resource: Resource): Resource {
  let top = resource;
  while (top.parent !== null && resourceAt(net, top.parent).kind !== 'bundle') top = resourceAt(net, top.parent);
  return top;
}

export const isManaged = ({ placement }: Known, { index }: Resource): boolean => placement.managed[index] === 1;

export const isBlocked = ({ placement }: Known, { index }: Resource): boolean => placement.blocked[index] === 1;

/** It, or anything in it. */
export const anyBlocked = (net: Known, resource: Resource): boolean =>
  isBlocked(net, resource) || childrenOf(net, resource).some((child) => anyBlocked(net, child));

/** Where a primitive is to run; null: nowhere. */
export function targetOf(net: Known, { index }: Resource): NodeIndex | null {
  const node = net.placement.nodeOf[index] ?? -1;
  return node < 0 || net.actions.unplaced.has(index) ? null : node;
}

/** When: now, or once the plan is carried out. */
export type When = 'now' | 'then';

/** The one node on which all of it is that is anywhere; null: there is none, or more than one. */
export function locationOf(net: Known, resource: Resource, when: When): NodeIndex | null {
  const found = new Set<NodeIndex>();
  for (const leaf of leavesOf(net, resource)) {
    const target = when === 'then' ? targetOf(net, leaf) : null;
    for (const node of when === 'now' ? leaf.runningOn : target === null ? [] : [target]) found.add(node);
  }
  const [node = null] = found;
  return found.size === 1 ? node : null;
}

export function nextRoleOf(net: Known, { index }: Resource): Role {
  if (net.actions.unplaced.has(index)) return 'stopped';
  const role = net.placement.roleOf[index] ?? 'unknown';
  if (role !== 'unknown') return role;
  return (net.placement.nodeOf[index] ?? -1) < 0 ? 'stopped' : 'started';
}

/** The highest role that any of it has now. */
export function roleNow(net: Known, resource: Resource): Role {
  if (resource.kind === 'primitive') return resource.role;
  let highest: Role = 'unknown';
  for (const leaf of leavesOf(net, resource)) if (rankOf(leaf.role) > rankOf(highest)) highest = leaf.role;
  return highest;
}

/** The action of a resource that is that step; of several (one a node) the one made last. Collections' steps have no node. */
export function actionAt(
  net: Known,
  resource: Resource,
  step: Step,
  node: NodeIndex | null = null,
): Action | undefined {
  if (!isDone(step)) return net.actions.latest(resource.index, step, node);
  return node === null ? net.actions.find('gate', resource.index, null, 0, step) : undefined;
}

/** A step of a collection as one of a part of it: a primitive has started when its start has ended. */
export const stepFor = (part: Resource, step: Step): Step => (part.kind === 'primitive' ? moveOf(step) : step);

/**
 * What has to have ended when something waits for a step of a collection: not its beginning but the gate behind it, and where
 * notifications are sent, the last of those. Itself if there is none, and for primitives.
 */
export function endOf(net: Known, action: Action): Action {
  const resource = resourceOf(net, action);
  const step = stepOf(action);
  if (resource === null || !isCollection(resource) || action.task === 'notify' || step === null) return action;
  const done = doneStep(step);
  const isInBundle = resource.parent !== null && resourceAt(net, resource.parent).kind === 'bundle';
  const notifies = resource.meta.notify && (resource.kind === 'clone' || isInBundle);
  const end = notifies
    ? net.actions.find('notify', resource.index, null, 0, `confirmed-post ${done}`)
    : net.actions.find('gate', resource.index, null, 0, done);
  return end ?? action;
}
