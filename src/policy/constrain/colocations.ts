/** Colocation constraints: pairs, sets and tags made into «dependent with primary». */
import type { Colocation } from '../constraints.ts';
import type { ColocationConfig } from '../input.ts';
import { roleOf } from '../rule/index.ts';
import type { ResourceIndex, Situation } from '../situation.ts';
import type { Role } from '../values.ts';
import { isAlive } from './locations.ts';
import { instanceOf, type Names } from './names.ts';
import { asSet, isWhole, known, type Members, membersOf } from './sets.ts';

type Pair = Extract<ColocationConfig['link'], { readonly kind: 'pair' }>;

/** What all colocations of one constraint have in common. */
interface Making {
  readonly situation: Situation;
  readonly config: ColocationConfig;
  readonly into: Colocation[];
}

export function colocationsOf(situation: Situation, names: Names, notes: string[]): Colocation[] {
  const into: Colocation[] = [];
  for (const config of situation.input.constraints.colocations) {
    if (!isAlive(config.lifetime, situation.input.nowS)) continue;
    const making = { situation, config, into };
    const sets = setsOf(config, names);
    if (sets !== null) fromSets(making, sets);
    else if (!fromPair(making, config.link as Pair, names))
      notes.push(`colocation ${config.id}: a resource that it names does not exist`);
  }
  return into;
}

/** Null: it is a pair of two resources, which need no sets. */
function setsOf(config: ColocationConfig, names: Names): readonly Members[] | null {
  const { link } = config;
  if (link.kind === 'sets') return link.sets.map((set) => membersOf(set, names));
  const isTag = (id: string): boolean => names.resourceOf(id) === null && names.membersOf(id) !== null;
  const tags = [link.dependent, link.primary].filter(isTag).length;
  if (tags === 0) return null;
  // Two tags cannot be colocated: nobody could say which of their members belong together.
  if (tags === 2) return [];
  const dependent = asSet(link.dependent, names, { role: link.dependentRole });
  const primary = asSet(link.primary, names, { role: link.primaryRole });
  return [membersOf(dependent, names), membersOf(primary, names)];
}

function fromPair(making: Making, link: Pair, names: Names): boolean {
  const dependent = sideOf(making.situation, names, link.dependent, link.dependentInstance);
  const primary = sideOf(making.situation, names, link.primary, link.primaryInstance);
  if (dependent === null || primary === null) return false;
  const { id, score, nodeAttribute } = making.config;
  add(making, id, score ?? 0, dependent, link.dependentRole, primary, link.primaryRole, nodeAttribute);
  return true;
}

function sideOf(situation: Situation, names: Names, id: string, instance: string | null): ResourceIndex | null {
  const resource = names.resourceOf(id);
  return resource === null || instance === null ? resource : instanceOf(situation, resource, instance);
}

function fromSets(making: Making, sets: readonly Members[]): void {
  for (const [i, members] of sets.entries()) {
    inside(making, members);
    const before = sets[i - 1];
    if (before !== undefined) between(making, before, members);
  }
}

/** Each with the one before it; `ordering` other than `group` turns that round; to keep apart takes every pair. */
function inside(making: Making, members: Members): void {
  const { set } = members;
  const score = set.score ?? making.config.score ?? 0;
  if (set.sequential === false) return;
  const resources = known(members);
  const isForward = set.ordering === null || set.ordering.toLowerCase() === 'group';
  for (const [i, resource] of resources.entries()) {
    if (score < 0)
      for (const other of resources.slice(0, i)) {
        if (other === resource) break;
        add(making, set.id, score, resource, set.role, other, set.role);
      }
    else if (i > 0) {
      const before = resources[i - 1]!;
      const [dependent, primary] = isForward ? [resource, before] : [before, resource];
      add(making, set.id, score, dependent, set.role, primary, set.role);
    }
  }
}

/** The first of a sequential set stands for it as the dependent, the last as the primary. */
function between(making: Making, dependents: Members, primaries: Members): void {
  if (!isWhole(dependents) || !isWhole(primaries)) return;
  const from = dependents.set.sequential === false ? known(dependents) : known(dependents).slice(0, 1);
  const to = primaries.set.sequential === false ? known(primaries) : known(primaries).slice(-1);
  for (const dependent of from)
    for (const primary of to)
      add(
        making,
        making.config.id,
        making.config.score ?? 0,
        dependent,
        dependents.set.role,
        primary,
        primaries.set.role,
      );
}

function add(
  making: Making,
  id: string,
  score: number,
  dependent: ResourceIndex,
  dependentRole: string | null,
  primary: ResourceIndex,
  primaryRole: string | null,
  attribute: string | null = null,
): void {
  if (score === 0) return;
  const influence = making.config.influence ?? making.situation.resources[dependent]!.meta.critical;
  making.into.push({
    id,
    attribute,
    dependent,
    dependentRole: roleOfSide(dependentRole),
    primary,
    primaryRole: roleOfSide(primaryRole),
    score,
    influence,
  });
}

/** `Started` says nothing: what is anywhere is started. */
function roleOfSide(text: string | null): Role | null {
  const role = roleOf(text);
  return role === 'started' ? null : role;
}
