/** Where should each service run? The policy engine decides; here it is asked, and its answer is put into words. */
import { must } from '../../lib/assert.ts';
import { isTrue } from '../../policy/rule/text.ts';
import { decideOn, type Preference, type Present, secondsOf } from '../ask/index.ts';
import type { NodeId, Service, ServiceId } from '../model.ts';
import { leadsTo, operationOf } from '../onFail.ts';
import type { Aftermath } from './aftermath.ts';
import { type Answer, placedOn, scoresOf } from './answer.ts';
import { type Graph, joinedBy } from './graph.ts';
import type { Frozen } from './maintenance.ts';
import { standingOf } from './migrate.ts';
import { type Wishes, wishesOf } from './moves.ts';
import type { Held, NodeScore, Placement, Promotion, ScheduleInput } from './plan.ts';
import { reasonFor, refusals } from './reason.ts';
import { mayBe, promotedNow, promotionOf } from './roles.ts';
import { type Ruled, ruledOf } from './ruled.ts';
import { type Candidate, forbid, type NodeRules, nodeRulesOf, preferencesOf, type Stuck, stuckOf } from './score.ts';
import { type Copy, isActive, mayLinger, type Seen, type SeenService } from './seen.ts';
import { askSteadily } from './steady.ts';
import { definitionOf, type Steps, type StepsOfAll, stepsOf } from './steps.ts';
import { type Unrunnable, unwanted, withDependents } from './wanted.ts';
import { namesText } from './words.ts';

export type Placements = ReadonlyMap<ServiceId, Placement>;

export interface Placed {
  readonly placements: Placements;
  readonly steps: StepsOfAll;
  readonly ruled: Ruled;
}

/** The second half of the answer: what the engine would do about it. */
export function place(
  graph: Graph,
  input: ScheduleInput,
  seen: Seen,
  aftermath: Aftermath,
  held: Held,
  frozen: Frozen,
): Placed {
  const rules = nodeRulesOf(graph, input);
  const not = unwanted(graph, input.admin, aftermath);
  const candidates = candidatesOf(graph, input, seen, held);
  const { answer, stuck } = askSteadily(candidates, frozen, (each) => askAll(graph, input, each, rules, frozen, not));
  const ruled = ruledOf(answer);
  const steps = stepsOf(answer, ruled);
  const placed = new Map<ServiceId, Placement>();
  const load = new Map<NodeId, number>();
  for (const service of graph.withFirst) {
    const candidate = must(candidates.get(service.id), `candidate ${service.id}`);
    const scores = scoresOf(answer, service);
    const why = not.get(service.id);
    const left = frozen.get(service.id);
    const placement =
      left !== undefined
        ? {
            service: service.id,
            nodes: runningOn(candidate.seen),
            scores,
            because: left,
            promotion: kept(candidate, left),
          }
        : why === undefined
          ? withRoles(answer, service, allowed(choice(answer, candidate, scores, load, stuck), steps.get(service.id)))
          : nowhere(service.id, scores, why);
    placed.set(service.id, placement);
    for (const node of placement.nodes) load.set(node, (load.get(node) ?? 0) + 1);
  }
  return { placements: withoutUnrunnable(graph, placed, ruled), steps, ruled };
}

const runningOn = ({ copies }: SeenService): readonly NodeId[] =>
  copies.filter((copy) => isActive(copy.state)).map((copy) => copy.node);

function choice(
  answer: Answer,
  candidate: Candidate,
  scores: readonly NodeScore[],
  load: ReadonlyMap<NodeId, number>,
  stuck: StuckOnes,
): Placement {
  const { service } = candidate;
  const found = stuck.get(service.id);
  if (found !== undefined)
    return { service: service.id, nodes: [found.on], scores, because: found.term.because, promotion: null };
  const nodes = placedOn(answer, service, scores);
  const because = nodes.length === 0 ? refusals(service, scores) : reasonFor(candidate, nodes, scores, load);
  return { service: service.id, nodes, scores, because, promotion: null };
}

const withRoles = (answer: Answer, service: Service, placement: Placement): Placement =>
  service.promotable === null ? placement : { ...placement, promotion: promotionOf(answer, service, placement.nodes) };

const kept = ({ service, seen }: Candidate, because: string): Promotion | null =>
  service.promotable === null ? null : { nodes: promotedNow(seen.copies), because };

/** Without the nodes where an order stands in its way. */
function allowed(placement: Placement, steps: Steps | undefined): Placement {
  const refused = steps?.refused;
  if (refused === undefined || refused.size === 0) return placement;
  const scores = placement.scores.map((score): NodeScore => {
    const why = refused.get(score.node);
    return why === undefined ? score : { node: score.node, score: null, terms: [forbid(why), ...score.terms] };
  });
  const nodes = placement.nodes.filter((node) => !refused.has(node));
  const [why] = refused.values();
  const because = nodes.length > 0 ? placement.because : `it ${why}`;
  return { ...placement, nodes, scores, because };
}

