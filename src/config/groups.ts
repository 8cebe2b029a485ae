/** Answers «who is in which group, and what do the names in `on`, `needs` and `with` stand for?» */
import type { NodeId, ServiceId } from '../core/model.ts';
import type { NodeFile } from './schema.ts';
import type { Sections, Ties } from './sections.ts';

/** Members in the order of the file, also those with mistakes elsewhere in them. */
export type Groups = ReadonlyMap<string, readonly ServiceId[]>;

export function groupsOf(sections: Sections): Groups {
  const groups = new Map<string, ServiceId[]>();
  for (const [id, { group }] of sections.ties) {
    if (group === undefined) continue;
    const members = groups.get(group);
    if (members === undefined) groups.set(group, [id]);
    else members.push(id);
  }
  return groups;
}

export const listed = <T>(value: T | readonly T[] | undefined): readonly T[] =>
  value === undefined ? [] : isList(value) ? value : [value];

const isList = <T>(value: T | readonly T[]): value is readonly T[] => Array.isArray(value);

/**
 * Nodes that may run it, as written: its own list, else that of its group, else that of the first member of it that has one, else all
 * but guests. A guest runs what names it: a machine, or what that relies on, would else run on its own guest.
 */
export function nodesFor(service: Ties, sections: Sections, groups: Groups): readonly NodeId[] {
  if (service.on !== undefined) return listed(service.on);
  const ofGroup = sections.policy.groups?.get(service.group ?? '')?.on;
  if (ofGroup !== undefined) return listed(ofGroup);
  for (const member of groups.get(service.group ?? '') ?? []) {
    const on = sections.ties.get(member)?.on;
    if (on !== undefined) return listed(on);
  }
  return [...sections.nodes].flatMap(([id, node]) => (isGuest(node) ? [] : [id]));
}

export const isGuest = (node: NodeFile | null | undefined): boolean =>
  node != null && typeof node === 'object' && 'guest' in node && node.guest !== undefined;

/**
 * The services that `needs` or `with` comes down to. A group stands for its last member, which in turn needs all others;
 * a member of a group also needs, and runs with, the member before it.
 */
export function tiesOf(
  id: ServiceId,
  service: Ties,
  tie: 'needs' | 'with',
  sections: Sections,
  groups: Groups,
): ServiceId[] {
  const own = listed(service[tie]).flatMap((target) => {
    if (sections.services.has(target)) return [target];
    return groups.get(target)?.slice(-1) ?? [];
  });
  const members = groups.get(service.group ?? '') ?? [];
  const before = members[members.indexOf(id) - 1];
  return [...new Set(before === undefined ? own : [...own, before])];
}
