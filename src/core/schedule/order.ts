/**
 * What has to end before what starts?
 *
 * An edge goes from an action to one that waits for it:
 * - a probe, then what its answer bears on;
 * - a service's stops, then its start (a move without a gap: its start, then the stop of the old copy);
 * - starts of what is needed, then starts of what needs it; stops the other way round;
 * - drains, then stops on the node; starts on a node, then its servers are admitted again;
 * - what a start waits for, then the stop of the copy that still works;
 * - stops on a guest, then the stop of its machine. What a machine needs runs on no guest (`validate`).
 *
 * Free of cycles, because stops wait only for probes, for drains, for other stops, and for starts that wait for no stop
 * (`startsAfterStop`, settle.ts); the old copy of a move without a gap and the last one of a clone (`lastOn`) too, as what they
 * need has no such start then, and their own wait for no stop but those of what needs them.
 */
import { assert, must } from '../../lib/assert.ts';
import { byNumber } from '../../lib/compare.ts';
import type { NodeId, ServiceId } from '../model.ts';
import { linkAlike } from './alike.ts';
import { type IsLeft, needsAllProbes, type Stop } from './change.ts';
import { alikeIn, type Graph, neededBy } from './graph.ts';
import { type Ends, freeMachines, linkGuests } from './guests.ts';
import { type Edge, withoutLoops } from './loops.ts';
import { isStoppedAfter } from './migrate.ts';
import type { PlannedAction, ScheduleInput } from './plan.ts';
import { mayBe } from './roles.ts';
import type { Doing, Ruled, RuledOrder } from './ruled.ts';
import type { Seen } from './seen.ts';
import {
  freshStarts,
  isInterrupted,
  keepsCopy,
  needWait,
  reliesOn,
  type Settled,
  type SettledServices,
  stopsBefore,
} from './settle.ts';
import { after, type Board, boardOf, leaving, orphanStop, type Vertex, type Vertices, verticesOf } from './vertices.ts';

interface Bounds {
  readonly ruled: Ruled;
  readonly isLeft: IsLeft;
  readonly ends: Ends;
}

export function order(
  graph: Graph,
  settled: SettledServices,
  seen: Seen,
  { admin, records }: Pick<ScheduleInput, 'admin' | 'records'>,
  { ruled, isLeft, ends }: Bounds,
): readonly PlannedAction[] {
  const board = boardOf(graph, settled, admin);
  if (board.size === 0 && seen.orphans.length === 0) return [];
  for (const vertices of board.values()) {
    linkStarts(vertices, board);
    linkStops(graph, vertices, settled, board);
    linkRoles(vertices);
    linkPassage(vertices);
  }
  linkAlike(graph, board, seen, records, isLeft);
  const patience = [...board.values()].flatMap((vertices) => patienceOf(graph, vertices, board));
  linkDrains(board);
  linkGuests(graph, seen, board, ends);
  const all = [...[...board.values()].flatMap(verticesOf), ...seen.orphans.map(orphanStop)];
  const isRuled = linkRuled(board, all, ruled);
  // Free of loops but for orders among the rules, before which it gives way.
  for (const { later, sooner } of isRuled ? withoutLoops(all, (each) => each.after, patience) : patience)
    later.after.add(sooner);
  freeMachines(graph, board, ends);
  spreadBlocks(graph, all, board);
  linkAdmissions(board, settled);
  return numbered(all);
}

// ---------------------------------------------------------------- edges

function linkStarts(vertices: Vertices, board: Board): void {
  const { settled, probes, stops, starts, passage } = vertices;
  const { service } = settled;
  if (settled.passage?.isBegun === true) return;
  for (const [node, arrival] of starts) {
    const start = settled.overlapFrom === null ? arrival : (passage[0] ?? arrival);
    for (const [at, probe] of probes) if (at === node || needsAllProbes(service)) after(start, probe);
    for (const stop of stopsBefore(settled, node)) after(start, stops.get(stop.node));
    for (const need of service.needs) for (const needed of neededStarts(board.get(need), node)) after(start, needed);
  }
}

/** The starts of a needed service that a start on `node` waits for. */
function neededStarts(need: Vertices | undefined, node: NodeId): readonly Vertex[] {
  if (need === undefined) return [];
  const wait = needWait(need.settled, node);
  return wait.kind === 'starts' ? wait.nodes.map((at) => must(need.starts.get(at), 'start of a needed service')) : [];
}

