/** What one edge implies for the two actions that it joins, and for the parts of collections that they stand for. */
import { type Action, type Edge, Implies } from '../actions.ts';
import type { NodeIndex, Resource } from '../situation.ts';
import type { FlagReader, Flags } from './flags.ts';
import {
  actionAt,
  childrenOf,
  innerOf,
  instancesOf,
  isBlocked,
  isManaged,
  isMultiple,
  leavesOf,
  type Net,
  resourceOf,
  stepFor,
} from './net.ts';
import { implyPair } from './pair.ts';
import type { Pairing } from './pairing.ts';
import { moveOf, type Step, stepOf } from './steps.ts';

export interface Spread {
  readonly net: Net;
  readonly flags: FlagReader;
  readonly pairing: Pairing;
  /** To be told of every action that has changed, once the change is made. */
  readonly changed: (action: Action) => void;
}

export interface Case {
  readonly first: Action;
  readonly second: Action;
  /** Of collections, only what is done there is concerned; null: all of it. */
  readonly node: NodeIndex | null;
  /** The first as this order sees it. */
  readonly seen: Flags;
}

export function imply(spread: Spread, edge: Edge, firstNode: NodeIndex | null, secondNode: NodeIndex | null): void {
  const { first, second } = edge;
  const seen = copyOf(spread.flags.forOrder(first, secondNode));
  const isThenNeeded = !spread.flags.forOrder(second, firstNode).isOptional;
  let node = second.node;
  if ((edge.implies & Implies.secondOnNode) !== 0) {
    // What is meant is the part on the first's node.
    edge.implies = (edge.implies & ~Implies.secondOnNode) | Implies.second;
    node = first.node;
  }
  const its: Case = { first, second, node, seen };
  implyProbe(spread, edge, its);
  if (second.resource === null) implyBare(spread, edge.implies, its);
  else implySecond(spread, edge.implies, its);
  if ((edge.implies & Implies.first) !== 0) implyFirst(spread, its);
  if (first.isRunnable && (edge.implies & Implies.secondPrinted) !== 0 && !seen.isOptional) second.isPrinted = true;
  if ((edge.implies & Implies.firstPrinted) !== 0 && isThenNeeded) first.isPrinted = true;
  implyBlocked(spread, edge.implies, its);
}

const copyOf = ({ isOptional, isRunnable, isMigratable }: Flags): Flags => ({ isOptional, isRunnable, isMigratable });

/** All but `first`, which concerns the other side. */
const aboutSecond: readonly number[] = [
  Implies.second,
  Implies.restart,
  Implies.firstPromoted,
  Implies.runnable,
  Implies.firstMigratable,
  Implies.pseudo,
  Implies.order,
  Implies.asymmetric,
];

function implySecond(spread: Spread, implies: number, its: Case): void {
  const resource = resourceOf(spread.net, its.second);
  if (resource === null) return;
  for (const one of aboutSecond) if ((implies & one) !== 0) spreadTo(spread, resource, its, one);
}

/** Fencings, shutdowns and gates have no parts. */
function implyBare({ flags, changed }: Spread, implies: number, { second, seen }: Case): void {
  if ((implies & Implies.second) !== 0 && !seen.isOptional && second.isOptional) {
    flags.require(second);
    changed(second);
  }
  if ((implies & Implies.oneOrMore) !== 0 && seen.isRunnable) {
    second.runnableBefore += 1;
    if (second.runnableBefore >= second.required) second.isRunnable = true;
  }
  if ((implies & Implies.runnable) !== 0 && !seen.isRunnable && second.isRunnable) {
    flags.forbid(second);
    changed(second);
  }
}

function implyFirst(spread: Spread, its: Case): void {
  const { first, seen } = its;
  const resource = resourceOf(spread.net, first);
  if (resource !== null) spreadTo(spread, resource, its, Implies.first);
  else if (!seen.isOptional && first.isRunnable) {
    spread.flags.forbid(first);
    spread.changed(first);
  }
}

/** A probe waits for a start; if the resource only stops, the probe goes on without it. */
function implyProbe(spread: Spread, edge: Edge, its: Case): void {
  if ((edge.implies & Implies.probe) === 0 || its.second.resource === null) return;
  const first = resourceOf(spread.net, its.first);
  const then = resourceOf(spread.net, its.second);
  if (!its.seen.isRunnable && first !== null && isActive(spread.net, first)) edge.implies = 0;
  else if (then !== null) spreadTo(spread, then, its, Implies.runnable);
}

const isActive = (net: Net, resource: Resource): boolean =>
  leavesOf(net, resource).some(({ runningOn }) => runningOn.length > 0);

const needy = Implies.second | Implies.first | Implies.restart;

