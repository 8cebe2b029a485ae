/**
 * Constraints about groups. The engine is asked about members, each for itself: the first one leads the group, so that points for a
 * group count once, and the last one runs only where all of it does, so that who follows a group follows that.
 */
import { infinity } from '../../policy/values.ts';
import type { ColocationConfig, Group, LocationConfig, Rules, ServiceId } from '../model.ts';

export function aboutMembers({ groups, locations, colocations }: Rules): Pick<Rules, 'locations' | 'colocations'> {
  if (groups.length === 0) return { locations, colocations };
  const byId = new Map(groups.map((group) => [group.id, group]));
  return {
    locations: locations.map((location) => withSubject(location, byId)),
    colocations: colocations.map((colocation) => withLink(colocation, byId)),
  };
}

type Groups = ReadonlyMap<string, Group>;

const firstOf = (id: ServiceId, groups: Groups): ServiceId => groups.get(id)?.members[0] ?? id;
const lastOf = (id: ServiceId, groups: Groups): ServiceId => groups.get(id)?.members.at(-1) ?? id;

function withSubject(location: LocationConfig, groups: Groups): LocationConfig {
  const { subject } = location;
  switch (subject.kind) {
    case 'one':
      return { ...location, subject: { kind: 'one', id: firstOf(subject.id, groups) } };
    case 'sets': {
      const sets = subject.sets.map((set) => ({ ...set, members: set.members.map((id) => firstOf(id, groups)) }));
      return { ...location, subject: { kind: 'sets', sets } };
    }
    case 'pattern':
      return location;
  }
}

/**
 * In sets each member stands for itself: they follow each other in the order of the group. Who must keep away from a group
 * keeps away from all that runs of it.
 */
function withLink(colocation: ColocationConfig, groups: Groups): ColocationConfig {
  const { link, score } = colocation;
  if (link.kind === 'sets') return colocation;
  const dependent = firstOf(link.dependent, groups);
  const primary = (score ?? 0) <= -infinity ? link.primary : lastOf(link.primary, groups);
  return { ...colocation, link: { ...link, dependent, primary } };
}
