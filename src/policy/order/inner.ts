/** The order inside of groups, clones and bundles: between a collection's steps and those of its parts, and among the parts. */
import { Implies, type OrderingSide } from '../actions.ts';
import { runsInside } from '../constrain/implicit.ts';
import type { Resource, ResourceIndex } from '../situation.ts';
import { childrenOf, innerOf, isManaged, type Net, resourceAt, topOf } from './net.ts';
import { isDone, type Step } from './steps.ts';

/** Shown as needed by the parts, or needing them. */
const showsWhole = Implies.firstPrinted;
const showsEnd = Implies.secondPrinted;

export function orderInside(net: Net): void {
  for (const top of net.situation.top) orderParts(net, resourceAt(net, top));
}

function orderParts(net: Net, resource: Resource): void {
  if (resource.kind === 'group') orderGroup(net, resource);
  else if (resource.kind === 'clone') orderClone(net, resource);
  else if (resource.kind === 'bundle') orderBundle(net, resource);
  else orderFiller(net, resource);
}

export function sideOf({ index }: Resource, step: Step): OrderingSide {
  return isDone(step) ? { resource: index, task: 'gate', how: step } : { resource: index, task: step };
}

function order(net: Net, first: Resource, step: Step, second: Resource, then: Step, implies: number): void {
  net.orderings.push({ first: sideOf(first, step), second: sideOf(second, then), implies });
}

function orderWhole(net: Net, resource: Resource): void {
  order(net, resource, 'stopped', resource, 'start', Implies.order);
  order(net, resource, 'start', resource, 'started', Implies.runnable);
  order(net, resource, 'stop', resource, 'stopped', Implies.runnable);
}

// ---------------------------------------------------------------- groups

interface GroupOrder {
  readonly group: Resource;
  readonly isOrdered: boolean;
  readonly isPromotable: boolean;
}

function orderGroup(net: Net, group: Resource): void {
  orderWhole(net, group);
  const how: GroupOrder = {
    group,
    isOrdered: group.meta.ordered,
    isPromotable: topOf(net, group).meta.promotable,
  };
  let previous: Resource | null = null;
  let lastActive: Resource | null = null;
  for (const member of childrenOf(net, group)) {
    orderParts(net, member);
    orderMember(net, how, member, previous);
    if (member.runningOn.length > 0) {
      // A group that is active in part still stops in sequence.
      if (how.isOrdered && previous?.runningOn.length === 0 && lastActive !== null)
        order(net, member, 'stop', lastActive, 'stop', Implies.order);
      lastActive = member;
    }
    previous = member;
  }
  if (how.isOrdered && previous !== null) orderLast(net, how, previous);
}

/** What begins must have what it needs, and what it needs takes it along. */
const needed = Implies.second | Implies.runnable;

function orderMember(net: Net, how: GroupOrder, member: Resource, previous: Resource | null): void {
  const { group, isOrdered } = how;
  const isFirst = previous === null && isOrdered;
  const down = isFirst ? Implies.order : 0;
  const isDown = isFirst ? Implies.second : showsEnd;
  if (how.isPromotable) {
    order(net, group, 'demote', member, 'demote', down | showsWhole);
    order(net, member, 'demote', group, 'demoted', isDown);
    order(net, member, 'promote', group, 'promoted', needed | showsEnd);
    order(net, group, 'promote', member, 'promote', showsWhole);
  }
  order(net, group, 'start', member, 'start', showsWhole);
  order(net, group, 'stop', member, 'stop', down | showsWhole);
  order(net, member, 'stop', group, 'stopped', isDown);
  order(net, member, 'start', group, 'started', needed | showsEnd);
  if (!isOrdered) {
    order(net, group, 'start', member, 'start', needed | showsWhole);
    if (how.isPromotable) order(net, group, 'promote', member, 'promote', needed | showsWhole);
  } else if (previous !== null) orderAfter(net, how, member, previous);
}

function orderAfter(net: Net, { isPromotable }: GroupOrder, member: Resource, previous: Resource): void {
  order(net, previous, 'start', member, 'start', needed);
  order(net, member, 'stop', previous, 'stop', Implies.order | Implies.restart);
  if (!isPromotable) return;
  order(net, previous, 'promote', member, 'promote', needed);
  order(net, member, 'demote', previous, 'demote', Implies.order);
}

/** A group that stops begins with its last member. */
function orderLast(net: Net, { group, isPromotable }: GroupOrder, last: Resource): void {
  order(net, group, 'stop', last, 'stop', Implies.second);
  order(net, last, 'stop', group, 'stopped', Implies.order);
  if (!isPromotable) return;
  order(net, group, 'demote', last, 'demote', Implies.second);
  order(net, last, 'demote', group, 'demoted', Implies.order);
}

// ---------------------------------------------------------------- clones

