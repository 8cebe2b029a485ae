/** What a name in a constraint stands for: a service, the members of a group, or what a template or tag stands for. */
import type { Service, ServiceId } from '../../core/model.ts';
import type { Checked } from '../check.ts';
import { listed } from '../groups.ts';

export interface Names {
  /** All names that a constraint may use. */
  readonly known: ReadonlySet<string>;
  /** Services in order; empty: nothing is called so, or only what has mistakes elsewhere. */
  readonly servicesOf: (name: string) => readonly Service[];
}

export function namesOf({ file, groups, cluster }: Checked): Names {
  const byId = new Map(cluster.services.map((service) => [service.id, service]));
  const tags = new Map(Object.entries(file.policy.tags).map(([tag, members]) => [tag, listed(members)]));
  const idsOf = (name: string): readonly ServiceId[] => {
    if (file.services.has(name)) return [name];
    const members = groups.get(name);
    if (members !== undefined) return members;
    if (file.policy.templates?.has(name))
      return [...file.services].flatMap(([id, service]) => (service?.template === name ? [id] : []));
    return (tags.get(name) ?? []).flatMap((member) => (tags.has(member) ? [] : idsOf(member)));
  };
  return {
    known: new Set([
      ...file.services.keys(),
      ...groups.keys(),
      ...(file.policy.templates?.keys() ?? []),
      ...tags.keys(),
    ]),
    servicesOf: (name) => idsOf(name).flatMap((id) => byId.get(id) ?? []),
  };
}
