/** Resources of a CIB: templates worked in, references resolved. */
import type {
  AgentName,
  AttributeSet,
  BundleConfig,
  CloneConfig,
  GroupConfig,
  OperationConfig,
  PrimitiveConfig,
  ResourceConfig,
} from '../../policy/input.ts';
import { infinity } from '../../policy/values.ts';
import { setsOf } from './cibSets.ts';
import {
  attributeOf,
  attributesBut,
  childOf,
  childrenOf,
  describe,
  type Element,
  faultAt,
  requiredOf,
} from './element.ts';
import { roleOf } from './numbers.ts';
import type { Reading } from './reading.ts';

export function resourcesOf(reading: Reading, resources: Element | null): ResourceConfig[] {
  const reader = new ResourceReader(reading, resources);
  const found: ResourceConfig[] = [];
  for (const element of resources?.children ?? [])
    if (element.name !== 'template') found.push(reader.resource(element));
  return found;
}

const technologies: readonly string[] = ['docker', 'podman', 'rkt'];
const idReason = 'histories and constraints name it by that';

class ResourceReader {
  readonly #reading: Reading;
  readonly #templates = new Map<string, Element>();
  /** Where each id was first used. */
  readonly #seen = new Map<string, Element>();

  constructor(reading: Reading, resources: Element | null) {
    this.#reading = reading;
    for (const template of childrenOf(resources, 'template'))
      this.#templates.set(requiredOf(template, 'id', 'resources name it by that'), template);
  }

  resource(element: Element): ResourceConfig {
    switch (element.name) {
      case 'primitive':
        return this.#primitive(element);
      case 'group':
        return this.#group(element);
      case 'clone':
      case 'master':
        return this.#clone(element);
      case 'bundle':
        return this.#bundle(element);
      default:
        throw faultAt(element, `<${element.name}> is no kind of resource`);
    }
  }

