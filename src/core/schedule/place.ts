/** Where should each service run? Greedy: one service after the other, each after those that it runs with. */
import { must } from '../../lib/assert.ts';
import type { NodeId, Service, ServiceId } from '../model.ts';
import { type Leaning, leaningsOf, leaningTerms } from './dependents.ts';
import type { Graph } from './graph.ts';
import type { Frozen } from './maintenance.ts';
import { type Wish, wishesOf } from './moves.ts';
import type { Held, NodeScore, Placement, ScheduleInput } from './plan.ts';
import {
  forbid,
  lastFailureOf,
  nodeRulesOf,
  ownScores,
  pardonBy,
  points,
  scored,
  type Term,
  whyForbidden,
} from './score.ts';
import { type Copy, isActive, type Seen, type SeenService } from './seen.ts';
import { type Unrunnable, unwanted, withDependents } from './wanted.ts';
import { namesText } from './words.ts';

export type Placements = ReadonlyMap<ServiceId, Placement>;

export function place(graph: Graph, input: ScheduleInput, seen: Seen, held: Held, frozen: Frozen): Placements {
  const rules = nodeRulesOf(graph, input);
  const wishes = wishesOf(graph, input.admin);
  const not = unwanted(graph, input.admin);
  const own = new Map<ServiceId, readonly NodeScore[]>();
  for (const service of graph.cluster.services)
    own.set(service.id, ownScores(service, seenOne(seen, service), rules, held, wishes.get(service.id)));
  const leanings = leaningsOf(graph, seen, own, not);

  const placed = new Map<ServiceId, Placement>();
  const load = new Array<number>(graph.cluster.nodes.length).fill(0);
  for (const service of graph.withFirst) {
    const copies = seenOne(seen, service);
    const scores = withOthers({
      service,
      seen: copies,
      own: must(own.get(service.id), `scores of ${service.id}`),
      targets: service.with.map((id) => must(placed.get(id), `placement of ${id}`)),
      leaning: leanings.get(service.id),
      wish: wishes.get(service.id),
    });
    const why = not.get(service.id);
    const left = frozen.get(service.id);
    const placement =
      left !== undefined
        ? { service: service.id, nodes: runningOn(copies), scores, because: left }
        : why === undefined
          ? choose({
              service,
              seen: copies,
              scores,
              load,
              runsOn: held.get(service.id)?.nodes ?? [],
              wish: wishes.get(service.id),
            })
          : nowhere(service.id, scores, why);
    placed.set(service.id, placement);
    for (const node of placement.nodes) addOne(load, must(graph.nodeIndex.get(node), `node ${node}`));
  }
  return withoutUnrunnable(graph, placed);
}

const runningOn = ({ copies }: SeenService): readonly NodeId[] =>
  copies.filter((copy) => isActive(copy.state)).map((copy) => copy.node);

const seenOne = (seen: Seen, service: Service): SeenService =>
  must(seen.services.get(service.id), `seen state of ${service.id}`);

function addOne(counts: number[], index: number): void {
  counts[index] = (counts[index] ?? 0) + 1;
}

/** In the order of the file. What has no node takes along what needs it; where that might have gone stays in the scores. */
function withoutUnrunnable(graph: Graph, placed: Placements): Placements {
  const causes = new Map<ServiceId, string>();
  for (const [id, { nodes, because }] of placed) if (nodes.length === 0) causes.set(id, because);
  const all: Unrunnable = causes.size === 0 ? causes : withDependents(graph, causes);
  const inOrder = new Map<ServiceId, Placement>();
  for (const { id } of graph.cluster.services) {
    const placement = must(placed.get(id), `placement of ${id}`);
    const why = placement.nodes.length === 0 ? undefined : all.get(id);
    inOrder.set(id, why === undefined ? placement : nowhere(id, placement.scores, why));
  }
  return inOrder;
}

/** Every node is refused for the same reason. */
function nowhere(service: ServiceId, scores: readonly NodeScore[], because: string): Placement {
  const refusal = forbid(because);
  return {
    service,
    nodes: [],
    scores: scores.map(({ node, terms }) => ({ node, score: null, terms: [refusal, ...terms] })),
    because,
  };
}

// ---------------------------------------------------------------- scores that depend on other services

interface Candidate {
  readonly service: Service;
  readonly seen: SeenService;
  readonly own: readonly NodeScore[];
  /** Of the services that it runs with. */
  readonly targets: readonly Placement[];
  readonly leaning: Leaning | undefined;
  readonly wish: Wish | undefined;
}

function withOthers(candidate: Candidate): readonly NodeScore[] {
  const { service, seen, own, targets, leaning, wish } = candidate;
  const stuck = service.clone ? null : stuckOf(service, seen);
  if (targets.length === 0 && leaning === undefined && stuck === null && wish === undefined) return own;
  const elsewhere = targets.map((target) => ({ nodes: target.nodes, term: notThere(target) }));
  if (stuck !== null) elsewhere.push(stuck);
  const scores = [...own];
  for (const { index } of seen.listed) {
    const node = must(own[index], 'score of a listed node');
    const terms = node.score === null ? [] : leaningTerms(leaning, index);
    for (const each of elsewhere) if (!each.nodes.includes(node.node)) terms.push(each.term);
    if (terms.length > 0) scores[index] = extended(node, terms);
  }
  return wish?.from == null ? scores : awayFrom(wish.from, service, scores, wish);
}

