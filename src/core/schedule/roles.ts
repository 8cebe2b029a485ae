/** Which copies of a promotable service are to be promoted, and what has to be done for that? */
import type { NodeId, Service } from '../model.ts';
import { failedText, leadsTo } from '../onFail.ts';
import { mayBePromoted } from '../roles.ts';
import { type Answer, copiesOf } from './answer.ts';
import type { Change, Hindrance, Step } from './change.ts';
import { alikeIn } from './graph.ts';
import type { Promotion } from './plan.ts';
import { type Copy, underWay } from './seen.ts';
import { namesText } from './words.ts';

/** Null: it has no roles. `nodes`: where it is placed. */
export function promotionOf(answer: Answer, service: Service, nodes: readonly NodeId[]): Promotion | null {
  if (service.promotable === null) return null;
  const { situation, placement } = answer;
  const ranked: Ranked[] = [];
  const promoted: NodeId[] = [];
  // Of copies that differ, all are told of, and each is promoted where it runs itself.
  for (const each of alikeIn(answer.graph, service))
    for (const copy of copiesOf(situation, each)) {
      const node = situation.nodes[placement.nodeOf[copy] ?? -1]?.name;
      if (node === undefined || (each === service && !nodes.includes(node))) continue;
      const name = each.copyOf === undefined ? node : `${each.id} on ${node}`;
      const isPromoted = placement.roleOf[copy] === 'promoted';
      ranked.push({ name, score: placement.promotionScores.get(copy) ?? -1, isPromoted });
      if (each === service && isPromoted) promoted.push(node);
    }
  ranked.sort((a, b) => b.score - a.score);
  return { nodes: promoted, because: reasonFor(ranked) };
}

interface Ranked {
  readonly name: string;
  readonly score: number;
  readonly isPromoted: boolean;
}

function reasonFor(ranked: readonly Ranked[]): string {
  if (ranked.length === 0) return 'no copy runs anywhere';
  const scores = ranked.map(({ name, score }) => (score < 0 ? `${name} none` : `${name} ${score}`)).join(', ');
  if (ranked.some(({ isPromoted }) => isPromoted)) return `promotion scores: ${scores}`;
  if (ranked.every(({ score }) => score < 0)) return `no agent has given its copy a promotion score (${scores})`;
  return `no copy may be promoted; promotion scores: ${scores}`;
}

/** Those who run promoted, as far as is known. */
export const promotedNow = (copies: readonly Copy[]): readonly NodeId[] =>
  copies.filter(({ state, record }) => state !== 'stopped' && record?.role === 'promoted').map(({ node }) => node);

export const noRoleSteps: Pick<Change, 'promotes' | 'demotes'> = { promotes: [], demotes: [] };

type Alone = Pick<Change, 'service' | 'copies' | 'placement' | 'probes' | 'stops' | 'starts'>;

export function roleSteps(alone: Alone, hindrance: Hindrance): Pick<Change, 'promotes' | 'demotes'> {
  const { service, copies } = alone;
  if (service.promotable === null) return noRoleSteps;
  const demotes = copies.flatMap((copy) => demoteOf(alone, copy, hindrance));
  const promotes = (alone.placement.promotion?.nodes ?? []).flatMap((node) =>
    promoteOf(alone, node, demotes, hindrance),
  );
  return { promotes, demotes };
}

const has = (steps: readonly Step[], node: NodeId): boolean => steps.some((step) => step.node === node);

/** Where it is not listed and was never looked for, it never ran. */
export const mayBe = ({ state, record, listed }: Copy): boolean =>
  mayBePromoted({ state, role: record?.role ?? 'unknown' }) &&
  (listed || state !== 'unknown' || (record?.digest ?? null) !== null);

/** Of what has failed, the stop is the demotion too, unless the file says that a demotion mends it. */
function demoteOf({ service, placement, stops }: Alone, copy: Copy, { ruled }: Hindrance): readonly Step[] {
  const { node, state } = copy;
  const isMended = state === 'failed' && leadsTo(service, copy.record) === 'demote' && !has(stops, node);
  if ((state !== 'running' && !isMended) || !mayBe(copy)) return [];
  const demote = (because: string): readonly Step[] => [{ node, because, blocked: ruled('demote', service.id, node) }];
  const stop = stops.find((each) => each.node === node);
  if (stop !== undefined) return demote(`it is to be stopped: ${stop.because}`);
  if (isMended && copy.record !== null) return demote(failedText(copy.record, node));
  const promoted = placement.promotion?.nodes ?? [];
  if (promoted.includes(node)) return [];
  return demote(
    promoted.length > 0
      ? `${namesText(promoted)} is to be promoted instead: ${placement.promotion?.because ?? ''}`
      : `not to be promoted: ${placement.promotion?.because ?? placement.because}`,
  );
}

function promoteOf(
  { service, copies, placement, probes, stops, starts }: Alone,
  node: NodeId,
  demotes: readonly Step[],
  { promotions, ruled, isLeft }: Hindrance,
): readonly Step[] {
  const copy = copies.find((each) => each.node === node);
  const isStarting = has(starts, node);
  if (copy === undefined || (copy.state !== 'running' && !isStarting && !has(demotes, node))) return [];
  const isNew = isStarting || has(demotes, node) || copy.record?.role !== 'promoted';
  if (!isNew) return [];
  const ends = (each: Copy): boolean =>
    !isLeft(service.id, each.node) && [probes, stops, demotes].some((steps) => has(steps, each.node));
  const others = copies.filter((each) => each.node !== node && mayBe(each) && !ends(each));
  const max = service.promotable?.max ?? 1;
  const [other] = others;
  const full =
    other !== undefined && others.length >= max
      ? `${service.id} ${whyFull(other, isLeft(service.id, other.node))}`
      : null;
  const blocked = full ?? promotions.get(service.id)?.because ?? ruled('promote', service.id, node);
  return [{ node, because: placement.promotion?.because ?? '', blocked }];
}

export function whyFull({ node, state, record }: Copy, isInMaintenance: boolean): string {
  if (isInMaintenance) return `may be promoted on ${node}, which is in maintenance`;
  if (record?.role === 'promoted' && state === 'running') return `is promoted on ${node}`;
  const words = underWay(state) ?? (state === 'blocked' ? 'not known to be stopped' : state);
  return `may be promoted on ${node}, where it is ${words}`;
}