/** What has to stop and must not be touched holds up all that needs its stop. */
function implyBlocked({ net, flags, changed }: Spread, implies: number, { first, second }: Case): void {
  const resource = resourceOf(net, first);
  if ((implies & needy) === 0 || resource === null || first.task !== 'stop' || first.isRunnable) return;
  if (isManaged(net, resource) || !isBlocked(net, resource) || !second.isRunnable) return;
  flags.forbid(second);
  changed(second);
}

// ---------------------------------------------------------------- collections

/** `resource` is that of the second action (of the first where that is what is concerned): its kind decides what spreads. */
function spreadTo(spread: Spread, resource: Resource, its: Case, implies: number): void {
  if (isMultiple(resource) && isInterleaved(spread.net, its)) {
    interleave(spread, its, implies);
    return;
  }
  implyPair(spread, its, implies);
  if (resource.kind === 'primitive') return;
  const then = resourceOf(spread.net, its.second);
  const step = its.second.task === 'notify' ? null : stepOf(its.second);
  if (then === null || step === null) return;
  const parts = resource.kind === 'group' ? childrenOf(spread.net, then) : instancesOf(spread.net, then);
  for (const part of parts) {
    const action = actionAt(spread.net, part, step, its.node);
    if (action === undefined) continue;
    if (resource.kind !== 'group' && !spread.flags.of(action, its.node).isRunnable) continue;
    spreadTo(spread, part, { first: its.first, second: action, node: its.node, seen: its.seen }, implies);
  }
}

/** Instances wait for each other one by one, if the one that waits wants it so; on the way down, the one that is waited for. */
function isInterleaved(net: Net, { first, second }: Case): boolean {
  const one = resourceOf(net, first);
  const other = resourceOf(net, second);
  if (one === null || other === null || one === other || !isMultiple(one) || !isMultiple(other)) return false;
  const step = stepOf(second);
  return step === 'stop' || step === 'demote' ? one.meta.interleave : other.meta.interleave;
}

function interleave(spread: Spread, its: Case, implies: number): void {
  const { net, pairing } = spread;
  const [one, other] = [resourceOf(net, its.first), resourceOf(net, its.second)];
  const [step, nextStep] = [stepOf(its.first), stepOf(its.second)];
  if (one === null || other === null || step === null || nextStep === null) return;
  const isDown = step === 'stopped' || step === 'demoted';
  for (const instance of instancesOf(net, other)) {
    const partner = pairing.find(instance, one, isDown ? 'now' : 'then');
    if (partner !== undefined) interleavePair(spread, its, implies, { one, other, partner, instance, step, nextStep });
    else if (!isDown && (implies & (Implies.runnable | Implies.second)) !== 0) unplace(spread, instance);
  }
}

interface Pair {
  readonly one: Resource;
  readonly other: Resource;
  readonly partner: Resource;
  readonly instance: Resource;
  readonly step: Step;
  readonly nextStep: Step;
}

function interleavePair(spread: Spread, its: Case, implies: number, pair: Pair): void {
  const { net, flags, changed } = spread;
  const { partner, instance, nextStep } = pair;
  const isStop = pair.step === 'stop' || pair.step === 'stopped';
  const before = isStop ? insideOf(net, pair.one, partner, its.node) : partner;
  const isRole = moveOf(nextStep) === 'promote' || moveOf(nextStep) === 'demote';
  const after = isRole ? insideOf(net, pair.other, instance, its.node) : instance;
  const first = actionAt(net, before, stepFor(before, pair.step), its.node);
  const second = actionAt(net, after, nextStep, its.node);
  if (first === undefined || second === undefined) return;
  if (net.actions.order(first, second, implies)) {
    changed(first);
    changed(second);
  }
  const { node } = its;
  spreadTo(spread, instance, { first, second, node, seen: copyOf(flags.of(first, node)) }, implies);
}

/** What runs in the container of a bundle's replica, on the replica's own node; the container itself if that is not meant. */
function insideOf(net: Net, bundle: Resource, container: Resource, node: NodeIndex | null): Resource {
  if (innerOf(net, bundle) === null || node === null) return container;
  const replica = bundle.replicas.find((each) => each.container === container.index && each.node === node);
  return (
    (replica?.child === undefined || replica.child === null ? null : net.situation.resources[replica.child]) ??
    container
  );
}

/** There is and will be no partner where it might be: it cannot be active. */
function unplace(spread: Spread, instance: Resource): void {
  if (!spread.pairing.unplace(instance)) return;
  for (const { index } of leavesOf(spread.net, instance))
    for (const action of spread.net.actions.of(index)) {
      if (action.task === 'stop') spread.flags.require(action);
      else if (action.task === 'start' || action.intervalMs > 0) spread.flags.forbid(action);
      else continue;
      spread.changed(action);
    }
}