  #id(element: Element): string {
    const id = requiredOf(element, 'id', idReason);
    const other = this.#seen.get(id);
    if (other !== undefined)
      throw faultAt(element, `${describe(element)}: line ${other.line} has a resource of that id already`);
    this.#seen.set(id, element);
    return id;
  }

  #primitive(element: Element): PrimitiveConfig {
    const id = this.#id(element);
    const template = this.#templateOf(element);
    const layers = template === null ? [element] : [template, element];
    const sets = (name: string): AttributeSet[] => layers.flatMap((layer) => setsOf(this.#reading, layer, name));
    return {
      kind: 'primitive',
      id,
      agent: agentOf(template ?? element),
      template: attributeOf(element, 'template'),
      meta: today(sets('meta_attributes')),
      parameters: sets('instance_attributes'),
      utilization: sets('utilization'),
      operations: operationsOf(this.#reading, element, template),
    };
  }

  #templateOf(element: Element): Element | null {
    const name = attributeOf(element, 'template');
    if (name === null) return null;
    const template = this.#templates.get(name);
    if (template === undefined) throw faultAt(element, `${describe(element)}: there is no template ${name}`);
    return template;
  }

  #group(element: Element): GroupConfig {
    const id = this.#id(element);
    const members = childrenOf(element, 'primitive').map((member) => this.#primitive(member));
    return { kind: 'group', id, ...this.#sets(element), members };
  }

  #clone(element: Element): CloneConfig {
    const id = this.#id(element);
    const { meta, parameters } = this.#sets(element);
    const [child, second] = element.children.filter(({ name }) => name === 'primitive' || name === 'group');
    if (child === undefined)
      throw faultAt(element, `${describe(element)} has neither a primitive nor a group to make instances of`);
    if (second !== undefined)
      throw faultAt(second, `${describe(element)} has more than one resource: put them into a group`);
    return {
      kind: 'clone',
      id,
      meta: element.name === 'master' ? [...meta, promotable(id)] : meta,
      parameters,
      child: child.name === 'group' ? this.#group(child) : this.#primitive(child),
    };
  }

  #sets(element: Element): { meta: readonly AttributeSet[]; parameters: readonly AttributeSet[] } {
    return {
      meta: today(setsOf(this.#reading, element, 'meta_attributes')),
      parameters: setsOf(this.#reading, element, 'instance_attributes'),
    };
  }

  #bundle(element: Element): BundleConfig {
    const id = this.#id(element);
    const container = element.children.find(({ name }) => technologies.includes(name));
    if (container === undefined)
      throw faultAt(element, `${describe(element)} has no container (${technologies.join(', ')})`);
    const network = childOf(element, 'network');
    const child = childOf(element, 'primitive');
    return {
      kind: 'bundle',
      id,
      meta: today(setsOf(this.#reading, element, 'meta_attributes')),
      technology: container.name,
      container: attributesBut(container),
      network: network === null ? null : attributesBut(network, 'id'),
      ports: childrenOf(network, 'port-mapping').map((port) => attributesBut(port)),
      storage: childrenOf(childOf(element, 'storage'), 'storage-mapping').map((storage) => attributesBut(storage)),
      child: child === null ? null : this.#primitive(child),
    };
  }
}

/** A `<master>` is promotable whatever its sets say. */
const promotable = (id: string): AttributeSet => ({
  id: `${id}-promotable`,
  score: infinity,
  rule: null,
  values: [['promotable', 'true']],
});

const agentOf = (element: Element): AgentName => ({
  standard: requiredOf(element, 'class', 'it says what kind of agent runs it'),
  provider: attributeOf(element, 'provider') ?? '',
  type: requiredOf(element, 'type', 'it is the name of its agent'),
});

const newNames: ReadonlyMap<string, string> = new Map([
  ['master-max', 'promoted-max'],
  ['master-node-max', 'promoted-node-max'],
]);

/** Meta attributes in today's words. Where both names of one are used, the old one is left as it is, and counts for nothing. */
export function today(sets: readonly AttributeSet[]): AttributeSet[] {
  const used = new Set(sets.flatMap(({ values }) => values.map(([name]) => name)));
  const nameOf = (name: string): string => {
    const newName = newNames.get(name);
    return newName === undefined || used.has(newName) ? name : newName;
  };
  return sets.map((set) => ({
    ...set,
    values: set.values.map(([name, value]) => [nameOf(name), name === 'target-role' ? roleOf(value) : value] as const),
  }));
}

/** Those of the primitive, then those of its template that it does not replace. */
function operationsOf(reading: Reading, element: Element, template: Element | null): OperationConfig[] {
  const own = operationsIn(reading, element);
  if (template === null) return own;
  const replaced = new Set(own.map(replaceKey));
  return [...own, ...operationsIn(reading, template).filter((operation) => !replaced.has(replaceKey(operation)))];
}

/** Roles in which a resource merely runs are one. */
function replaceKey({ name, attributes }: OperationConfig): string {
  const role = attributes.get('role') ?? '';
  return `${name} ${role === 'Started' || role === 'Unpromoted' ? '' : role}`;
}

function operationsIn(reading: Reading, element: Element): OperationConfig[] {
  const found: OperationConfig[] = [];
  for (const operations of childrenOf(element, 'operations'))
    for (const op of childrenOf(reading.resolve(operations), 'op')) {
      const resolved = reading.resolve(op);
      if (resolved !== null) found.push(operationOf(reading, resolved));
    }
  return found;
}

function operationOf(reading: Reading, element: Element): OperationConfig {
  const attributes = new Map(attributesBut(element, 'id', 'name', 'description'));
  const role = attributes.get('role');
  if (role !== undefined) attributes.set('role', roleOf(role));
  return {
    id: element.attributes['id'] ?? '',
    name: requiredOf(element, 'name', 'it says what is done'),
    attributes,
    meta: setsOf(reading, element, 'meta_attributes'),
    parameters: setsOf(reading, element, 'instance_attributes'),
  };
}
