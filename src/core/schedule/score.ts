/** What speaks for and against each node, as far as one service alone is concerned? */
import { must } from '../../lib/assert.ts';
import { type Preference, stayPoints } from '../ask/index.ts';
import type { NodeId, Service } from '../model.ts';
import { isGuarded } from '../model.ts';
import { failedWords } from '../onFail.ts';
import type { ServiceRecord } from '../ports.ts';
import { staysStopped, stoppedText } from './aftermath.ts';
import type { Graph } from './graph.ts';
import type { Wish } from './moves.ts';
import type { NodeScore, ScheduleInput } from './plan.ts';
import { type Copy, isActive, isMember, type SeenService } from './seen.ts';
import { durationText, timesText } from './words.ts';

export type Term = NodeScore['terms'][number];

/** More than any place in `on` and any stickiness of what is to move, less than a rule that forbids. */
const wishPoints = 500_000;

/** What is the same for every service: made once, used a thousand times. */
export interface NodeRules {
  readonly node: NodeId;
  readonly terms: readonly Term[];
  /** The score for all services that do not list it. */
  readonly unlisted: NodeScore;
  /** What speaks against services that do not run there already. */
  readonly newcomers: readonly Term[];
  /** The same, for those that must not run twice. */
  readonly guarded: readonly Term[];
  /** The scores for services that have nothing to say but their preference: by place in `on`, for lists of that length and points. */
  readonly plain: Map<string, NodeScore[]>;
}

export function nodeRulesOf(
  graph: Graph,
  { view, admin, records, doomed, guestPlaces }: ScheduleInput,
): readonly NodeRules[] {
  const absent = forbid(`not a member of view ${view.number}`);
  const unlisted = forbid('not listed in «on»');
  return graph.cluster.nodes.map(({ id, watchdog }) => {
    const standby = Object.hasOwn(admin.standby, id) ? admin.standby[id] : undefined;
    const away = guestPlaces?.away.get(id);
    const terms: Term[] = isMember(view, id) ? [] : [away === undefined ? absent : forbid(away)];
    if (standby !== undefined) terms.push(forbid(`standby: ${standby.because}`));
    const maintenance = Object.hasOwn(admin.maintenance.nodes, id) ? admin.maintenance.nodes[id] : undefined;
    const state = records.get(id)?.watchdog;
    const end = guestPlaces?.closing.get(id);
    return {
      node: id,
      terms,
      unlisted: scored(id, [unlisted, ...terms]),
      plain: new Map(),
      newcomers: [
        ...(maintenance === undefined ? [] : [forbid(`in maintenance: ${maintenance.because}`)]),
        ...(doomed.has(id) ? [forbid('it is being fenced')] : []),
        ...(end === undefined ? [] : [forbid(end)]),
      ],
      guarded: watchdog === null || state === 'armed' ? [] : [forbid(`its watchdog ${watchdog.device} is not armed`)],
    };
  });
}

/** A service as its preferences see it. */
export interface Candidate {
  readonly service: Service;
  readonly seen: SeenService;
  /** See `HeldService`. */
  readonly runsOn: readonly NodeId[];
  readonly wish: Wish | undefined;
  /** It, or something that goes where it goes, is asked to move: it sticks only as much as outweighs its places in `on`. */
  readonly isLoose: boolean;
  /** Where a copy would come back as soon as it left: see steady.ts. */
  readonly stays?: ReadonlySet<NodeId>;
}

/** Beside its places in `on`. Says nothing yet about the services that it runs with or that run with it. */
export function preferencesOf(candidate: Candidate, rules: readonly NodeRules[]): readonly Preference[] {
  const { service, seen } = candidate;
  const everywhere = bannedEverywhere(service, seen);
  const stuck = service.clone ? null : stuckOf(service, seen);
  const preferences: Preference[] = [];
  // Most copies of a large cluster have nothing to say: one list for all of them.
  const terms: Term[] = [];
  for (const { index, copy } of seen.listed) {
    const rule = must(rules[index], 'rules of a listed node');
    terms.length = 0;
    for (const term of everywhere) terms.push(term);
    addTermsOn(terms, rule, copy, candidate);
    if (stuck !== null && !stuck.nodes.includes(rule.node)) terms.push(stuck.term);
    for (const { points: count, because } of terms) {
      const preference = { service: service.id, node: rule.node, points: count, because };
      preferences.push(isOwn(service, because) ? { ...preference, isOwn: true } : preference);
    }
  }
  return preferences;
}

function addTermsOn(terms: Term[], rule: NodeRules, copy: Copy | undefined, candidate: Candidate): void {
  const { service, runsOn, wish } = candidate;
  const record = copy?.record ?? null;
  if (copy !== undefined && record !== null) terms.push(...bansOf(service, copy, record));
  const runsHere = runsOn.includes(rule.node);
  if (runsHere) terms.push(...stickinessTerms(candidate, copy, record));
  else if (isGuarded(service)) for (const term of rule.guarded) terms.push(term);
  // What was stopped to be started again is not started there either.
  if (!runsHere || copy?.state === 'stopped') for (const term of rule.newcomers) terms.push(term);
  if (candidate.stays?.has(rule.node)) terms.push(points(stayPoints, 'it would come back here at once'));
  if (wish !== undefined && isWished(wish, rule.node)) terms.push(points(wishPoints, wish.because));
}

/** Away from a node is to any other: were it forbidden, what can run nowhere else would be down. */
const isWished = ({ to, from }: Wish, node: NodeId): boolean => (to === null ? node !== from : node === to);