// ---------------------------------------------------------------- the question

type Candidates = ReadonlyMap<ServiceId, Candidate>;

function candidatesOf(graph: Graph, { admin }: ScheduleInput, seen: Seen, held: Held): Candidates {
  const wishes = wishesOf(graph, admin);
  const loose = looseOf(graph, wishes);
  const candidates = new Map<ServiceId, Candidate>();
  for (const service of graph.cluster.services) {
    const { id } = service;
    candidates.set(id, {
      service,
      seen: must(seen.services.get(id), `seen state of ${id}`),
      runsOn: held.get(id)?.nodes ?? [],
      wish: wishes.get(id),
      isLoose: loose.has(id),
    });
  }
  return candidates;
}

/** All that is asked to move, and all that goes where it goes. */
function looseOf(graph: Graph, wishes: Wishes): ReadonlySet<ServiceId> {
  const loose = new Set(wishes.keys());
  for (const id of loose) for (const dependent of joinedBy(graph, id)) loose.add(dependent.id);
  return loose;
}

/** What may run where it is blocked, and goes on nowhere else. */
type StuckOnes = ReadonlyMap<ServiceId, Stuck>;

/**
 * Of what is blocked on one node and works on another nobody knows before the engine has answered whether it goes on there. If not, it
 * is asked anew: what runs with it goes where it is blocked, once this one has stopped.
 */
function askAll(
  graph: Graph,
  input: ScheduleInput,
  candidates: Candidates,
  rules: readonly NodeRules[],
  frozen: Frozen,
  not: Unrunnable,
): { readonly answer: Answer; readonly stuck: StuckOnes } {
  const stuck = new Map<ServiceId, Stuck>();
  const working = new Map<Service, Stuck>();
  for (const [id, { service, seen }] of candidates) {
    const found = service.clone ? null : stuckOf(service, seen);
    if (found === null) continue;
    if (runningOn(seen).length === 0) stuck.set(id, found);
    else if (!frozen.has(id) && !not.has(id)) working.set(service, found);
  }
  for (;;) {
    const answer = ask(graph, input, candidates, rules, frozen, not, stuck);
    const ending = [...working].filter(([service]) => placedOn(answer, service, []).length === 0);
    if (ending.length === 0) return { answer, stuck };
    for (const [service, found] of ending) {
      stuck.set(service.id, found);
      working.delete(service);
    }
  }
}

function ask(
  graph: Graph,
  { view, admin, dateMs }: ScheduleInput,
  candidates: Candidates,
  rules: readonly NodeRules[],
  frozen: Frozen,
  not: Unrunnable,
  stuck: StuckOnes,
): Answer {
  const isStartFatal = isTrue(graph.cluster.rules.options['start-failure-is-fatal']);
  const leftAlone = new Set(frozen.keys());
  const scattered = scatteredOf(candidates, frozen);
  const preferencesBy = new Map<ServiceId, readonly Preference[]>();
  const present = new Map<ServiceId, readonly Present[]>();
  for (const [id, candidate] of candidates) {
    // What is left alone stays in spite of all, and whom it runs with stays with it.
    if (!frozen.has(id))
      preferencesBy.set(id, [...preferencesOf(candidate, rules), ...besideScattered(candidate, scattered)]);
    present.set(id, presentOf(candidate, frozen, admin.maintenance.nodes, isStartFatal, stuck.get(id)));
    if (stuck.has(id)) leftAlone.add(id);
  }
  const preferences = [...preferencesBy.values()].flat();
  const decision = decideOn({
    cluster: graph.cluster,
    nowS: secondsOf(dateMs),
    members: new Set(view.members),
    standby: new Set(Object.keys(admin.standby)),
    stopped: new Set(not.keys()),
    leftAlone,
    scattered: new Set(scattered.keys()),
    mute: new Set([...frozen.keys()].filter((id) => !hasOnePlace(must(candidates.get(id), `candidate ${id}`)))),
    preferences,
    present,
  });
  return { graph, rules, candidates, preferences, preferencesBy, ...decision };
}

type Scattered = ReadonlyMap<ServiceId, readonly NodeId[]>;

/** What must run once, runs in several places and is left alone: the engine would hold only one of them for its place. */
function scatteredOf(candidates: Candidates, frozen: Frozen): Scattered {
  const scattered = new Map<ServiceId, readonly NodeId[]>();
  for (const id of frozen.keys()) {
    const { service, seen } = must(candidates.get(id), `candidate ${id}`);
    const nodes = runningOn(seen);
    if (!service.clone && nodes.length > 1) scattered.set(id, nodes);
  }
  return scattered;
}