function linkStops(graph: Graph, vertices: Vertices, all: SettledServices, board: Board): void {
  const { settled, stops, starts } = vertices;
  if (settled.overlapFrom !== null)
    for (const start of starts.values()) after(must(stops.get(settled.overlapFrom), 'stop of the old copy'), start);
  for (const node of settled.lastOn)
    for (const start of freshStarts(settled))
      after(must(stops.get(node), 'stop of the last copy'), starts.get(start.node));
  for (const dependent of neededBy(graph, settled.service.id)) {
    const theirs = board.get(dependent.id);
    if (theirs === undefined) continue;
    for (const node of stops.keys()) linkDependents(must(leaving(vertices, node), 'stop'), node, settled, theirs);
  }
  for (const stop of settled.stops) {
    if (stop.kind !== 'under') continue;
    for (const id of settled.service.needs)
      for (const start of restartsOf(must(all.get(id), `change of ${id}`), board.get(id), stop.node))
        after(start, stops.get(stop.node));
  }
}

/** One order after the other; of two ends that are both stopped, the source first. */
function linkPassage({ settled, stops, passage }: Vertices): void {
  for (const [place, each] of passage.entries()) after(each, passage[place - 1]);
  // Who expects it in vain no longer does when it is taken over.
  if (settled.passage?.isBegun === true)
    for (const [node, stop] of stops)
      if (node !== settled.passage.from && node !== settled.passage.to)
        after(must(passage[0], 'order of a migration'), stop);
  for (const copy of settled.copies)
    for (const other of settled.copies) {
      const stop = isStoppedAfter(copy, other) ? stops.get(copy.node) : undefined;
      if (stop !== undefined) after(stop, stops.get(other.node));
    }
}

/** Demoted before it is stopped; promoted after it was started, and after whoever may be promoted is not any more. */
function linkRoles({ settled, probes, stops, starts, promotes, demotes }: Vertices): void {
  for (const [node, demote] of demotes) {
    const stop = stops.get(node);
    if (stop !== undefined) after(stop, demote);
  }
  for (const [node, promote] of promotes) {
    after(promote, starts.get(node));
    for (const sooner of [...probes.values(), ...demotes.values()]) after(promote, sooner);
    for (const copy of settled.copies) if (mayBe(copy)) after(promote, stops.get(copy.node));
  }
}

/**
 * The starts of a needed service that have to wait until what they interrupt on `node` is stopped. Once one of its copies
 * had started, nobody could tell any more that it was gone.
 */
function restartsOf(need: Settled, vertices: Vertices | undefined, node: NodeId): Iterable<Vertex> {
  if (vertices === undefined || !isInterrupted(need, node)) return [];
  return keepsCopy(need) ? neededStarts(vertices, node) : vertices.starts.values();
}

function linkDependents(stop: Vertex, node: NodeId, settled: Settled, dependent: Vertices): void {
  for (const [from, theirs] of dependent.stops) if (reliesOn(settled, node, from)) after(stop, theirs);
  for (const [from, probe] of dependent.probes) if (reliesOn(settled, node, from)) after(stop, probe);
}

/**
 * A copy that works is stopped only when all is ready for the new one, as far as that does not wait for a stop itself.
 * Where a dependent stops before it and waits in the same way, that is enough: it waits for all of this too.
 */
function patienceOf(graph: Graph, vertices: Vertices, board: Board): readonly Edge<Vertex>[] {
  const { settled, stops } = vertices;
  const patient = settled.stops.filter((stop) => awaitsStart(stop) && stop.node !== settled.overlapFrom);
  if (patient.length === 0) return noEdges;
  const dependents = neededBy(graph, settled.service.id).map(({ id }) => board.get(id));
  const isCovered = (node: NodeId): boolean =>
    dependents.some((each) =>
      each?.settled.stops.some((stop) => awaitsStart(stop) && reliesOn(settled, node, stop.node)),
    );
  const waiting = patient.filter((stop) => !isCovered(stop.node));
  if (waiting.length === 0) return noEdges;
  const ready = [...readyFor(vertices, board)];
  return waiting.flatMap(({ node }) => {
    const later = must(stops.get(node), 'stop of a copy that works');
    return ready.map((sooner) => ({ later, sooner }));
  });
}

const noEdges: readonly Edge<Vertex>[] = [];

/** A copy that ends has no start to wait for. */
const awaitsStart = (stop: Stop): boolean => stop.mayWait && stop.kind !== 'end';

