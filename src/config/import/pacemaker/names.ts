/** Names of the cluster file for the ids of a CIB. */
import type { Input, PrimitiveConfig, ResourceConfig } from '../../../policy/input.ts';
import { nameFor } from '../fromHeartbeatText.ts';
import type { ImportDraft } from './draft.ts';

/** What an id of a CIB is in the cluster file. */
export interface NamedThing {
  readonly name: string;
  readonly kind: 'service' | 'group' | 'tag';
  /** Copies of it run. */
  readonly clone: boolean;
  /** Its copies have roles. */
  readonly promotable: boolean;
}

export interface ImportNames {
  readonly node: (id: string) => string | null;
  /** By the id of a resource, template or tag; null: it has none here. */
  readonly thing: (id: string) => NamedThing | null;
  /** Names that were given to groups, services and tags alike. */
  readonly taken: ReadonlySet<string>;
}

/** Resources in the order of the configuration; without those that have no place in the cluster file. */
export function namesOf(
  input: Input,
  resources: readonly ResourceConfig[],
  isPromotable: (clone: string) => boolean,
  draft: ImportDraft,
): ImportNames {
  const nodes = new Map<string, string>();
  const takenByNodes = new Set<string>();
  for (const { name, type } of input.nodes) {
    if (type !== 'member' || nodes.has(name)) continue;
    const short = nameFor(name, takenByNodes);
    takenByNodes.add(short);
    nodes.set(name, short);
    if (short !== name)
      draft.note(
        name,
        `the node is called ${short} now: its daemon is told so by --node ${short}, or rename the machine`,
      );
  }
  const taken = new Set<string>();
  const things = new Map<string, NamedThing>();
  const add = (id: string, like: Omit<NamedThing, 'name'>): NamedThing => {
    const name = nameFor(id, taken);
    taken.add(name);
    const thing = { name, ...like };
    things.set(id, thing);
    return thing;
  };
  for (const resource of resources) {
    const plain = { clone: false, promotable: false };
    if (resource.kind === 'primitive') add(resource.id, { kind: 'service', ...plain });
    if (resource.kind === 'group') addGroup(resource, plain, add);
    if (resource.kind === 'bundle') {
      // What runs inside has no name of its own.
      const thing = add(resource.id, { kind: 'service', clone: true, promotable: isPromotable(resource.id) });
      if (resource.child !== null) things.set(resource.child.id, thing);
    }
    if (resource.kind !== 'clone') continue;
    const copies = { clone: true, promotable: isPromotable(resource.id) };
    // A clone and what it has copies of are one thing, called as that is called.
    const thing =
      resource.child.kind === 'group'
        ? addGroup(resource.child, copies, add)
        : add(resource.child.id, { kind: 'service', ...copies });
    things.set(resource.id, thing);
  }
  for (const id of [...templatesOf(resources), ...input.tags.keys()])
    if (!things.has(id)) add(id, { kind: 'tag', clone: false, promotable: false });
  const small = new Map([...nodes].map(([name, now]) => [name.toLowerCase(), now]));
  return {
    node: (name) => nodes.get(name) ?? small.get(name.toLowerCase()) ?? null,
    thing: (id) => things.get(id) ?? null,
    taken,
  };
}

function addGroup(
  { id, members }: Extract<ResourceConfig, { kind: 'group' }>,
  copies: Pick<NamedThing, 'clone' | 'promotable'>,
  add: (id: string, like: Omit<NamedThing, 'name'>) => NamedThing,
): NamedThing {
  const group = add(id, { kind: 'group', ...copies });
  for (const member of members) add(member.id, { kind: 'service', ...copies });
  return group;
}

export const primitivesOf = (resource: ResourceConfig): readonly PrimitiveConfig[] => {
  switch (resource.kind) {
    case 'primitive':
      return [resource];
    case 'group':
      return resource.members;
    case 'clone':
      return primitivesOf(resource.child);
    case 'bundle':
      return resource.child === null ? [] : [resource.child];
  }
};

/** Templates that something is made from. */
const templatesOf = (resources: readonly ResourceConfig[]): readonly string[] =>
  resources.flatMap(primitivesOf).flatMap(({ template }) => (template === null ? [] : [template]));
