/** Colocations, orders and tickets, with the words and scores that they have. */
import type { ColocationConfig, OrderConfig, ResourceSet, TicketConfig } from '../../../policy/input.ts';
import { roleOf } from '../../../policy/rule/index.ts';
import { type Entry, isAttributeName, scoreText } from './layers.ts';
import { idEntry, whileEntry } from './locations.ts';
import type { NamedThing } from './names.ts';
import type { Translating } from './translating.ts';

export interface ConstraintEntries {
  readonly colocation: readonly Entry[];
  readonly order: readonly Entry[];
  readonly ticket: readonly Entry[];
}

export function constraintsOf(translating: Translating): ConstraintEntries {
  const { colocations, orders, tickets } = translating.input.constraints;
  return {
    colocation: colocations.flatMap((config) => listed(colocationOf(config, translating))),
    order: orders.flatMap((config) => listed(orderOf(config, translating))),
    ticket: tickets.flatMap((config) => listed(ticketOf(config, translating))),
  };
}

const listed = (entry: Entry | null): readonly Entry[] => (entry === null ? [] : [entry]);

/** Null, with a note: nothing here is called so. */
function thingOf(id: string, of: { readonly id: string }, what: string, translating: Translating): NamedThing | null {
  const thing = translating.names.thing(id);
  if (thing === null) translating.draft.note(of.id, `${what}: nothing here is called ${id}: left out`);
  return thing;
}

// ---------------------------------------------------------------- colocation

function colocationOf(config: ColocationConfig, translating: Translating): Entry | null {
  const { draft } = translating;
  const { link, score, nodeAttribute, influence, lifetime } = config;
  const while_ = whileEntry(config.id, lifetime, translating);
  if (while_ === null) return null;
  if (nodeAttribute !== null && !isAttributeName(nodeAttribute)) {
    draft.lose(config.id, `colocation: «${nodeAttribute}» cannot be the name of an attribute here: left out`);
    return null;
  }
  const more = {
    ...(nodeAttribute === null || nodeAttribute === '#uname' ? {} : { 'node-attribute': nodeAttribute }),
    ...(influence === null ? {} : { influence }),
    ...while_,
  };
  if (link.kind === 'sets') {
    const sets = setsOf(link.sets, config, 'colocation', translating, (set) => ({
      ...roleEntry(set.role, config, translating),
      ...(set.score === null ? {} : { score: scoreText(set.score) }),
    }));
    return sets === null ? null : { ...idEntry(config), sets, score: scoreText(score ?? 0), ...more };
  }
  if (link.dependentInstance !== null || link.primaryInstance !== null) {
    draft.lose(config.id, 'colocation: it names one copy of a clone, and copies have no names here: left out');
    return null;
  }
  const service = thingOf(link.dependent, config, 'colocation', translating);
  const other = thingOf(link.primary, config, 'colocation', translating);
  if (service === null || other === null) return null;
  if ((score ?? 0) === 0 && service.kind !== 'tag') {
    draft.note(config.id, 'colocation: a score of 0 says nothing: left out');
    return null;
  }
  return {
    ...idEntry(config),
    service: service.name,
    with: other.name,
    ...(score === 1_000_000 ? {} : { score: scoreText(score ?? 0) }),
    ...roleEntry(link.dependentRole, config, translating),
    ...renamed(roleEntry(link.primaryRole, config, translating)),
    ...more,
  };
}

const renamed = (entry: Entry): Entry => ('role' in entry ? { 'with-role': entry['role'] } : {});

/** In any role is what is meant where none is said. */
function roleEntry(role: string | null, { id }: { readonly id: string }, { draft }: Translating): Entry {
  if (role === null) return {};
  const word = roleOf(role);
  if (word === null) draft.note(id, `the role «${role}» does not exist: left out`);
  return word === null ? {} : { role: word };
}

// ---------------------------------------------------------------- order

const actions = ['start', 'stop', 'promote', 'demote'];

function orderOf(config: OrderConfig, translating: Translating): Entry | null {
  const { draft } = translating;
  const { link, symmetrical, requireAll, lifetime } = config;
  const while_ = whileEntry(config.id, lifetime, translating);
  if (while_ === null) return null;
  const kind = kindOf(config.kind, config.score);
  const more = {
    ...(kind === 'mandatory' ? {} : { kind }),
    ...(symmetrical === false && kind !== 'serialize' ? { symmetrical: false } : {}),
    ...while_,
  };
  if (link.kind === 'sets') {
    const sets = setsOf(link.sets, config, 'order', translating, (set) => ({
      ...(set.action === null || !actions.includes(set.action) ? {} : { action: set.action }),
      ...setKindEntry(set, kind),
      ...(set.requireAll === false ? { 'require-all': false } : {}),
    }));
    return sets === null ? null : { ...idEntry(config), sets, ...more };
  }
  if (link.firstInstance !== null || link.secondInstance !== null) {
    draft.lose(config.id, 'order: it names one copy of a clone, and copies have no names here: left out');
    return null;
  }
  const first = thingOf(link.first, config, 'order', translating);
  const second = thingOf(link.second, config, 'order', translating);
  if (first === null || second === null) return null;
  const firstAction = link.firstAction ?? 'start';
  const secondAction = link.secondAction ?? firstAction;
  if (!actions.includes(firstAction) || !actions.includes(secondAction)) {
    draft.lose(config.id, `order: there is no action ${firstAction} or ${secondAction} here: left out`);
    return null;
  }
  return {
    ...idEntry(config),
    first: first.name,
    // biome-ignore lint/suspicious/noThenProperty: the word of the field; nothing of this is ever awaited, and a text is no function
    then: second.name,
    ...(firstAction === 'start' ? {} : { 'first-action': firstAction }),
    ...(secondAction === firstAction ? {} : { 'then-action': secondAction }),
    ...(requireAll === false ? { 'require-all': false } : {}),
    ...more,
  };
}

