/** The engine's answer: the nodes that it chose, and its scores in the words of the cluster file. */
import { must } from '../../lib/assert.ts';
import type { Constraints } from '../../policy/constraints.ts';
import type { Placement, ScoreTerm } from '../../policy/placement.ts';
import type { PolicyPlan } from '../../policy/plan.ts';
import type { ResourceIndex, Situation } from '../../policy/situation.ts';
import { infinity } from '../../policy/values.ts';
import { type Preference, placeInList, resourceIdOf } from '../ask/index.ts';
import { copyId, type NodeId, type Service, type ServiceId, servicesNamed } from '../model.ts';
import { type Graph, joinedBy } from './graph.ts';
import type { NodeScore } from './plan.ts';
import {
  type Candidate,
  forbid,
  isWornOut,
  type NodeRules,
  plainScore,
  points,
  type Term,
  wornOutBecause,
} from './score.ts';
import { namesText } from './words.ts';

export interface Answer {
  readonly graph: Graph;
  readonly rules: readonly NodeRules[];
  readonly candidates: ReadonlyMap<ServiceId, Candidate>;
  readonly preferences: readonly Preference[];
  /** The same, by service. */
  readonly preferencesBy: ReadonlyMap<ServiceId, readonly Preference[]>;
  readonly situation: Situation;
  readonly constraints: Constraints;
  readonly placement: Placement;
  readonly plan: PolicyPlan;
}

/** Best first. */
export function placedOn(answer: Answer, service: Service, scores: readonly NodeScore[]): readonly NodeId[] {
  const nodes = nodesOf(answer, service);
  if (nodes.length < 2) return nodes;
  const scoreOn = (node: NodeId): number => scores.find((each) => each.node === node)?.score ?? 0;
  return nodes.toSorted((a, b) => scoreOn(b) - scoreOn(a) || service.on.indexOf(a) - service.on.indexOf(b));
}

function nodesOf({ situation, placement }: Answer, service: Service): readonly NodeId[] {
  return copiesOf(situation, service).flatMap((copy) => {
    const node = placement.nodeOf[copy] ?? -1;
    return node < 0 ? [] : [must(situation.nodes[node], 'node of the engine').name];
  });
}

export function copiesOf({ resources, resourceById }: Situation, service: Service): readonly ResourceIndex[] {
  const id = resourceIdOf(service);
  const index = must(resourceById.get(id), `resource ${id}`);
  return service.clone ? must(resources[index], `resource ${id}`).children : [index];
}

// ---------------------------------------------------------------- scores

/** By place of the node in the file. */
export function scoresOf(answer: Answer, service: Service): readonly NodeScore[] {
  const { rules, candidates, situation, placement } = answer;
  const copies = copiesOf(situation, service);
  const terms = copies.map((copy) => byNode(placement.terms.get(copy)));
  const { listed } = must(candidates.get(service.id), `candidate ${service.id}`).seen;
  const scores = rules.map((rule) => rule.unlisted);
  const hasOnlyPlaces = terms.every((each) => each.size === 0);
  const telling: Telling = { answer, service, copies, terms, said: new Map() };
  let place = 0;
  for (const { index } of listed) {
    const rule = must(rules[index], 'rules of a listed node');
    const plain = plainScore(rule, service, place++, listed.length);
    scores[index] = hasOnlyPlaces ? plain : fullScore(telling, rule, plain);
  }
  return scores;
}

type TermsByNode = ReadonlyMap<number, readonly ScoreTerm[]>;

/** What was put into words already, for this service: whom it runs with is said of nearly all nodes. */
type Said = Map<string, Term>;

interface Telling {
  readonly answer: Answer;
  readonly service: Service;
  readonly copies: readonly ResourceIndex[];
  readonly terms: readonly TermsByNode[];
  readonly said: Said;
}

function fullScore(telling: Telling, rule: NodeRules, plain: NodeScore): NodeScore {
  const { situation, placement } = telling.answer;
  const { copies, terms } = telling;
  const index = must(situation.nodeByName.get(rule.node), 'node of the engine');
  const at = copies.length === 1 ? 0 : spokesman(placement, copies, index);
  const found = must(terms[at], 'terms of a copy').get(index);
  const more = found === undefined ? noWords : wordsOf(telling, rule, found);
  if (more.length === 0) return plain;
  const all = [...plain.terms, ...more];
  const isForbidden = all.some((term) => term.points === null);
  const total = placement.scores[must(copies[at], 'copy')]?.[index] ?? -infinity;
  return { node: rule.node, score: isForbidden ? null : total, terms: all };
}

/** All copies of a clone score alike, but for the one that got the node: it is out of the question for the others then. */
function spokesman({ nodeOf }: Placement, copies: readonly ResourceIndex[], node: number): number {
  const placed = copies.findIndex((copy) => nodeOf[copy] === node);
  return placed >= 0
    ? placed
    : Math.max(
        0,
        copies.findLastIndex((copy) => (nodeOf[copy] ?? -1) >= 0),
      );
}

const placeTerm = `location ${placeInList}`;

/** Without the places in `on`, which are known. */
function byNode(terms: readonly ScoreTerm[] = []): TermsByNode {
  const found = new Map<number, ScoreTerm[]>();
  for (const term of terms) {
    if (term.because === placeTerm) continue;
    const known = found.get(term.node);
    if (known === undefined) found.set(term.node, [term]);
    else known.push(term);
  }
  return found;
}