const notThere = (target: Placement): Term =>
  forbid(
    `runs only with ${target.service}, which is placed ${target.nodes.length === 0 ? 'nowhere' : `on ${namesText(target.nodes)}`}`,
  );

const extended = (node: NodeScore, terms: readonly Term[]): NodeScore => scored(node.node, [...node.terms, ...terms]);

/** Only if enough other nodes can: an operator who wants it away does not want it down. */
function awayFrom(from: NodeId, service: Service, scores: readonly NodeScore[], wish: Wish): readonly NodeScore[] {
  const others = scores.filter((node) => node.score !== null && node.node !== from).length;
  const term =
    others < service.instances ? points(0, `${wish.because}; but no other node can run it`) : forbid(wish.because);
  return scores.map((node) => (node.node === from ? extended(node, [term]) : node));
}

interface Stuck {
  /** The nodes where it may run at most. */
  readonly nodes: readonly NodeId[];
  readonly term: Term;
}

/** A stop that failed: it may still run there, so it must not be started anywhere else. */
function stuckOf(service: Service, { copies }: SeenService): Stuck | null {
  const blocked = copies.find((copy) => copy.state === 'blocked');
  if (blocked === undefined) return null;
  const active = copies.filter((copy) => isActive(copy.state)).map((copy) => copy.node);
  return {
    nodes: active.length > 0 ? active : [blocked.node],
    term: forbid(stuckBecause(service, blocked)),
  };
}

const stuckBecause = (service: Service, { node, record }: Copy): string =>
  `it may still run on ${node}, where its stop failed: ${lastFailureOf(record)}; ${pardonBy(service, 'stopped by hand')}`;

// ---------------------------------------------------------------- choice

interface Choice {
  readonly service: Service;
  readonly seen: SeenService;
  readonly scores: readonly NodeScore[];
  /** Services placed so far, by place of the node in the file. */
  readonly load: readonly number[];
  /** See `HeldService`. */
  readonly runsOn: readonly NodeId[];
  readonly wish: Wish | undefined;
}

interface Ranked {
  readonly node: NodeId;
  readonly score: number;
  readonly runs: boolean;
  readonly load: number;
  readonly index: number;
}

function choose(choice: Choice): Placement {
  const { service, seen, scores } = choice;
  const blocked = service.clone ? undefined : seen.copies.find((copy) => copy.state === 'blocked');
  if (blocked !== undefined && !seen.copies.some((copy) => isActive(copy.state)))
    return { service: service.id, nodes: [blocked.node], scores, because: stuckBecause(service, blocked) };
  const ranked = rank(choice);
  const nodes = ranked.slice(0, service.instances).map(({ node }) => node);
  const because = ranked.length === 0 ? refusals(service, scores) : reasonFor(choice, ranked);
  return { service: service.id, nodes, scores, because };
}

function rank({ seen, scores, load, runsOn }: Choice): readonly Ranked[] {
  const ranked: Ranked[] = [];
  for (const { index } of seen.listed) {
    const { node, score } = must(scores[index], 'score of a listed node');
    if (score === null) continue;
    ranked.push({ node, score, runs: runsOn.includes(node), load: load[index] ?? 0, index });
  }
  return ranked.sort(byRank);
}

function byRank(a: Ranked, b: Ranked): number {
  return b.score - a.score || Number(b.runs) - Number(a.runs) || a.load - b.load || a.index - b.index;
}

function reasonFor({ service, wish }: Choice, ranked: readonly Ranked[]): string {
  const best = must(ranked[0], 'best node');
  const next = ranked[service.instances];
  if (service.clone) return reasonForClone(service.instances, ranked.length);
  if (next === undefined) return `only ${best.node} can run it`;
  if (wish?.to === best.node) return wish.because;
  if (best.score > next.score) return `${best.node} scores ${best.score}, ${next.node} ${next.score}`;
  const both = `${best.node} and ${next.node} score ${best.score}`;
  if (best.runs && !next.runs) return `${both}; it runs on ${best.node}`;
  if (best.load < next.load) return `${both}; ${best.node} has fewer services`;
  return `${both}; ${best.node} comes first in the file`;
}

function reasonForClone(wanted: number, able: number): string {
  if (able < wanted) return `only ${able} of ${wanted} copies: no other node can run it`;
  return able === wanted ? `on each of the ${able} nodes that can run it` : `the best ${wanted} of ${able} nodes`;
}

function refusals(service: Service, scores: readonly NodeScore[]): string {
  const listed = scores.filter(({ node }) => service.on.includes(node));
  const reasons = listed.map((score) => `${score.node}: ${whyForbidden(score) ?? 'no reason given'}`);
  if (reasons.length === 0) return 'no node is listed in «on»';
  return `no node can run it; ${reasons.join('; ')}`;
}