/** Probes of the service and of what it needs, and starts of what it needs, down to what can start by itself. */
function readyFor(top: Vertices, board: Board): ReadonlySet<Vertex> {
  const ready = new Set<Vertex>();
  const queue = [top];
  const met = new Set(queue);
  for (let next = 0; next < queue.length; next++) {
    const { settled, probes, starts } = must(queue[next], 'service in the queue');
    if (starts.size > 0 && needsAllProbes(settled.service)) for (const probe of probes.values()) ready.add(probe);
    for (const id of settled.service.needs) {
      const need = board.get(id);
      if (need === undefined) continue;
      if (!need.settled.startsAfterStop) for (const node of starts.keys()) addAll(ready, neededStarts(need, node));
      else if (!met.has(need)) queue.push(need);
      met.add(need);
    }
  }
  return ready;
}

const addAll = (set: Set<Vertex>, more: Iterable<Vertex>): void => {
  for (const each of more) set.add(each);
};

/** Only what stops while it works: what has failed takes no connections anyway. */
function linkDrains(board: Board): void {
  const drains = new Map<NodeId, Vertex[]>();
  for (const { tunes, reloads, starts } of board.values()) {
    let former: Vertex | undefined;
    for (const { tune, vertex: each } of tunes) {
      after(each, reloads.get(tune.node));
      if (tune.kind === 'fresh') after(each, starts.get(tune.node));
      if (tune.kind === 'admit' && former?.on === tune.node) after(each, former);
      if (tune.kind === 'drain') for (const node of tune.nodes) drains.set(node, [...(drains.get(node) ?? []), each]);
      former = each;
    }
  }
  if (drains.size === 0) return;
  for (const vertices of board.values()) {
    for (const { kind, node } of vertices.settled.stops)
      if (kind !== 'broken')
        for (const drain of drains.get(node) ?? []) after(must(leaving(vertices, node), 'stop'), drain);
  }
}

/**
 * A server is admitted when what can start on its node has started. What is blocked does not hold it up: the balancer's
 * own checks keep connections away from a server that is not there.
 */
function linkAdmissions(board: Board, settled: SettledServices): void {
  for (const { tunes } of board.values()) {
    for (const { tune, vertex: admission } of tunes) {
      if (tune.kind !== 'admit') continue;
      const why = startingOn(tune.nodes, settled);
      admission.blocked = admission.cause = why;
      for (const { starts } of board.values())
        for (const start of starts.values())
          if (start.blocked === null && tune.nodes.includes(start.on)) after(admission, start);
    }
  }
}

function startingOn(nodes: readonly NodeId[], settled: SettledServices): string | null {
  for (const { service, copies } of settled.values()) {
    const copy = copies.find(({ node, state }) => state === 'starting' && nodes.includes(node));
    if (copy !== undefined) return `${service.id} is starting on ${copy.node}`;
  }
  return null;
}

// ---------------------------------------------------------------- orders among the rules

/** What would close a loop is left out: what is promised above goes before. False: there was nothing to link. */
function linkRuled(board: Board, all: readonly Vertex[], { edges, into }: Ruled): boolean {
  const more: Edge<Vertex>[] = [];
  const link = (later: Vertex | undefined, sooner: Vertex | undefined): void => {
    if (later !== undefined && sooner !== undefined && !later.after.has(sooner)) more.push({ later, sooner });
  };
  for (const { first, second } of edges) link(firstOf(board, second), vertexOf(board, first));
  for (const [id, orders] of into) linkRestarts(board, id, orders, more, link);
  for (const { later, sooner } of withoutLoops(all, (each) => each.after, more)) later.after.add(sooner);
  return more.length > 0;
}

/** What restarts for an order's sake. `more`: what was linked so far. */
function linkRestarts(
  board: Board,
  id: ServiceId,
  orders: readonly RuledOrder[],
  more: readonly Edge<Vertex>[],
  link: (later: Vertex | undefined, sooner: Vertex | undefined) => void,
): void {
  const vertices = board.get(id);
  for (const { node, kind } of vertices?.settled.stops ?? []) {
    if (kind !== 'order') continue;
    const stop = vertices?.stops.get(node);
    for (const { first, isLocal } of orders)
      for (const [at, each] of board.get(first)?.probes ?? []) if (!isLocal || at === node) link(stop, each);
    // Once that had started, nobody could tell any more that this one has to restart.
    const start = vertices?.starts.get(node);
    const sooner = more.filter(({ later }) => later === start).map((edge) => edge.sooner);
    for (const each of [...(start?.after ?? []), ...sooner])
      if (each.verb === 'start' || each.verb === 'migrateFrom' || each.verb === 'promote') link(each, stop);
  }
}

/** The first order of a live migration waits for all of it. */
function firstOf(board: Board, doing: Doing): Vertex | undefined {
  const vertices = board.get(doing.service);
  const usual = vertexOf(board, doing);
  if (vertices === undefined || usual === undefined || vertices.settled.passage?.isBegun !== false) return usual;
  return vertices.passage.includes(usual) ? vertices.passage[0] : usual;
}

