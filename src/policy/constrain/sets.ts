/** Sets of resources as constraints list them, tags and templates replaced by what they stand for. */
import type { ResourceSet } from '../input.ts';
import type { ResourceIndex } from '../situation.ts';
import { expanded, type Names } from './names.ts';

/** A member that nothing is called by ends what can be made of its set: it is null, and nothing follows it. */
export interface Members {
  readonly set: ResourceSet;
  readonly resources: readonly (ResourceIndex | null)[];
}

export function membersOf(set: ResourceSet, names: Names): Members {
  const resources: (ResourceIndex | null)[] = [];
  for (const member of set.members) {
    const ids = expanded(member, names);
    if (ids === null) return { set, resources: [...resources, null] };
    for (const id of ids) resources.push(names.resourceOf(id));
  }
  return { set, resources };
}

/** One side of a constraint of two as a set: for constraints where the other side is a tag. */
export function asSet(
  id: string,
  names: Names,
  more: { readonly role?: string | null; readonly action?: string | null },
) {
  const isTag = names.resourceOf(id) === null;
  const set: ResourceSet = {
    id,
    members: [id],
    role: more.role ?? null,
    action: more.action ?? null,
    score: null,
    kind: null,
    sequential: isTag ? false : null,
    requireAll: null,
    ordering: null,
  };
  return set;
}

/** All members before the first that nothing is called by. */
export function known(members: Members): readonly ResourceIndex[] {
  const found: ResourceIndex[] = [];
  for (const resource of members.resources) {
    if (resource === null) break;
    found.push(resource);
  }
  return found;
}

/** Every member is there. */
export const isWhole = (members: Members): boolean => !members.resources.includes(null);
