/** What a name in a constraint stands for: a service, the members of a group, or what a template or tag stands for. */
import type { Service, ServiceId } from '../../core/model.ts';
import type { Checked } from '../check.ts';
import { listed } from '../groups.ts';
import type { Sections } from '../sections.ts';

export interface Names {
  /** All names that a constraint may use. */
  readonly known: ReadonlySet<string>;
  /** Services in order; empty: nothing is called so, or only what has mistakes elsewhere. */
  readonly servicesOf: (name: string) => readonly Service[];
}

export function namesOf({ file, groups, cluster }: Checked): Names {
  const byId = new Map(cluster.services.map((service) => [service.id, service]));
  const byTemplate = madeFrom(file);
  const tags = new Map(Object.entries(file.policy.tags).map(([tag, members]) => [tag, listed(members)]));
  const idsOf = (name: string): readonly ServiceId[] => {
    if (file.services.has(name)) return [name];
    const members = groups.get(name);
    if (members !== undefined) return members;
    const made = byTemplate.get(name);
    if (made !== undefined) return made;
    return (tags.get(name) ?? []).flatMap((member) => (tags.has(member) ? [] : idsOf(member)));
  };
  const found = new Map<string, readonly Service[]>();
  const servicesOf = (name: string): readonly Service[] => {
    const services = found.get(name) ?? idsOf(name).flatMap((id) => byId.get(id) ?? []);
    found.set(name, services);
    return services;
  };
  return {
    known: new Set([
      ...file.services.keys(),
      ...groups.keys(),
      ...(file.policy.templates?.keys() ?? []),
      ...tags.keys(),
    ]),
    servicesOf,
  };
}

/** The services that are made from each template, in the order of the file. */
export function madeFrom({ policy, services }: Sections): ReadonlyMap<string, readonly ServiceId[]> {
  const made = new Map<string, ServiceId[]>([...(policy.templates?.keys() ?? [])].map((template) => [template, []]));
  for (const [id, service] of services) made.get(service?.template ?? '')?.push(id);
  return made;
}