function vertexOf(board: Board, { verb, service, node }: Doing): Vertex | undefined {
  const vertices = board.get(service);
  switch (verb) {
    case 'start':
      return vertices?.starts.get(node);
    case 'stop':
      return vertices?.stops.get(node);
    case 'migrateTo':
      return vertices?.passage.find(({ verb: each }) => each === verb);
    case 'reload':
      return vertices?.reloads.get(node);
    case 'promote':
      return vertices?.promotes.get(node);
    case 'demote':
      return vertices?.demotes.get(node);
  }
}

// ---------------------------------------------------------------- what is blocked blocks more

/**
 * Whatever waits for a blocked action is blocked. So is the stop of a copy that works if its new start is, and a move
 * without a gap that could not be finished: two copies may overlap for a moment, not for long.
 */
function spreadBlocks(graph: Graph, all: readonly Vertex[], board: Board): void {
  const later = new Map<Vertex, Vertex[]>(all.map((each) => [each, []]));
  for (const each of all) for (const sooner of each.after) must(later.get(sooner), 'vertex').push(each);
  const queue = all.filter((each) => each.blocked !== null);
  const block = (each: Vertex, because: string, cause: string | null): void => {
    if (each.blocked !== null) return;
    each.blocked = `${because}: ${cause}`;
    each.cause = cause;
    queue.push(each);
  };
  for (let next = 0; next < queue.length; next++) {
    const each = must(queue[next], 'blocked action');
    for (const waiting of later.get(each) ?? [])
      block(waiting, `waits for ${each.verb} ${each.service} on ${each.on}`, each.cause);
    const vertices = board.get(each.service);
    if (vertices === undefined) continue;
    if (vertices.starts.get(each.on) === each)
      for (const stop of patientStops(vertices, each.on))
        block(stop, `not before it can start on ${each.on}`, each.cause);
    // A copy that is promoted goes on being so until another one can be, and until it can stop.
    if (each.verb === 'promote')
      for (const { id } of alikeIn(graph, vertices.settled.service))
        for (const demote of board.get(id)?.demotes.values() ?? [])
          if (board.get(id)?.stops.has(demote.on) !== true)
            block(demote, `not before ${each.on} can be promoted`, each.cause);
    const demote = each.verb === 'stop' ? vertices.demotes.get(each.on) : undefined;
    if (demote !== undefined) block(demote, `not before it can stop on ${each.on}`, each.cause);
    if (each.verb === 'stop' && each.on === vertices.settled.overlapFrom && vertices.settled.passage?.isBegun !== true)
      for (const start of vertices.passage.length > 0 ? vertices.passage : vertices.starts.values())
        block(start, `not before its old copy can stop on ${each.on}`, each.cause);
  }
}

function patientStops({ settled, stops }: Vertices, node: NodeId): readonly Vertex[] {
  const isTied = (stop: Stop): boolean => awaitsStart(stop) && (!settled.service.clone || stop.node === node);
  return settled.stops.filter(isTied).map((stop) => must(stops.get(stop.node), 'stop of a copy that works'));
}

// ---------------------------------------------------------------- numbers

/** Each action directly after the last of those that it waits for; else as they come. */
function numbered(all: readonly Vertex[]): readonly PlannedAction[] {
  const ids = new Map<Vertex, number>();
  const open = new Set<Vertex>();
  const actions: PlannedAction[] = [];
  for (const root of all) {
    const stack = [root];
    while (stack.length > 0) {
      const each = must(stack.at(-1), 'action on the stack');
      const waits = ids.has(each) ? [] : [...each.after].filter((sooner) => !ids.has(sooner));
      if (waits.length > 0) {
        assert(
          !open.has(each),
          `actions wait for each other without a cycle: ${each.verb} ${each.service} on ${each.on}`,
        );
        open.add(each);
        stack.push(...waits.reverse());
        continue;
      }
      stack.pop();
      if (ids.has(each)) continue;
      ids.set(each, actions.length);
      actions.push(planned(each, actions.length, ids));
    }
  }
  return actions;
}

function planned(each: Vertex, id: number, ids: ReadonlyMap<Vertex, number>): PlannedAction {
  const { verb, service, on, because, handFrom, handTo, drained, peer, blocked } = each;
  const waits = [...each.after].map((sooner) => must(ids.get(sooner), 'number of an earlier action'));
  const action = { id, verb, service, on, after: waits.sort(byNumber), because, handFrom, handTo, drained, blocked };
  return peer === null ? action : { ...action, peer };
}
