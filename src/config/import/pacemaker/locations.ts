/** Location constraints: as places in `on` where that says the same, as `location` at what they are about, else under `constraints`. */
import { patternOf } from '../../../lib/pattern.ts';
import type { LocationConfig, Rule } from '../../../policy/input.ts';
import { roleOf } from '../../../policy/rule/index.ts';
import { addScores, infinity } from '../../../policy/values.ts';
import type { ImportDraft } from './draft.ts';
import { type Entry, isAttributeName, scoreText } from './layers.ts';
import type { NamedThing } from './names.ts';
import { hasGuests } from './remotes.ts';
import { anyOf, ruleText } from './ruleText.ts';
import type { Translating } from './translating.ts';

/** What locations say of one service or group. */
export interface Places {
  /** Nodes, most wanted first; null: all are alike. */
  on: readonly string[] | null;
  onScore: number;
  readonly locations: Entry[];
}

interface Target {
  readonly id: string;
  readonly thing: NamedThing;
  readonly role: string | null;
  readonly score: number | null;
  /** What the parts of its pattern matched. */
  readonly matches: readonly (string | undefined)[] | null;
}

/** A node and its points for all of a service, at all times. */
interface Plain {
  readonly entry: Entry;
  readonly node: string;
  readonly score: number;
}

export interface Locations {
  readonly placesOf: (name: string) => Places;
  /** About several things at once: for `constraints`. */
  readonly shared: readonly Entry[];
}

/** `tops`: names of what is no member of a group, of which places may be said. */
export function locationsOf(
  translating: Translating,
  tops: ReadonlyMap<string, NamedThing>,
  allowedBy: (name: string) => ReadonlySet<string> | null,
): Locations {
  const plain = new Map<string, Plain[]>();
  const others = new Map<string, Entry[]>();
  const shared: Entry[] = [];
  const { draft } = translating;
  for (const config of translating.input.constraints.locations) {
    const targets = targetsOf(config, translating);
    if (/^cli-(prefer|ban)-/.test(config.id))
      draft.note(config.id, 'a move of an operator left it; «sempre service move» leaves nothing in the file');
    for (const target of targets) {
      const { thing } = target;
      const found = plainOf(config, target, translating);
      if (found !== null && tops.has(thing.name)) push(plain, thing.name, found);
      else
        for (const entry of entriesOf(config, target, translating))
          if (thing.kind === 'tag') shared.push({ service: thing.name, ...entry });
          else push(others, thing.name, entry);
    }
  }
  const places = new Map<string, Places>();
  for (const [name, thing] of tops) {
    const allowed = allowedBy(name);
    const folded = fold(plain.get(name) ?? [], thing, allowed, translating);
    const more = others.get(name) ?? [];
    // A rule that names the only nodes to look at makes them possible: there a ban has to be said, and not only be left out of «on».
    const opens = folded.on !== null && folded.on.length > 0 && more.some(({ discovery }) => discovery === 'exclusive');
    const bans = (plain.get(name) ?? []).filter(({ score }) => opens && score <= -infinity).map(({ entry }) => entry);
    const open = allowed === null ? null : translating.nodes.filter((node) => allowed.has(node));
    const on = opens && folded.onScore === 0 ? open : folded.on;
    places.set(name, { ...folded, on, locations: [...folded.locations, ...bans, ...more] });
  }
  for (const [name, entries] of others)
    if (!tops.has(name)) places.set(name, { on: null, onScore: 0, locations: entries });
  return { placesOf: (name) => places.get(name) ?? { on: null, onScore: 0, locations: [] }, shared };
}

function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [value]);
  else known.push(value);
}

// ---------------------------------------------------------------- whom it is about