function orderClone(net: Net, clone: Resource): void {
  orderWhole(net, clone);
  if (clone.meta.promotable) {
    order(net, clone, 'demoted', clone, 'stop', Implies.order);
    order(net, clone, 'started', clone, 'promote', Implies.runnable);
  }
  let previous: Resource | null = null;
  for (const instance of childrenOf(net, clone)) {
    orderParts(net, instance);
    orderInstance(net, clone, instance);
    if (clone.meta.ordered && previous !== null) {
      order(net, previous, 'start', instance, 'start', Implies.order);
      order(net, instance, 'stop', previous, 'stop', Implies.order);
    }
    previous = instance;
  }
  if (clone.meta.promotable) orderRoles(net, clone);
}

function orderInstance(net: Net, clone: Resource, instance: Resource): void {
  order(net, clone, 'start', instance, 'start', Implies.runnable | showsWhole);
  order(net, instance, 'start', clone, 'started', showsEnd);
  order(net, clone, 'stop', instance, 'stop', showsWhole);
  order(net, instance, 'stop', clone, 'stopped', showsEnd);
}

/** All goes down before anything comes up, and all is started before anything is promoted. */
function orderRestart(net: Net, resource: Resource): void {
  order(net, resource, 'stopped', resource, 'start', Implies.order);
  order(net, resource, 'stopped', resource, 'promote', Implies.order);
  for (const then of ['stop', 'start', 'promote'] as const)
    order(net, resource, 'demoted', resource, then, Implies.order);
  order(net, resource, 'started', resource, 'promote', Implies.order);
  order(net, resource, 'demote', resource, 'demoted', Implies.order);
}

function orderRoles(net: Net, clone: Resource): void {
  orderRestart(net, clone);
  let previous: Resource | null = null;
  for (const instance of childrenOf(net, clone)) {
    order(net, instance, 'demote', instance, 'promote', Implies.order);
    order(net, clone, 'promote', instance, 'promote', Implies.order);
    order(net, instance, 'promote', clone, 'promoted', Implies.order);
    if (previous !== null && clone.meta.ordered) order(net, previous, 'promote', instance, 'promote', Implies.order);
    order(net, clone, 'demote', instance, 'demote', showsWhole);
    order(net, instance, 'demote', clone, 'demoted', showsEnd);
    if (previous !== null && clone.meta.ordered) order(net, instance, 'demote', previous, 'demote', Implies.order);
    previous = instance;
  }
}

// ---------------------------------------------------------------- bundles

function orderBundle(net: Net, bundle: Resource): void {
  const inner = innerOf(net, bundle);
  if (inner !== null) {
    order(net, bundle, 'start', inner, 'start', showsWhole);
    order(net, bundle, 'stop', inner, 'stop', showsWhole);
    order(net, inner, 'started', bundle, 'started', showsEnd);
    order(net, inner, 'stopped', bundle, 'stopped', showsEnd);
  }
  for (const replica of bundle.replicas) orderReplica(net, bundle, replica);
  if (inner === null) return;
  orderClone(net, inner);
  if (!inner.meta.promotable) return;
  orderRestart(net, bundle);
  order(net, inner, 'demoted', bundle, 'demoted', showsEnd);
  order(net, bundle, 'demote', inner, 'demote', showsWhole);
  order(net, inner, 'promoted', bundle, 'promoted', showsEnd);
  order(net, bundle, 'promote', inner, 'promote', showsWhole);
}

function orderReplica(net: Net, bundle: Resource, replica: Resource['replicas'][number]): void {
  const at = (index: ResourceIndex | null): Resource | null => (index === null ? null : resourceAt(net, index));
  const container = resourceAt(net, replica.container);
  const child = at(replica.child);
  const ip = at(replica.ip);
  const remote = at(replica.remote);
  orderParts(net, container);
  order(net, bundle, 'start', container, 'start', Implies.runnable | showsWhole);
  if (child !== null) order(net, bundle, 'stop', child, 'stop', showsWhole);
  order(net, bundle, 'stop', container, 'stop', showsWhole);
  order(net, container, 'start', bundle, 'started', showsEnd);
  order(net, container, 'stop', bundle, 'stopped', showsEnd);
  if (ip !== null) {
    orderParts(net, ip);
    order(net, ip, 'start', container, 'start', Implies.runnable | Implies.preserve);
    order(net, container, 'stop', ip, 'stop', Implies.first | Implies.preserve);
  }
  if (remote !== null) orderParts(net, remote);
}

/** What is contained in another resource starts after it and stops before it. */
function orderFiller(net: Net, filler: Resource): void {
  if (filler.container === null || !isManaged(net, filler)) return;
  if (runsInside(net.situation, filler, filler.container)) return;
  const container = resourceAt(net, filler.container);
  order(net, container, 'start', filler, 'start', Implies.second | Implies.runnable);
  order(net, filler, 'stop', container, 'stop', Implies.first);
}
