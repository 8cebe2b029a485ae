/** What speaks for and against each node, as far as one service alone is concerned? */
import { must } from '../../lib/assert.ts';
import type { Service } from '../model.ts';
import { isGuarded, scoreMax, stickinessMax } from '../model.ts';
import type { ServiceRecord } from '../ports.ts';
import type { Graph } from './graph.ts';
import type { Wish } from './moves.ts';
import type { Held, NodeScore, ScheduleInput } from './plan.ts';
import { type Copy, isMember, type SeenService } from './seen.ts';
import { durationText, timesText } from './words.ts';

export type Term = NodeScore['terms'][number];

/** For each place further up in `on`. */
export const preferenceStep = 100;

/** What is the same for every service: made once, used a thousand times. */
export interface NodeRules {
  readonly node: string;
  readonly terms: readonly Term[];
  /** The score for all services that do not list it. */
  readonly unlisted: NodeScore;
  /** What speaks against services that do not run there already. */
  readonly newcomers: readonly Term[];
  /** The same, for those that must not run twice. */
  readonly guarded: readonly Term[];
  /** The scores for services that have nothing to say but their preference: by place in `on`, for lists of that length. */
  readonly plain: Map<number, NodeScore[]>;
}

export function nodeRulesOf(graph: Graph, { view, admin, records, doomed }: ScheduleInput): readonly NodeRules[] {
  const absent = forbid(`not a member of view ${view.number}`);
  const unlisted = forbid('not listed in «on»');
  return graph.cluster.nodes.map(({ id, watchdog }) => {
    const standby = Object.hasOwn(admin.standby, id) ? admin.standby[id] : undefined;
    const terms: Term[] = isMember(view, id) ? [] : [absent];
    if (standby !== undefined) terms.push(forbid(`standby: ${standby.because}`));
    const maintenance = Object.hasOwn(admin.maintenance.nodes, id) ? admin.maintenance.nodes[id] : undefined;
    const state = records.get(id)?.watchdog;
    return {
      node: id,
      terms,
      unlisted: scored(id, [unlisted, ...terms]),
      plain: new Map(),
      newcomers: [
        ...(maintenance === undefined ? [] : [forbid(`in maintenance: ${maintenance.because}`)]),
        ...(doomed.has(id) ? [forbid('it is being fenced')] : []),
      ],
      guarded: watchdog === null || state === 'armed' ? [] : [forbid(`its watchdog ${watchdog.device} is not armed`)],
    };
  });
}

/** By place of the node in the file. Says nothing yet about the services that this one runs with or that run with it. */
export function ownScores(
  service: Service,
  seen: SeenService,
  rules: readonly NodeRules[],
  held: Held,
  wish: Wish | undefined,
): readonly NodeScore[] {
  const everywhere = bannedEverywhere(service, seen);
  const runsOn = held.get(service.id)?.nodes ?? [];
  const scores = rules.map((rule) => rule.unlisted);
  seen.listed.forEach(({ index, copy }, place) => {
    const rule = must(rules[index], 'rules of a listed node');
    const terms: Term[] = [...everywhere];
    if (copy !== undefined && copy.record !== null) terms.push(...failureTerms(service, copy, copy.record));
    if (service.stickiness !== 0 && runsOn.includes(rule.node) && !isWornOut(service, copy?.record ?? null))
      terms.push(points(stickinessOf(service), 'stickiness: it runs here'));
    if (!runsOn.includes(rule.node)) terms.push(...rule.newcomers, ...(isGuarded(service) ? rule.guarded : []));
    if (wish?.to === rule.node) terms.push(points(scoreMax + stickinessOf(service), wish.because));
    const plain = plainScore(rule, place, seen.listed.length);
    scores[index] = terms.length === 0 ? plain : scored(rule.node, [...plain.terms, ...terms]);
  });
  return scores;
}

/** Made once for each place: a cluster has thousands of copies and few places. */
function plainScore(rule: NodeRules, place: number, count: number): NodeScore {
  let known = rule.plain.get(count);
  if (known === undefined) {
    known = Array.from({ length: count }, (_, at) => scored(rule.node, [...rule.terms, preference(at, count)]));
    rule.plain.set(count, known);
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

const stickinessOf = (service: Service): number => Math.min(service.stickiness, stickinessMax);

function preference(place: number, count: number): Term {
  return points(preferenceStep * (count - 1 - place), `place ${place + 1} of ${count} in «on»`);
}

const isWornOut = (service: Service, record: ServiceRecord | null): boolean =>
  record !== null && record.failures >= service.failures.max;

function bannedEverywhere(service: Service, { copies }: SeenService): readonly Term[] {
  const copy = copies.find(({ record }) => record?.banned === 'cluster');
  if (copy === undefined) return [];
  const last = lastFailureOf(copy.record);
  return [forbid(`found on ${copy.node} to run nowhere as it is defined: ${last}; ${pardonBy(service, 'mended')}`)];
}

function failureTerms(service: Service, { node, state }: Copy, record: ServiceRecord): readonly Term[] {
  const terms: Term[] = [];
  const last = lastFailureOf(record);
  if (record.banned === 'node') terms.push(forbid(`it cannot run on ${node}: ${last}; ${pardonBy(service, 'mended')}`));
  if (isWornOut(service, record)) {
    const { max, forgetMs } = service.failures;
    const ends = forgetMs === null ? 'kept until' : `forgotten ${durationText(forgetMs)} after the last failure, or by`;
    const count = `failed ${timesText(record.failures)} on ${node}, limit ${max}; last: ${last}`;
    terms.push(forbid(`${count}; ${ends}: ${cleanup(service)}`));
  }
  if (service.clone && state === 'blocked')
    terms.push(forbid(`its stop failed on ${node}: ${last}; ${pardonBy(service, 'stopped by hand')}`));
  return terms;
}

export const lastFailureOf = (record: ServiceRecord | null): string => record?.lastFailure ?? 'no reason given';

const cleanup = (service: Service): string => `sempre service cleanup ${service.id}`;

export const pardonBy = (service: Service, what: string): string => `when ${what}: ${cleanup(service)}`;