const hasOnePlace = ({ service, seen }: Candidate): boolean => !service.clone && runningOn(seen).length === 1;

function besideScattered({ service }: Candidate, scattered: Scattered): readonly Preference[] {
  if (scattered.size === 0) return [];
  return service.with.flatMap((target) => {
    const nodes = scattered.get(target);
    if (nodes === undefined) return [];
    const because = `runs only with ${target}, which is placed on ${namesText(nodes)}`;
    const elsewhere = service.on.filter((node) => !nodes.includes(node));
    return elsewhere.map((node) => ({ service: service.id, node, points: null, because }));
  });
}

/** Of what is left alone only what works counts: what runs with it goes nowhere else. */
function presentOf(
  { service, seen }: Candidate,
  frozen: Frozen,
  maintained: Readonly<Record<NodeId, unknown>>,
  isStartFatal: boolean,
  stuck: Stuck | undefined,
): readonly Present[] {
  const isLeft = frozen.has(service.id);
  const isMigrating = seen.copies.some(({ record }) => record?.peer != null);
  return seen.copies.flatMap((copy) => {
    const failures = isLeft ? 0 : failuresOf(service, copy, isStartFatal);
    const shown = (isMigrating ? standingOf(copy, seen.copies) : null) ?? stateOf(copy, stuck);
    const state = isLeft && !isActive(copy.state) && shown !== 'running' ? 'stopped' : shown;
    return state === 'stopped' && failures === 0
      ? []
      : [
          {
            node: copy.node,
            state,
            failures,
            // What is left as it is restarts nothing that starts after it.
            definition: Object.hasOwn(maintained, copy.node) ? 'current' : definitionOf(service, copy),
            mending: mendingOf(service, copy),
            promoted: service.promotable !== null && mayBe(copy),
            promotion: copy.record?.promotion ?? null,
          },
        ];
  });
}

/** One failed start may count like as many failures as are allowed. */
function failuresOf(service: Service, { record }: Copy, isStartFatal: boolean): number {
  const failures = record?.failures ?? 0;
  return isStartFatal && record?.failed === 'start' ? Math.max(failures, service.failures.max) : failures;
}

function mendingOf(service: Service, copy: Copy): Present['mending'] {
  const failed = operationOf(copy.record?.failed ?? 'stop');
  const isMended = copy.state === 'failed' && mayBe(copy) && leadsTo(service, copy.record) === 'demote';
  return isMended && (failed === 'check' || failed === 'promote') ? failed : null;
}

/** As good as running is what will run in a moment, or may still run where it cannot be stopped and goes on nowhere else. */
function stateOf(copy: Copy, stuck: Stuck | undefined): Present['state'] {
  if (copy.node === stuck?.on) return 'running';
  if (isActive(copy.state)) return stuck === undefined ? 'running' : 'stopped';
  return copy.state === 'failed' || mayLinger(copy) ? 'failed' : 'stopped';
}

// ---------------------------------------------------------------- what cannot run

/** In the order of the file. What has no node takes along what needs it; where that might have gone stays in the scores. */
function withoutUnrunnable(graph: Graph, placed: Placements, ruled: Ruled): Placements {
  const causes = new Map<ServiceId, string>();
  for (const [id, { nodes, because }] of placed) if (nodes.length === 0) causes.set(id, because);
  const all: Unrunnable = causes.size === 0 ? causes : withAllDependents(graph, causes, ruled);
  const inOrder = new Map<ServiceId, Placement>();
  for (const { id } of graph.cluster.services) {
    const placement = must(placed.get(id), `placement of ${id}`);
    const why = placement.nodes.length === 0 ? undefined : all.get(id);
    inOrder.set(id, why === undefined ? placement : nowhere(id, placement.scores, why));
  }
  return inOrder;
}

/** Also what an order lets start only after what cannot run. */
function withAllDependents(graph: Graph, causes: Unrunnable, ruled: Ruled): Unrunnable {
  let all = withDependents(graph, causes);
  for (let size = -1; size !== all.size; ) {
    size = all.size;
    const more = new Map(all);
    for (const [second, orders] of ruled.into)
      for (const { id, first, firsts, needsFirst, secondAction } of orders)
        if (needsFirst && secondAction === 'start' && !more.has(second) && firsts.every((each) => all.has(each)))
          more.set(second, `starts only after ${first} (${id}), which cannot run: ${all.get(first)}`);
    if (more.size > size) all = withDependents(graph, more);
  }
  return all;
}

/** Every node is refused for the same reason. */
function nowhere(service: ServiceId, scores: readonly NodeScore[], because: string): Placement {
  const refusal = forbid(because);
  return {
    service,
    nodes: [],
    scores: scores.map(({ node, terms }) => ({ node, score: null, terms: [refusal, ...terms] })),
    because,
    promotion: null,
  };
}
