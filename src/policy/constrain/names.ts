/** What the ids in constraints mean: a resource, or the members of a template or tag. */
import type { PrimitiveConfig, ResourceConfig } from '../input.ts';
import type { Resource, ResourceIndex, Situation } from '../situation.ts';

export interface Names {
  /** Null: no resource is called so. */
  readonly resourceOf: (id: string) => ResourceIndex | null;
  /** Ids that a template or tag stands for; null: it is neither. */
  readonly membersOf: (id: string) => readonly string[] | null;
}

export function namesOf(situation: Situation): Names {
  const byName = resourcesByName(situation);
  const byTemplate = resourcesByTemplate(situation.input.resources);
  const { tags } = situation.input;
  return {
    resourceOf: (id) => byName.get(id) ?? null,
    membersOf: (id) => byTemplate.get(id) ?? tags.get(id) ?? null,
  };
}

/** The first resource in the configuration that has the id wins; a name in the history of an instance means its whole clone. */
function resourcesByName(situation: Situation): ReadonlyMap<string, ResourceIndex> {
  const byName = new Map<string, ResourceIndex>();
  for (const resource of situation.resources) {
    if (!byName.has(resource.id)) byName.set(resource.id, resource.index);
    if (resource.alias !== null && !byName.has(resource.alias))
      byName.set(resource.alias, topOf(situation.resources, resource).index);
  }
  return byName;
}

/** The outermost collection that it belongs to; of what a bundle contains, the clone inside. */
export function topOf(resources: readonly Resource[], resource: Resource): Resource {
  let top = resource;
  for (;;) {
    const parent = top.parent === null ? undefined : resources[top.parent];
    if (parent === undefined || parent.kind === 'bundle') return top;
    top = parent;
  }
}

function resourcesByTemplate(configs: readonly ResourceConfig[]): ReadonlyMap<string, readonly string[]> {
  const byTemplate = new Map<string, string[]>();
  for (const config of configs)
    for (const { id, template } of primitivesOf(config)) {
      if (template === null) continue;
      const members = byTemplate.get(template);
      if (members === undefined) byTemplate.set(template, [id]);
      else members.push(id);
    }
  return byTemplate;
}

function primitivesOf(config: ResourceConfig): readonly PrimitiveConfig[] {
  switch (config.kind) {
    case 'primitive':
      return [config];
    case 'group':
      return config.members;
    case 'clone':
      return primitivesOf(config.child);
    case 'bundle':
      return config.child === null ? [] : [config.child];
  }
}

/** What one id stands for: itself, or all members of the template or tag. Null: nothing is called so. */
export function expanded(id: string, names: Names): readonly string[] | null {
  return names.resourceOf(id) === null ? names.membersOf(id) : [id];
}

/** The instance of a clone by its number (`rsc-instance` and the like); null: it is no clone or has no such instance. */
export function instanceOf(situation: Situation, clone: ResourceIndex, number: string): ResourceIndex | null {
  const resource = situation.resources[clone]!;
  if (resource.kind !== 'clone') return null;
  return resource.children.find((child) => String(situation.resources[child]!.instance) === number) ?? null;
}
