/** What the engine would do for each service, node by node. */
import { must } from '../../lib/assert.ts';
import type { PolicyAction } from '../../policy/plan.ts';
import type { ResourceIndex } from '../../policy/situation.ts';
import type { Present } from '../ask/index.ts';
import { digestOn } from '../definition.ts';
import { type NodeId, reloads, type Service, type ServiceId } from '../model.ts';
import { type Answer, copiesOf } from './answer.ts';
import { mayBe } from './roles.ts';
import { type Ruled, type RuledOrder, refusedBecause, restartBecause } from './ruled.ts';
import { type Copy, isActive, mayLinger } from './seen.ts';

export interface Steps {
  readonly starts: ReadonlySet<NodeId>;
  readonly stops: ReadonlySet<NodeId>;
  readonly reloads: ReadonlySet<NodeId>;
  /** Which copies are demoted `roles.ts` finds by itself: where one is to stay promoted, the engine demotes it only to restart it. */
  readonly promotes: ReadonlySet<NodeId>;
  /** Where it cannot run although it is placed there, because an order stands in its way, and why. */
  readonly refused: ReadonlyMap<NodeId, string>;
  /** Why it restarts where it is placed, if an order is the cause. */
  readonly ordered: ReadonlyMap<NodeId, string>;
  /** Live, in place of the stop and the start; null: none. */
  readonly migration: { readonly from: NodeId; readonly to: NodeId } | null;
}

/** A service without any is not in it. */
export type StepsOfAll = ReadonlyMap<ServiceId, Steps>;

export const noSteps: Steps = {
  starts: new Set(),
  stops: new Set(),
  reloads: new Set(),
  promotes: new Set(),
  refused: new Map(),
  ordered: new Map(),
  migration: null,
};

export function stepsOf(answer: Answer, ruled: Ruled): StepsOfAll {
  const all = new Map<ServiceId, Steps>();
  const planned = byResource(answer);
  const asking: Asking = { answer, planned, ruled, known: new Map() };
  for (const service of answer.graph.cluster.services) {
    const steps = stepsOnce(asking, service);
    if (steps !== null) all.set(service.id, steps);
  }
  return all;
}

interface Growing {
  readonly starts: Set<NodeId>;
  readonly stops: Set<NodeId>;
  readonly reloads: Set<NodeId>;
  readonly promotes: Set<NodeId>;
  readonly refused: Map<NodeId, string>;
  readonly ordered: Map<NodeId, string>;
  migration: Steps['migration'];
}

type Planned = ReadonlyMap<ResourceIndex, readonly PolicyAction[]>;

/** Steps without work only order others. */
function byResource({ plan }: Answer): Planned {
  const planned = new Map<ResourceIndex, PolicyAction[]>();
  for (const action of plan.actions) {
    const { resource, node, isPseudo } = action;
    if (resource === null || node === null || isPseudo) continue;
    const known = planned.get(resource);
    if (known === undefined) planned.set(resource, [action]);
    else known.push(action);
  }
  return planned;
}

interface Asking {
  readonly answer: Answer;
  readonly planned: Planned;
  readonly ruled: Ruled;
  /** Null: none, or those that are being worked out. */
  readonly known: Map<ServiceId, Steps | null>;
}

function stepsOnce(asking: Asking, service: Service): Steps | null {
  const before = asking.known.get(service.id);
  if (before !== undefined) return before;
  asking.known.set(service.id, null);
  const steps = stepsOfService(asking, service);
  asking.known.set(service.id, steps);
  return steps;
}

function stepsOfService(asking: Asking, service: Service): Steps | null {
  const { answer, planned, ruled } = asking;
  const sum: Growing = {
    starts: new Set(),
    stops: new Set(),
    reloads: new Set(),
    promotes: new Set(),
    refused: new Map(),
    ordered: new Map(),
    migration: null,
  };
  const indices = copiesOf(answer.situation, service);
  for (const { task, node } of indices.flatMap((index) => planned.get(index) ?? [])) {
    const name = nameOf(answer, must(node, 'node of an action'));
    if (task === 'start') sum.starts.add(name);
    if (task === 'stop') sum.stops.add(name);
    if (task === 'reload-agent') sum.reloads.add(name);
    if (task === 'promote') sum.promotes.add(name);
  }
  sum.migration = migrationOf(answer, indices, planned);
  if (sum.migration !== null) sum.starts.add(sum.migration.to);
  if (ruled.into.has(service.id)) addRuled(sum, asking, service);
  for (const copy of keptOf(answer, service, indices)) {
    if (sum.refused.has(copy.node) || sum.ordered.has(copy.node)) continue;
    const why =
      copy.state === 'running' && sum.stops.has(copy.node) ? orderedBecause(asking, service, copy.node) : null;
    if (why !== null) {
      sum.ordered.set(copy.node, why);
      sum.starts.add(copy.node);
      continue;
    }
    sum.starts.delete(copy.node);
    sum.stops.delete(copy.node);
    if (mayBe(copy)) sum.promotes.delete(copy.node);
    if (definitionOf(service, copy) === 'reloadable') sum.reloads.add(copy.node);
  }
  for (const node of besideBlocked(answer, service, indices)) sum.stops.add(node);
  const { starts, stops, reloads, promotes, refused } = sum;
  return [starts, stops, reloads, promotes, refused].every(({ size }) => size === 0) ? null : sum;
}

function migrationOf(answer: Answer, indices: readonly ResourceIndex[], planned: Planned): Steps['migration'] {
  const actions = indices.flatMap((index) => planned.get(index) ?? []);
  const from = actions.find(({ task }) => task === 'migrate_to')?.node ?? null;
  const to = actions.find(({ task }) => task === 'migrate_from')?.node ?? null;
  return from === null || to === null ? null : { from: nameOf(answer, from), to: nameOf(answer, to) };
}