const noWords: readonly Term[] = [];

/** On a node that is out of the question for all, what others think of it does not matter. */
function wordsOf(telling: Telling, rule: NodeRules, terms: readonly ScoreTerm[]): readonly Term[] {
  const [only] = terms;
  if (only !== undefined && terms.length === 1) {
    const word = isSilent(rule, only) ? null : wordOf(telling, rule.node, only);
    return word === null ? noWords : [word];
  }
  const words = new Map<string, Term>();
  for (const term of terms) {
    const word = isSilent(rule, term) ? null : wordOf(telling, rule.node, term);
    if (word !== null) words.set(word.because, added(words.get(word.because), word));
  }
  return [...words.values()];
}

/** The same may be said several times, for each of several services. */
function added(before: Term | undefined, term: Term): Term {
  if (before === undefined || term.points === null) return term;
  return before.points === null ? before : { ...term, points: before.points + term.points };
}

const isSilent = (rule: NodeRules, { because }: ScoreTerm): boolean =>
  rule.terms.length > 0 && because.startsWith('wishes of ');

/** Null: it need not be said, or is said in other words. */
function wordOf(
  { answer, service, said }: Telling,
  node: NodeId,
  { because, points: count, reason }: ScoreTerm,
): Term | null {
  const before = said.get(because);
  if (before !== undefined) return before;
  const location = /^location #(\d+)$/.exec(because)?.[1];
  if (location !== undefined) return must(answer.preferences[Number(location)], 'preference');
  if (service.copyOf !== undefined && reason === 'nodeFull') return forbid(fullBecause(service.copyOf));
  if (reason !== undefined || isSaidElsewhere(because)) return null;
  if (because === 'stickiness') return points(count, 'stickiness: it runs here');
  if (because === 'it is not managed') return points(count, 'it stays as it is');
  const [, , primary] = /\(#(.+) with (.+)\)$/.exec(because) ?? [];
  const [, dependent] = /^wishes of (.+) \(/.exec(because) ?? [];
  if (because.endsWith('(migration-threshold)')) return forbid(wornOut(answer, service, node));
  if (dependent !== undefined) return wish(answer, idOf(dependent, answer), node, count);
  if (primary !== undefined) {
    const apart = forbid(`runs only with ${primary}, which is placed ${whereText(answer, primary)}`);
    said.set(because, apart);
    return apart;
  }
  const words = because.replace(/\/copy(:\d+)?/, '');
  return count <= -infinity ? forbid(words) : points(count, words);
}

/** By the words of the placement, by those of the node, or by the score of the copy that runs there. */
const isSaidElsewhere = (because: string): boolean =>
  because === 'the clone may not run there' || because === 'it is to be stopped';

const fullBecause = ({ service, perNode }: NonNullable<Service['copyOf']>): string =>
  `has ${perNode === 1 ? 'a copy' : `${perNode} copies`} of ${service}, the most that one node may have`;

/** Without the number of an instance, unless that tells it from others. */
function idOf(name: string, { graph }: Answer): ServiceId {
  const [, clone = name, number] = /^(.+)\/copy(?::(\d+))?$/.exec(name) ?? [];
  const own = copyId({ service: clone, number: Number(number) });
  return graph.services.has(own) ? own : clone;
}

function whereText(answer: Answer, id: ServiceId): string {
  const service = must(answer.graph.services.get(id), `service ${id}`);
  const nodes = nodesOf(answer, service);
  return nodes.length === 0 ? 'nowhere' : `on ${namesText(nodes)}`;
}

function wornOut({ candidates }: Answer, service: Service, node: NodeId): string {
  const copies = candidates.get(service.id)?.seen.copies ?? [];
  return wornOutBecause(
    service,
    must(
      copies.find((copy) => copy.node === node),
      `copy of ${service.id} on ${node}`,
    ),
  );
}

/** What a service that runs with this one makes of a node. */
function wish(answer: Answer, id: ServiceId, node: NodeId, count: number): Term {
  if (count > -infinity) return points(count, `what ${id} would score here`);
  return forbid(exclusion(answer, id, node) ?? `${id} cannot run on ${node}`);
}

/** Why it, or something that runs with it, cannot run there. */
function exclusion(answer: Answer, id: ServiceId, node: NodeId): string | null {
  const { graph, candidates, preferencesBy } = answer;
  // The first of copies that differ speaks for all of them.
  const { id: first } = must(graph.services.get(id) ?? servicesNamed(graph.cluster, id)[0], `service ${id}`);
  const { service, seen } = must(candidates.get(first), `candidate ${first}`);
  const record = seen.copies.find((copy) => copy.node === node)?.record ?? null;
  const isForbidden = (each: Preference): boolean => each.node === node && each.points === null;
  const own = service.on.includes(node)
    ? (preferencesBy.get(first)?.find(isForbidden)?.because ??
      (isWornOut(service, record) ? wornOut(answer, service, node) : null))
    : 'not listed in «on»';
  if (own !== null) return `${id} cannot run on ${node}: ${own}`;
  for (const dependent of joinedBy(graph, first)) {
    const why = exclusion(answer, dependent.id, node);
    if (why !== null) return why;
  }
  return null;
}