function targetsOf(config: LocationConfig, { names, input, draft }: Translating): readonly Target[] {
  const { subject, role, score } = config;
  const named = (id: string, more: Partial<Target> = {}): readonly Target[] => {
    const thing = names.thing(id);
    return thing === null ? [] : [{ id, thing, role, score, matches: null, ...more }];
  };
  switch (subject.kind) {
    case 'one': {
      const found = named(subject.id);
      if (found.length === 0 && !isLeftOut(subject.id, input))
        draft.note(config.id, `location: there is no ${subject.id}: left out`);
      return found;
    }
    case 'sets':
      return subject.sets.flatMap((set) =>
        set.members.flatMap((id) => named(id, { role: set.role ?? role, score: set.score ?? score })),
      );
    case 'pattern':
      return matching(
        subject.pattern,
        input.resources.map(({ id }) => id),
      ).flatMap(([id, matches]) => named(id, { matches }));
  }
}

const isLeftOut = (id: string, input: Translating['input']): boolean => input.resources.some((each) => each.id === id);

function matching(pattern: string, ids: readonly string[]): [string, Target['matches']][] {
  const isInverted = pattern.startsWith('!');
  const expression = patternOf(isInverted ? pattern.slice(1) : pattern);
  if (expression === null) return [];
  return ids.flatMap((id): [string, Target['matches']][] => {
    const match = expression.match(id);
    return (match === null) === isInverted ? [[id, isInverted ? null : match]] : [];
  });
}

// ---------------------------------------------------------------- entries

/** Null: it says more than points for a node. */
function plainOf(config: LocationConfig, target: Target, { names }: Translating): Plain | null {
  if (config.lifetime.length > 0 || (config.discovery ?? 'always') !== 'always') return null;
  if (config.node !== null && target.score !== null) {
    const node = names.node(config.node);
    if (node === null || isRole(target.role)) return null;
    return { node, score: target.score, entry: { ...idEntry(config), node, score: scoreText(target.score) } };
  }
  const [rule] = config.rules;
  const node = rule === undefined || config.rules.length > 1 ? null : nodeOfRule(rule);
  const name = node === null ? null : names.node(node);
  if (rule === undefined || name === null || rule.score === null || rule.role !== null) return null;
  return { node: name, score: rule.score, entry: { ...idEntry(config), node: name, score: scoreText(rule.score) } };
}

/** `#uname eq NODE` and nothing else. */
function nodeOfRule({ expressions }: Rule): string | null {
  const [only] = expressions;
  if (expressions.length !== 1 || only?.kind !== 'attribute' || only.attribute !== '#uname') return null;
  return only.operation === 'eq' && only.valueSource === null ? only.value : null;
}

/** What is promoted is started first: only these two roles say something of their own. */
const isRole = (role: string | null): boolean => ['promoted', 'stopped'].includes(roleOf(role) ?? '');

function entriesOf(config: LocationConfig, target: Target, translating: Translating): readonly Entry[] {
  const { names, draft } = translating;
  const more = moreEntry(config, translating);
  if (more === null) return [];
  if (config.node !== null && target.score !== null) {
    const node = names.node(config.node);
    if (node === null) draft.note(config.id, `location: there is no node ${config.node}: left out`);
    const role = roleEntry(target.role, target, config.id, draft);
    return node === null || role === null
      ? []
      : [{ ...idEntry(config), node, score: scoreText(target.score), ...role, ...more }];
  }
  return config.rules.flatMap((rule, index) => {
    const entry = entryOfRule(rule, target, config, translating);
    const id = config.rules.length === 1 ? idEntry(config) : idEntry({ ...config, id: `${config.id}-${index + 1}` });
    return entry === null ? [] : [{ ...id, ...entry, ...more }];
  });
}

function entryOfRule(rule: Rule, target: Target, config: LocationConfig, translating: Translating): Entry | null {
  const { names, draft, nodeIds } = translating;
  const text = ruleText(filledIn(rule, target.matches), ['attribute', 'date'], names, nodeIds);
  if (text === null) {
    draft.lose(config.id, 'location: there are no words for its rule here: left out');
    return null;
  }
  const role = rule.role === null ? {} : roleEntry(rule.role, target, config.id, draft);
  if (role === null) return null;
  if (rule.score !== null) return { where: text, score: scoreText(rule.score), ...role };
  if (rule.scoreAttribute !== null && isAttributeName(filled(rule.scoreAttribute, target.matches)))
    return { where: text, 'score-attribute': filled(rule.scoreAttribute, target.matches), ...role };
  return null;
}

