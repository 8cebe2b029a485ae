/**
 * The flow of implications: what is necessary makes other things necessary, what is impossible makes other things impossible,
 * along the edges and through colocations, until nothing changes any more. Actions whose surroundings changed wait in a queue.
 */
import { type Action, type Edge, Implies } from '../actions.ts';
import type { Resource } from '../situation.ts';
import { infinity } from '../values.ts';
import { FlagReader } from './flags.ts';
import { imply, type Spread } from './imply.ts';
import { endOf, isWithin, locationOf, type Net, resourceAt, resourceOf, topOf } from './net.ts';
import { Pairing } from './pairing.ts';

export function flow(net: Net): void {
  const stream = new Stream(net);
  for (const action of net.actions.all.toReversed()) stream.blockDependents(action);
  for (const action of net.actions.all.toReversed()) stream.enqueue(action);
  stream.run();
}

class Stream {
  private readonly net: Net;
  private readonly spread: Spread;
  private readonly queue: Action[] = [];
  private readonly waiting = new Set<Action>();

  constructor(net: Net) {
    this.net = net;
    const changed = (action: Action): void => this.changed(action);
    const flags = new FlagReader(net, changed);
    this.spread = { net, flags, pairing: new Pairing(net), changed };
  }

  enqueue(action: Action): void {
    if (this.waiting.has(action)) return;
    this.waiting.add(action);
    this.queue.push(action);
  }

  run(): void {
    for (const action of this.queue) {
      this.waiting.delete(action);
      this.update(action);
    }
  }

  /** Itself, because its own inputs may now imply more, and all that wait for it. */
  private changed(action: Action): void {
    this.enqueue(action);
    for (const { second } of action.after) this.enqueue(second);
  }

  /** Looks anew at all that comes before it. */
  private update(then: Action): void {
    const wasRunnable = then.isRunnable;
    const isGate = then.required > 0;
    if (isGate) {
      then.runnableBefore = 0;
      then.isRunnable = false;
    }
    // Edges that are added meanwhile bring the action back into the queue.
    for (let at = then.before.length - 1; at >= 0; at--) {
      const edge = then.before[at];
      if (edge !== undefined && edge.implies !== 0) this.updateEdge(edge);
    }
    if (isGate && then.isRunnable !== wasRunnable) this.changed(then);
    if (wasRunnable && !then.isRunnable) this.blockDependents(then);
  }

  private updateEdge(edge: Edge): void {
    const { first, second } = edge;
    const firstNode = this.nodeOf(first);
    const secondNode = this.nodeOf(second);
    const isElsewhere = firstNode !== null && secondNode !== null && firstNode !== secondNode;
    if ((edge.implies & Implies.sameNode) !== 0 && isElsewhere) {
      edge.implies = 0;
      return;
    }
    const isCancelled = first.resource !== null && (edge.implies & Implies.secondCancelsFirst) !== 0;
    if (isCancelled && !second.isOptional && !first.isOptional) {
      first.isOptional = true;
      this.spread.flags.touch(first.resource);
    }
    const end = this.endOf(first, second);
    if (end === first) imply(this.spread, edge, firstNode, secondNode);
    else if (this.net.actions.order(end, second, edge.implies)) {
      edge.implies = 0;
      this.changed(second);
    }
  }

  /** Where a group starts, its members do. */
  private nodeOf(action: Action): number | null {
    const resource = action.task === 'start' ? resourceOf(this.net, action) : null;
    return resource?.kind === 'group' ? locationOf(this.net, resource, 'then') : action.node;
  }

  private endOf(first: Action, second: Action): Action {
    const one = resourceOf(this.net, first);
    const other = resourceOf(this.net, second);
    if (one === null || other === null || one === other || isWithin(this.net, other, one)) return first;
    return endOf(this.net, first);
  }

  // -------------------------------------------------------------- colocations

  /** What must be where this is cannot be anywhere if this cannot, nor can another copy of this. */
  blockDependents(action: Action): void {
    const { task, resource: index } = action;
    if (action.isRunnable || index === null || (task !== 'start' && task !== 'promote')) return;
    const top = topOf(this.net, resourceAt(this.net, index));
    for (const child of top.children) if (this.net.actions.latest(child, task)?.isRunnable !== false) return;
    for (const at of this.net.constraints.colocationsWith[top.index] ?? []) {
      const colocation = this.net.constraints.colocations[at];
      if (colocation === undefined || colocation.score < infinity) continue;
      if (task === 'promote' && colocation.primaryRole !== 'promoted') continue;
      const blocked = colocation.dependentRole === 'promoted' ? 'promote' : 'start';
      this.block(resourceAt(this.net, colocation.dependent), blocked, resourceAt(this.net, index));
    }
  }

  private block(dependent: Resource, task: 'start' | 'promote', primary: Resource): void {
    for (const action of this.net.actions.of(dependent.index)) {
      if (action.task !== task || !action.isRunnable) continue;
      this.spread.flags.forbid(action);
      action.because = action.because === '' ? `colocation with ${primary.id}` : action.because;
      this.blockDependents(action);
      this.changed(action);
    }
    for (const child of dependent.children) this.block(resourceAt(this.net, child), task, primary);
  }
}