/** Copies with roles stick by themselves: see `ownStickiness`. */
function stickinessTerms(
  { service, isLoose }: Candidate,
  copy: Copy | undefined,
  record: ServiceRecord | null,
): readonly Term[] {
  if (service.promotable !== null && copy !== undefined && isActive(copy.state)) return [];
  const most = isLoose ? service.onScore * service.on.length : stayPoints;
  const stickiness = Math.min(service.stickiness, most);
  if (stickiness === 0 || isWornOut(service, record)) return [];
  return [points(stickiness, sticks)];
}

const sticks = 'stickiness: it runs here';

/** Otherwise what is colocated with it would move away whenever it stops, and back whenever it starts. */
const isOwn = ({ promotable, copyOf }: Service, because: string): boolean =>
  promotable !== null && copyOf === undefined && because === sticks;

/** Made once for each place: a cluster has thousands of copies and few places. */
export function plainScore(rule: NodeRules, { on, onScore }: Service, place: number, count: number): NodeScore {
  const key = `${count} ${onScore}`;
  let known = rule.plain.get(key);
  if (known === undefined) {
    const terms = (at: number): readonly Term[] => [...rule.terms, placeTerm(at, count, onScore)];
    known = Array.from({ length: on.length }, (_, at) => scored(rule.node, terms(at)));
    rule.plain.set(key, known);
  }
  return must(known[place], 'score of a place in «on»');
}

export const forbid = (because: string): Term => ({ points: null, because });
export const points = (count: number, because: string): Term => ({ points: count, because });

export function scored(node: string, terms: readonly Term[]): NodeScore {
  let score: number | null = 0;
  for (const term of terms) score = score === null || term.points === null ? null : score + term.points;
  return { node, score, terms };
}

/** The rule that counts most against the node: the first that forbids it, else the heaviest; null: none does. */
export function whyAgainst(score: NodeScore | undefined): string | null {
  const worst = score?.terms.reduce<Term | null>(
    (found, term) => ((term.points ?? 0) < (found?.points ?? 0) ? term : found),
    null,
  );
  return whyForbidden(score) ?? worst?.because ?? null;
}

/** The first rule that forbids the node; null: it may run there. */
export const whyForbidden = (score: NodeScore | undefined): string | null =>
  score?.terms.find((term) => term.points === null)?.because ?? null;

const placeTerm = (place: number, count: number, step: number): Term =>
  points(step * (count - 1 - place), `place ${place + 1} of ${count} in «on»`);

// ---------------------------------------------------------------- failures

export const isWornOut = (service: Service, record: ServiceRecord | null): boolean =>
  record !== null && record.failures >= service.failures.max;

function bannedEverywhere(service: Service, { copies }: SeenService): readonly Term[] {
  const copy = copies.find(({ record }) => record?.banned === 'cluster');
  if (copy === undefined) return [];
  const last = lastFailureOf(copy.record);
  return [forbid(`found on ${copy.node} to run nowhere as it is defined: ${last}; ${pardonBy(service, 'mended')}`)];
}

function bansOf(service: Service, { node, state }: Copy, record: ServiceRecord): readonly Term[] {
  const terms: Term[] = [];
  const last = lastFailureOf(record);
  if (record.banned === 'node') terms.push(forbid(`it cannot run on ${node}: ${last}; ${pardonBy(service, 'mended')}`));
  if (service.clone && state === 'blocked')
    terms.push(forbid(`its ${blockedBy(record)} failed on ${node}: ${last}; ${pardonBy(service, 'stopped by hand')}`));
  if (service.clone && staysStopped(service, { state, record })) terms.push(forbid(stoppedText(service, record, node)));
  return terms;
}

/** In words, what the engine calls the migration threshold. */
export function wornOutBecause(service: Service, { node, record }: Copy): string {
  const { max, forgetMs } = service.failures;
  const ends = forgetMs === null ? 'kept until' : `forgotten ${durationText(forgetMs)} after the last failure, or by`;
  const count = `failed ${timesText(record?.failures ?? 0)} on ${node}, limit ${max}; last: ${lastFailureOf(record)}`;
  return `${count}; ${ends}: ${cleanup(service)}`;
}

export const lastFailureOf = (record: ServiceRecord | null): string => record?.lastFailure ?? 'no reason given';

export const cleanup = (service: Service): string => `sempre service cleanup ${service.id}`;

const pardonBy = (service: Service, what: string): string => `when ${what}: ${cleanup(service)}`;

export interface Stuck {
  readonly on: NodeId;
  /** The nodes where it may run at most. */
  readonly nodes: readonly NodeId[];
  readonly term: Term;
}

/** A stop that failed: it may still run there, so it must not be started anywhere else. */
export function stuckOf(service: Service, { copies }: SeenService): Stuck | null {
  const blocked = copies.find((copy) => copy.state === 'blocked');
  if (blocked === undefined) return null;
  const active = copies.filter((copy) => isActive(copy.state)).map((copy) => copy.node);
  const nodes = active.length > 0 ? active : [blocked.node];
  return { on: blocked.node, nodes, term: forbid(stuckBecause(service, blocked)) };
}

const stuckBecause = (service: Service, { node, record }: Copy): string =>
  `it may still run on ${node}, where its ${blockedBy(record)} failed: ${lastFailureOf(record)}; ${pardonBy(service, 'stopped by hand')}`;

/** What failed, of what is blocked. */
export const blockedBy = (record: ServiceRecord | null): string => failedWords(record?.failed ?? 'stop');