/** What the engine stops on a node where it is to run: it restarts there for an order's sake, or cannot start again. */
function addRuled(sum: Growing, asking: Asking, service: Service): void {
  const { answer, planned, ruled } = asking;
  const { situation, placement, plan } = answer;
  const copies = seenOf(answer, service);
  for (const index of copiesOf(situation, service)) {
    const at = placement.nodeOf[index] ?? -1;
    // One of several copies where one is allowed stays while the others end: no order is the cause.
    if (at < 0 || (situation.resources[index]?.runningOn.length ?? 0) > 1) continue;
    const node = nameOf(answer, at);
    const here = (planned.get(index) ?? []).filter((action) => action.node === at).map(({ task }) => task);
    const cannotStart = plan.blocked.some(
      ({ task, resource, node: where }) => task === 'start' && resource === index && where === at,
    );
    const copy = copies.find((each) => each.node === node);
    if (cannotStart || (here.includes('stop') && !here.includes('start')))
      sum.refused.set(
        node,
        refusedBecause(ruled, service.id, (first) => !isPlacedOn(answer, first, service.clone ? at : null)),
      );
    else if (here.includes('stop') && copy?.state === 'running' && definitionOf(service, copy) !== 'changed') {
      const why = restartBecause(ruled.into.get(service.id) ?? [], (first) => doingsOf(asking, first));
      if (why !== null) sum.ordered.set(node, why);
      else if (!service.clone) {
        // What the engine restarts for the sake of copies that make way for each other, which they do not.
        sum.starts.delete(node);
        sum.stops.delete(node);
      }
    }
  }
}

function isPlacedOn({ graph, situation, placement }: Answer, id: ServiceId, node: number | null): boolean {
  const service = must(graph.services.get(id), `service ${id}`);
  const nodes = copiesOf(situation, service).map((index) => placement.nodeOf[index] ?? -1);
  return service.clone && node !== null ? nodes.includes(node) : nodes.some((each) => each >= 0);
}

/**
 * Why a copy that has to make way for another one of the same clone, which none has to, restarts all the same: what starts before
 * it does, here or anywhere.
 */
function orderedBecause(asking: Asking, { id, clone }: Service, node: NodeId): string | null {
  if (!clone) return null;
  const isFirst = ({ first, firstAction, isLocal }: RuledOrder): boolean => {
    const steps = stepsOnce(asking, must(asking.answer.graph.services.get(first), `service ${first}`));
    const nodes = firstAction === 'promote' ? steps?.promotes : steps?.starts;
    return nodes !== undefined && (isLocal ? nodes.has(node) : nodes.size > 0);
  };
  const orders = (asking.ruled.into.get(id) ?? []).filter(isFirst);
  return restartBecause(orders, (first) => doingsOf(asking, first));
}

/** By our own steps: not all that the engine would do is done. */
function doingsOf(asking: Asking, id: ServiceId): string | null {
  const steps = stepsOnce(asking, must(asking.answer.graph.services.get(id), `service ${id}`));
  if (steps === null || steps.starts.size + steps.promotes.size === 0) return null;
  if (steps.starts.size === 0) return 'is promoted anew';
  return steps.stops.size > 0 ? 'restarts' : 'starts';
}

/**
 * Where a copy is to run and one works already: of several copies of what must run once, all would be stopped before the one
 * that is to stay is started again; and copies of a clone are all alike, so that none has to make way for another one.
 */
function keptOf(answer: Answer, service: Service, indices: readonly ResourceIndex[]): readonly Copy[] {
  const { situation, placement } = answer;
  const running = indices.flatMap((index) => situation.resources[index]?.runningOn ?? []);
  if (running.length < (service.clone ? 1 : 2)) return noCopies;
  const wanted = indices.map((index) => placement.nodeOf[index] ?? -1).filter((node) => running.includes(node));
  const names = wanted.map((node) => nameOf(answer, node));
  return seenOf(answer, service).filter(
    (copy) => names.includes(copy.node) && isActive(copy.state) && definitionOf(service, copy) !== 'changed',
  );
}

/** One that cannot be stopped stays as it is, for the engine everywhere; what is broken elsewhere ends all the same, or not to go on. */
function besideBlocked(answer: Answer, service: Service, indices: readonly ResourceIndex[]): readonly NodeId[] {
  const copies = seenOf(answer, service);
  if (service.clone || !copies.some(({ state }) => state === 'blocked')) return noNodes;
  const told = indices.flatMap((index) => answer.situation.resources[index]?.runningOn ?? []);
  const names = told.map((node) => nameOf(answer, node));
  const isEnding = (copy: Copy): boolean => isActive(copy.state) && !names.includes(copy.node);
  return copies.filter((copy) => copy.state === 'failed' || mayLinger(copy) || isEnding(copy)).map(({ node }) => node);
}

const noCopies: readonly Copy[] = [];
const noNodes: readonly NodeId[] = [];

const seenOf = ({ candidates }: Answer, { id }: Service): readonly Copy[] =>
  must(candidates.get(id), `candidate ${id}`).seen.copies;

const nameOf = ({ situation }: Answer, node: number): NodeId => must(situation.nodes[node], 'node of the engine').name;

/** A driver that cannot tell what it runs (null) is believed. */
export function definitionOf(service: Service, { node, state, record }: Copy): Present['definition'] {
  const digest = record?.digest ?? null;
  if (state !== 'running' || digest === null || digest === digestOn(service, node)) return 'current';
  return reloads(service) ? 'reloadable' : 'changed';
}