/** How strictly members of a set follow each other, where it says that of its own. */
function setKindEntry({ kind: word, score }: ResourceSet, above: ReturnType<typeof kindOf>): Entry {
  const kind = word === null ? above : kindOf(word, score);
  return kind === above ? {} : { kind };
}

/** From the old `score` only zero says anything. */
function kindOf(word: string | null, score: number | null): 'mandatory' | 'optional' | 'serialize' {
  const kind = word?.toLowerCase() ?? (score === 0 ? 'optional' : 'mandatory');
  return kind === 'optional' || kind === 'serialize' ? kind : 'mandatory';
}

// ---------------------------------------------------------------- tickets

function ticketOf(config: TicketConfig, translating: Translating): Entry | null {
  const { subject, lossPolicy, lifetime } = config;
  const while_ = whileEntry(config.id, lifetime, translating);
  if (while_ === null) return null;
  const word = lossPolicy?.toLowerCase() ?? null;
  const more = {
    ...(word !== null && ['stop', 'demote', 'fence', 'freeze'].includes(word) ? { 'loss-policy': word } : {}),
    ...while_,
  };
  const ticket = ticketName(config.ticket);
  if (subject.kind === 'sets') {
    const sets = setsOf(subject.sets, config, 'ticket', translating, (set) => roleEntry(set.role, config, translating));
    return sets === null ? null : { ...idEntry(config), ticket, sets, ...more };
  }
  const thing = thingOf(subject.id, config, 'ticket', translating);
  if (thing === null) return null;
  return { ...idEntry(config), ticket, service: thing.name, ...roleEntry(subject.role, config, translating), ...more };
}

/** As a name of the cluster file. */
export const ticketName = (id: string): string => {
  const name = id
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
  return /^[a-z]/.test(name) ? name.slice(0, 63) : `t-${name}`.slice(0, 63);
};

// ---------------------------------------------------------------- sets

type SetOwner = 'colocation' | 'order' | 'ticket';

/** Null: nothing of it is left. What a set says for itself and is not taken here is told. */
function setsOf(
  sets: readonly ResourceSet[],
  config: { readonly id: string; readonly score?: number | null },
  what: SetOwner,
  translating: Translating,
  details: (set: ResourceSet) => Entry,
): unknown[] | null {
  const { draft } = translating;
  const found = sets.flatMap((set): unknown[] => {
    for (const said of emptyOf(set, what)) draft.note(config.id, `${what}: ${said} of a set says nothing: left out`);
    const members = set.members.flatMap((id) => thingOf(id, config, what, translating)?.name ?? []);
    const isTurned = what === 'colocation' && isTurnedRound(set, set.score ?? config.score ?? 0);
    if (isTurned && sets.length > 1)
      draft.lose(config.id, 'colocation: one of several sets has its own ordering: left out');
    const services = isTurned && sets.length === 1 ? members.toReversed() : members;
    if (services.length === 0) return [];
    const own = details(set);
    const entry = { ...sequentialEntry(set, 'kind' in own), ...own };
    return [Object.keys(entry).length === 0 ? services : { services: [...new Set(services)], ...entry }];
  });
  return found.length === 0 ? null : found;
}

/** That it is, is only worth a word where its end does not stand for all of it as well. */
const sequentialEntry = ({ sequential }: ResourceSet, hasKind: boolean): Entry =>
  sequential === false || (sequential === true && hasKind) ? { sequential } : {};

/** What a set may say in a constraint of another kind, and nobody heeds in this one. */
function emptyOf({ score, kind, ordering }: ResourceSet, what: SetOwner): readonly string[] {
  return [
    ...(score !== null && what !== 'colocation' ? ['the score'] : []),
    ...(kind !== null && what !== 'order' ? ['the kind'] : []),
    ...(ordering !== null && what !== 'colocation' ? ['the ordering'] : []),
  ];
}

/** Each follows the one behind it, and not the one before it. */
const isTurnedRound = ({ ordering, sequential }: ResourceSet, score: number): boolean =>
  ordering !== null && ordering.toLowerCase() !== 'group' && sequential !== false && score > 0;
