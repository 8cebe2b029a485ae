/** Rules of a cluster without some of their constraints, for cases that are made smaller. */
import type { Rules } from '../src/core/model.ts';

type Kind = (typeof kinds)[number];
type Constraint = Rules[Kind][number];

const kinds = ['locations', 'colocations', 'orders', 'tickets'] as const;

/** Without whatever names a service, a group or a tag: a group or a tag that does goes with all that names it in turn. */
export function withoutNamed(rules: Rules, id: string): Rules {
  const gone = new Set([id]);
  const stay = (ids: readonly string[]): boolean => ids.every((each) => !gone.has(each));
  for (const group of rules.groups) if (!stay(group.members)) gone.add(group.id);
  for (const [tag, ids] of Object.entries(rules.tags)) if (!stay(ids)) gone.add(tag);
  const isLeft = (constraint: Constraint): boolean => stay(namedBy(constraint));
  return {
    ...rules,
    locations: rules.locations.filter(isLeft),
    colocations: rules.colocations.filter(isLeft),
    orders: rules.orders.filter(isLeft),
    tickets: rules.tickets.filter(isLeft),
    tags: Object.fromEntries(Object.entries(rules.tags).filter(([tag]) => !gone.has(tag))),
    groups: rules.groups.filter((group) => !gone.has(group.id)),
  };
}

/** A pattern names nothing: it says what it finds. */
function namedBy(constraint: Constraint): readonly string[] {
  const about = 'link' in constraint ? constraint.link : constraint.subject;
  switch (about.kind) {
    case 'one':
      return [about.id];
    case 'pattern':
      return [];
    case 'pair':
      return 'first' in about ? [about.first, about.second] : [about.dependent, about.primary];
    case 'sets':
      return about.sets.flatMap(({ members }) => members);
  }
}

/** Without the locations of one node. */
export const withoutLocationsOf = (rules: Rules, node: string): Rules => ({
  ...rules,
  locations: rules.locations.filter((location) => location.node !== node),
});

/** One step for each constraint, group and tag, which takes it away. */
export const stepsWithoutEach = (rules: Rules): readonly ((rules: Rules) => Rules)[] => [
  ...kinds.flatMap((kind) =>
    rules[kind].map(
      ({ id }) =>
        (whole: Rules) =>
          withoutOne(whole, kind, id),
    ),
  ),
  ...[...rules.groups.map(({ id }) => id), ...Object.keys(rules.tags)].map(
    (id) => (whole: Rules) => withoutNamed(whole, id),
  ),
];

const withoutOne = (rules: Rules, kind: Kind, id: string): Rules => ({
  ...rules,
  [kind]: rules[kind].filter((constraint) => constraint.id !== id),
});
