/** Constraints, tags, tickets, options and groups of the file, in the form of the core. */
import type { Group, Rules, Service } from '../../core/model.ts';
import type {
  ColocationConfig,
  LocationConfig,
  OrderConfig,
  ResourceSet,
  Rule,
  Subject,
  TicketConfig,
} from '../../policy/input.ts';
import { plainSet } from '../../policy/plain.ts';
import { type Groups, listed } from '../groups.ts';
import { ruleOf } from '../rule/parse.ts';
import type { Sections } from '../sections.ts';
import type { ColocationFile, LocationFile, OrderFile, SetFile, TicketFile } from './constraintSchema.ts';
import { madeFrom } from './names.ts';
import { type ScoreFile, scoreOf } from './scalars.ts';
import { metaTexts } from './traits.ts';

export function rulesFrom(sections: Sections, groups: Groups, services: readonly Service[]): Rules {
  const { policy } = sections;
  return {
    locations: [
      ...[...sections.services].flatMap(([id, service]) => ownLocations(id, service?.location)),
      ...[...(policy.groups ?? [])].flatMap(([id, group]) => ownLocations(id, group?.location)),
      ...each(policy.locations, (file, index) => locationOf(file, `location-${index}`, subjectOf(file))),
    ],
    colocations: each(policy.colocations, colocationOf),
    orders: each(policy.orders, orderOf),
    tickets: each(policy.tickets, ticketOf),
    ticketStates: policy.ticketStates,
    options: metaTexts(policy.options),
    tags: tagsOf(sections),
    groups: [...groups].map(([id, members]) => groupOf(id, members, sections, services)),
  };
}

/** Counted from 1, as they are called. Broken ones are left out. */
const each = <File, T>(files: readonly (File | null)[], read: (file: File, index: number) => T): T[] =>
  files.flatMap((file, index) => (file === null ? [] : [read(file, index + 1)]));

const ownLocations = (id: string, files: readonly LocationFile[] = []): LocationConfig[] =>
  files.map((file, index) => locationOf(file, `${id}-location-${index + 1}`, { kind: 'one', id }));

function subjectOf({ service, services, pattern }: LocationFile): Subject {
  if (pattern !== undefined) return { kind: 'pattern', pattern };
  if (services !== undefined) return { kind: 'sets', sets: [plainSet('', services)] };
  return { kind: 'one', id: service ?? '' };
}

function locationOf(file: LocationFile, defaultId: string, subject: Subject): LocationConfig {
  const id = file.id ?? defaultId;
  const score = scoreOrNull(file.score);
  const { where } = file;
  return {
    id,
    subject,
    node: file.node ?? null,
    score: where === undefined ? score : null,
    role: file.role ?? null,
    discovery: file.discovery ?? null,
    rules:
      // Where there is a rule, its role is the one that counts.
      where === undefined
        ? []
        : [{ ...ruleOf(where, id), score, scoreAttribute: file['score-attribute'] ?? null, role: file.role ?? null }],
    lifetime: lifetimeOf(file.while, id),
  };
}

const scoreOrNull = (score: ScoreFile | undefined): number | null => (score === undefined ? null : scoreOf(score));

const lifetimeOf = (text: string | undefined, id: string): readonly Rule[] =>
  text === undefined ? [] : [ruleOf(text, `${id}-while`)];

function colocationOf(file: ColocationFile, index: number): ColocationConfig {
  const id = file.id ?? `colocation-${index}`;
  return {
    id,
    score: scoreOf(file.score ?? 'inf'),
    nodeAttribute: file['node-attribute'] ?? null,
    influence: file.influence ?? null,
    lifetime: lifetimeOf(file.while, id),
    link: setLink(id, file.sets) ?? {
      kind: 'pair',
      dependent: file.service ?? '',
      dependentRole: file.role ?? null,
      dependentInstance: null,
      primary: file.with ?? '',
      primaryRole: file['with-role'] ?? null,
      primaryInstance: null,
    },
  };
}

function orderOf(file: OrderFile, index: number): OrderConfig {
  const id = file.id ?? `order-${index}`;
  return {
    id,
    kind: file.kind ?? 'mandatory',
    score: null,
    symmetrical: file.symmetrical ?? null,
    requireAll: file['require-all'] ?? null,
    lifetime: lifetimeOf(file.while, id),
    link: setLink(id, file.sets) ?? {
      kind: 'pair',
      first: file.first ?? '',
      firstAction: file['first-action'] ?? null,
      firstInstance: null,
      second: file.then ?? '',
      secondAction: file['then-action'] ?? null,
      secondInstance: null,
    },
  };
}

function ticketOf(file: TicketFile, index: number): TicketConfig {
  const id = file.id ?? `ticket-${index}`;
  return {
    id,
    ticket: file.ticket,
    lossPolicy: file['loss-policy'] ?? null,
    lifetime: lifetimeOf(file.while, id),
    subject: setLink(id, file.sets) ?? { kind: 'one', id: file.service ?? '', role: file.role ?? null },
  };
}

const setLink = (id: string, sets: readonly SetFile[] | undefined) =>
  sets === undefined
    ? null
    : ({ kind: 'sets', sets: sets.map((set, index) => setOfFile(`${id}-${index + 1}`, set)) } as const);

export const membersOfSet = (set: SetFile): readonly string[] => ('services' in set ? set.services : set);

function setOfFile(id: string, set: SetFile): ResourceSet {
  if (!('services' in set)) return plainSet(id, set);
  return {
    ...plainSet(id, set.services),
    role: ('role' in set && set.role) || null,
    action: ('action' in set && set.action) || null,
    score: 'score' in set ? scoreOrNull(set.score) : null,
    kind: ('kind' in set && set.kind) || null,
    sequential: set.sequential ?? null,
    requireAll: 'require-all' in set ? (set['require-all'] ?? null) : null,
  };
}

/** A template stands for the services that are made from it. */
const tagsOf = (sections: Sections): Record<string, readonly string[]> =>
  Object.fromEntries([
    ...Object.entries(sections.policy.tags).map(([tag, members]) => [tag, listed(members)] as const),
    ...madeFrom(sections),
  ]);

function groupOf(id: string, members: readonly string[], { policy }: Sections, services: readonly Service[]): Group {
  const file = policy.groups?.get(id);
  const isCopied = file?.promotable !== undefined || (file?.instances ?? 'one') !== 'one';
  const first = services.find((service) => service.id === members[0]);
  return { id, members, clone: isCopied && first?.clone === true, meta: metaTexts(file?.meta) };
}
