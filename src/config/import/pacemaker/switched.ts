/** Sets of values that rules switch on, as the rules of an entry of the cluster file. */
import type { AttributeSet, Expression, Rule } from '../../../policy/input.ts';
import { readSets } from '../../../policy/rule/index.ts';
import { type Entry, isAttributeName, plainValue } from './layers.ts';
import { ruleText } from './ruleText.ts';
import type { Translating } from './translating.ts';

export interface Switched {
  readonly set: AttributeSet;
  readonly rule: Rule;
  /** What nothing that counts before it says in any case. */
  readonly values: readonly (readonly [name: string, value: string])[];
}

/**
 * What a rule of the file counts for above all that is plain, a set of the configuration only above what comes behind it. The later
 * one counts first, as in the file. `layers`: the nearest one in front.
 */
export function switchedIn(
  layers: readonly (readonly AttributeSet[])[],
  alreadySaid: Iterable<string> = [],
): readonly Switched[] {
  const said = new Set(alreadySaid);
  const found: Switched[] = [];
  for (const set of layers.flatMap(firstToLast)) {
    const { rule } = set;
    if (rule === null) for (const [name] of set.values) said.add(name);
    else {
      const values = [...readSets([{ ...set, rule: null }], { nowS: 0 })].filter(([name]) => !said.has(name));
      if (values.length > 0) found.push({ set, rule, values });
    }
  }
  return found.toReversed();
}

/** The ones that count first in front. */
const firstToLast = (sets: readonly AttributeSet[]): readonly AttributeSet[] =>
  sets.toReversed().toSorted((a, b) => (b.score ?? 0) - (a.score ?? 0));

/** `#default` takes a value back, which no rule of the file can. */
export const takesBack = ({ set }: Switched): boolean => set.values.some(([, value]) => /^#default$/i.test(value));

/** What a service or a node takes up or has room for. `may`: what its rules may ask about. */
export const utilizationRules = (
  id: string,
  sets: readonly AttributeSet[],
  may: readonly Expression['kind'][],
  translating: Translating,
): readonly Entry[] =>
  switchedIn([sets]).flatMap((switched) => {
    const values = switched.values.map(([name, value]) => [name, Math.max(Number.parseInt(value, 10), 0)] as const);
    const isPlain = values.every(([name, amount]) => isAttributeName(name) && Number.isSafeInteger(amount));
    return isPlain
      ? entryOf(id, switched, { utilization: Object.fromEntries(values) }, may, translating)
      : lost(id, switched, translating);
  });

export const attributeRules = (id: string, sets: readonly AttributeSet[], translating: Translating): readonly Entry[] =>
  switchedIn([sets]).flatMap((switched) => {
    const values = switched.values.map(([name, value]) => [name, plainValue(value)] as const);
    return values.every(([name]) => isAttributeName(name))
      ? entryOf(id, switched, { attributes: Object.fromEntries(values) }, ['date'], translating)
      : lost(id, switched, translating);
  });

function entryOf(
  id: string,
  switched: Switched,
  values: Entry,
  may: readonly Expression['kind'][],
  translating: Translating,
): readonly Entry[] {
  const { names, nodeIds } = translating;
  const where = takesBack(switched) ? null : ruleText(switched.rule, may, names, nodeIds);
  return where === null ? lost(id, switched, translating) : [{ where, ...values }];
}

function lost(id: string, { set }: Switched, { draft }: Translating): readonly Entry[] {
  draft.lose(set.id || id, `a rule switches values of ${id} on, and there are no words for it here: left out`);
  return [];
}
