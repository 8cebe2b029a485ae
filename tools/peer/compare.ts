/**
 * Expected against actual, by the rules of the suite's own compare program: level by level, the differences in words. A level is
 * null where the expectation says nothing of it.
 */
import { byText, sortedUnique } from '../../src/lib/compare.ts';
import type { PeerAction, PeerOps, PeerResult, PeerState } from './result.ts';

export const levels = ['placement', 'nodes', 'flags', 'actions', 'ops', 'order', 'initial'] as const;

export type Level = (typeof levels)[number];

export type Differences = Readonly<Record<Level, readonly string[] | null>>;

export interface Expected extends Omit<PeerResult, 'ops'> {
  readonly ops?: PeerOps;
}

export function compareCase(expected: Expected, actual: PeerResult): Differences {
  const { ops } = expected;
  return {
    placement: unequal(placesIn(expected.final), placesIn(actual.final)),
    nodes: unequal(nodesIn(expected.final), nodesIn(actual.final)),
    flags: unequal(flagsIn(expected.final), flagsIn(actual.final)),
    actions: unlike(expected.actions.map(actionText), actual.actions.map(actionText)),
    ops: ops === undefined ? null : unlike(ops.core, actual.ops.core),
    order: ops === undefined ? null : missingOrder(ops.order, actual.ops.order),
    initial: unequal(placesIn(expected.initial), placesIn(actual.initial)),
  };
}

/** A failed instance that could be promoted counts as started. */
function placesIn({ resources }: PeerState): Map<string, string> {
  const found = new Map<string, string>();
  for (const [id, { on, flags }] of Object.entries(resources)) {
    const places = on.map(([node, role]) => {
      const isFailed = flags[node]?.includes('failed') === true;
      return `${role === 'Unpromoted' && isFailed ? 'Started' : role} ${node}`;
    });
    if (places.length > 0) found.set(id, places.sort(byText).join(', '));
  }
  return found;
}

const keptFlags = ['failed', 'blocked', 'unmanaged', 'orphaned'];

/** Marks of what runs nowhere (an empty name for the node) are a matter of display. */
function flagsIn({ resources }: PeerState): Map<string, string> {
  const found = new Map<string, string>();
  for (const [id, { flags }] of Object.entries(resources))
    for (const [node, marks] of Object.entries(flags)) {
      const kept = marks.filter((mark) => keptFlags.includes(mark));
      if (kept.length > 0 && node !== '') found.set(`${id}@${node}`, kept.sort(byText).join(' '));
    }
  return found;
}

function nodesIn({ nodes }: PeerState): Map<string, string> {
  const shown = Object.entries(nodes).filter(([, { kind }]) => kind !== 'guest');
  return new Map(shown.map(([name, { state }]) => [name, state]));
}

function unequal(expected: Map<string, string>, actual: Map<string, string>): string[] {
  return sortedUnique([...expected.keys(), ...actual.keys()])
    .filter((key) => expected.get(key) !== actual.get(key))
    .map((key) => `${key}: expected ${expected.get(key) ?? 'nothing'}, got ${actual.get(key) ?? 'nothing'}`);
}

/** Reasons apart. */
function actionText(action: PeerAction): string {
  if (!('resource' in action)) return `${action.action} ${action.how} ${action.node}`;
  const side = (place: readonly [string, string | null] | null | undefined): string =>
    place === null || place === undefined ? '-' : `${place[0]} ${place[1] ?? ''}`.trim();
  const blocked = action.blocked ? ' (blocked)' : '';
  return `${action.action} ${action.resource}: ${side(action.from)} -> ${side(action.to)}${blocked}`;
}

/** As multisets. */
function unlike(expected: readonly string[], actual: readonly string[]): string[] {
  const rest = new Map<string, number>();
  for (const each of actual) rest.set(each, (rest.get(each) ?? 0) + 1);
  for (const each of expected) rest.set(each, (rest.get(each) ?? 0) - 1);
  return [...rest].flatMap(([text, more]) =>
    Array.from({ length: Math.abs(more) }, () => `${more < 0 ? 'missing' : 'extra'}: ${text}`),
  );
}

/** More order than expected is allowed, less is not. */
function missingOrder(expected: PeerOps['order'], actual: PeerOps['order']): string[] {
  const given = followers(actual);
  return [...followers(expected)]
    .flatMap(([first, after]) => [...after].map((second) => [first, second] as const))
    .filter(([first, second]) => given.get(first)?.has(second) !== true)
    .map(([first, second]) => `missing: ${first} before ${second}`)
    .sort(byText);
}

function followers(pairs: PeerOps['order']): Map<string, Set<string>> {
  const next = new Map<string, string[]>();
  for (const [first, second] of pairs) next.set(first, [...(next.get(first) ?? []), second]);
  const reach = (from: string): Set<string> => {
    const seen = new Set<string>();
    const todo = [from];
    for (let at = todo.pop(); at !== undefined; at = todo.pop())
      for (const after of next.get(at) ?? []) if (!seen.has(after)) todo.push(seen.add(after) && after);
    return seen;
  };
  return new Map([...next.keys()].map((first) => [first, reach(first)]));
}