const filled = (name: string, matches: Target['matches']): string =>
  matches === null ? name : name.replace(/%(\d)/g, (whole, digit: string) => matches[Number(digit)] || whole);

function filledIn(rule: Rule, matches: Target['matches']): Rule {
  if (matches === null) return rule;
  const expressions = rule.expressions.map((each) => {
    if (each.kind === 'rule') return { ...each, rule: filledIn(each.rule, matches) };
    return each.kind === 'attribute' ? { ...each, attribute: filled(each.attribute, matches) } : each;
  });
  return { ...rule, expressions };
}

/** Null: it is about a role that nothing of it ever has. */
function roleEntry(role: string | null, { thing }: Target, id: string, draft: ImportDraft): Entry | null {
  if (!isRole(role)) return {};
  if (roleOf(role) === 'promoted' && thing.promotable) return { role: 'promoted' };
  draft.note(id, `location: it is about the role ${role}, in which ${thing.name} is never placed: left out`);
  return null;
}

/** Null: it counts at times that there are no words for. */
function moreEntry({ id, discovery, lifetime }: LocationConfig, translating: Translating): Entry | null {
  const while_ = whileEntry(id, lifetime, translating);
  if (while_ === null) return null;
  const word = discovery?.toLowerCase();
  return { ...(word === 'never' || word === 'exclusive' ? { discovery: word } : {}), ...while_ };
}

export function whileEntry(
  id: string,
  lifetime: readonly Rule[],
  { names, draft, nodeIds }: Translating,
): Entry | null {
  const rule = anyOf(lifetime);
  if (rule === null) return {};
  const text = ruleText(rule, ['date'], names, nodeIds);
  if (text !== null) return { while: text };
  draft.lose(id, 'its lifetime asks for more than dates: left out');
  return null;
}

/** By the name that administrators know it by. */
export const idEntry = ({ id }: { readonly id: string }): Entry => (/^[A-Za-z_][\w.:-]{0,99}$/.test(id) ? { id } : {});

// ---------------------------------------------------------------- places in «on»

/** `allowed`: the only nodes, in a cluster where nodes have to be named; null: all but those that are forbidden. */
function fold(
  plain: readonly Plain[],
  { name, promotable }: NamedThing,
  allowed: ReadonlySet<string> | null,
  { nodes, remotes, draft }: Translating,
): Places {
  const banned = new Set(plain.filter(({ score }) => score <= -infinity).map(({ node }) => node));
  const left = nodes.filter((node) => !banned.has(node) && (allowed?.has(node) ?? true));
  if (left.length === 0) {
    draft.note(name, 'locations forbid it everywhere: target-role is Stopped now');
    return { on: [], onScore: 0, locations: [] };
  }
  const rest = plain.filter(({ node }) => !banned.has(node));
  const points = new Map(left.map((node) => [node, 0]));
  for (const { node, score } of rest) points.set(node, addScores(points.get(node) ?? 0, score));
  const sorted = left.toSorted((a, b) => (points.get(b) ?? 0) - (points.get(a) ?? 0));
  const step = promotable ? null : stepOf(sorted.map((node) => points.get(node) ?? 0));
  // A guest runs only what names it.
  const named = left.length < nodes.length || hasGuests(remotes) ? left : null;
  if (step === 0) return { on: named, onScore: 0, locations: [] };
  if (step !== null) return { on: sorted, onScore: step, locations: [] };
  const kept = rest.filter(({ node }) => points.has(node)).map(({ entry }) => entry);
  return { on: named, onScore: 0, locations: kept };
}

const stepMax = 10_000;

/** By how much each is above the next one, down to 0; null: by different amounts. */
function stepOf(points: readonly number[]): number | null {
  const step = points.at(-2) ?? 0;
  const isEven = points.every((each, place) => each === step * (points.length - 1 - place));
  return isEven && step >= 0 && step <= stepMax ? step : null;
}
