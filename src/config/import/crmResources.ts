/** Nodes and resources as the crm shell writes them, made into the elements that a CIB has for them. */
import { readPairs, readSet } from './crmSets.ts';
import { type Attributes, childOf, type Element, elementNear } from './element.ts';
import type { Place } from './fault.ts';
import type { Words } from './words.ts';

export function readNode(words: Words): Element {
  const place = words.start;
  const id = words.take(/^\$id=(.+)$/is)?.[0] ?? words.take(/^([\w-]+):$/)?.[0];
  const [, uname = '', type] =
    /^([^:]+)(?::(normal|member|ping|remote))?$/is.exec(words.next('the name of a node').text) ?? [];
  if (uname === '') throw words.fault('the name of a node is missing');
  const node = elementNear(place, 'node', { id: id ?? uname, uname, type, description: readDescription(words) });
  readSections(words, node, { attributes: 'instance_attributes', utilization: 'utilization' }, 'attributes', 'nodes-');
  return node;
}

const readDescription = (words: Words): string | undefined => words.take(/^description=(.*)$/is)?.[0];

/** The names of sections, and of the elements that they become. */
type Sections = Readonly<Record<string, string>>;

const resourceSections: Sections = { params: 'instance_attributes', meta: 'meta_attributes' };
const primitiveSections: Sections = { ...resourceSections, utilization: 'utilization' };

/** `[params] ... meta ... op ...`: what stands before the first name of a section is in the first one. */
function readSections(words: Words, owner: Element, names: Sections, first: string, prefix = ''): void {
  const id = `${prefix}${owner.attributes['id'] ?? ''}`;
  let isFirst = true;
  while (!words.isEnd) {
    const section = words.takeWord(...Object.keys(names));
    if (section === null && !isFirst) break;
    isFirst = false;
    const element = names[section ?? first] ?? '';
    const isSecond = owner.children.some(({ name }) => name === element);
    const set = readSet(words, element, `${id}-${element}${isSecond ? `-${owner.children.length}` : ''}`);
    if (section !== null || set.children.length > 0 || set.attributes['id-ref'] !== undefined) owner.children.push(set);
  }
}

export function readPrimitive(words: Words, element: 'primitive' | 'template'): Element {
  const place = words.start;
  const id = words.next('the name of the resource').text;
  const template = element === 'primitive' ? words.take(/^@(.+)$/s)?.[0] : undefined;
  const agent = template === undefined ? agentOf(words.next('the agent').text) : { template };
  const primitive = elementNear(place, element, { id, ...agent, description: readDescription(words) });
  readSections(words, primitive, primitiveSections, 'params');
  while (!words.isEnd) {
    if (readOperations(words, primitive)) continue;
    const before = words.text;
    readSections(words, primitive, primitiveSections, 'params');
    if (words.text === before) break;
  }
  return primitive;
}

/** Of an agent without a class it is told apart by nobody here whether there is one of another class by that name. */
function agentOf(text: string): Attributes {
  const parts = text.split(':').filter((part) => part !== '');
  const type = parts.at(-1) ?? '';
  if (parts.length >= 3) return { class: parts[0], provider: parts[1], type };
  if (parts.length === 2 && parts[0] !== 'ocf') return { class: parts[0], type };
  return { class: 'ocf', provider: 'heartbeat', type };
}

/** `operations $id=...` or `op NAME name=value ...`. */
function readOperations(words: Words, owner: Element): boolean {
  const place = words.place;
  if (words.takeWord('operations') !== null) {
    const reference = words.take(/^\$id-ref=(.+)$/is)?.[0];
    const id = words.take(/^\$id=(.+)$/is)?.[0];
    const attributes = reference === undefined ? { id } : { 'id-ref': reference };
    owner.children.push(elementNear(place, 'operations', attributes));
    return true;
  }
  if (words.takeWord('op') === null) return false;
  addOperation(owner, readOperation(words, place, owner));
  return true;
}

function addOperation(owner: Element, operation: Element): void {
  let operations = childOf(owner, 'operations');
  if (operations === null) {
    operations = elementNear(owner, 'operations', {});
    owner.children.push(operations);
  }
  operations.children.push(operation);
}

const operationAttributes = new Set([
  ...['id', 'interval', 'timeout', 'start-delay', 'interval-origin', 'on-fail', 'enabled', 'disabled', 'role'],
  ...['requires', 'record-pending', 'description', 'prereq'],
]);

/** What is no attribute of operations is a parameter of this one. */
function readOperation(words: Words, place: Place, owner: Element): Element {
  const name = words.next('the name of the operation').text;
  const attributes: Attributes = { name, interval: '0' };
  const parameters: Element[] = [];
  for (const pair of readPairs(words)) {
    const key = pair.attributes['name'] ?? '';
    if (operationAttributes.has(key) && pair.attributes['value'] !== undefined)
      attributes[key] = pair.attributes['value'];
    else parameters.push(pair);
  }
  const id = attributes['id'] ?? `${owner.attributes['id'] ?? ''}-${name}-${attributes['interval'] ?? ''}`;
  const operation = elementNear(place, 'op', { ...attributes, id });
  if (parameters.length > 0)
    operation.children.push(elementNear(place, 'instance_attributes', { id: `${id}-instance_attributes` }, parameters));
  if (words.text === 'op_params' || words.text === 'op_meta')
    readSections(words, operation, { op_params: 'instance_attributes', op_meta: 'meta_attributes' }, 'op_params');
  return operation;
}

/** A resource that names others, which are put into it when all are known. */
export interface Collection {
  readonly element: Element;
  readonly members: readonly (Place & { readonly text: string })[];
}

export function readGroup(words: Words): Collection {
  const group = elementNear(words.start, 'group', { id: words.next('the name of the group').text });
  const members: (Place & { text: string })[] = [];
  while (!words.isEnd && !/=|^(params|meta)$/i.test(words.text)) members.push(words.next('a member'));
  if (members.length === 0) throw words.fault('a member of the group is missing');
  group.attributes['description'] = readDescription(words);
  readSections(words, group, resourceSections, 'params');
  return { element: group, members };
}

export function readClone(words: Words, element: 'clone' | 'master'): Collection {
  const clone = elementNear(words.start, element, { id: words.next('the name of the clone').text });
  const member = words.next('the resource to make instances of');
  clone.attributes['description'] = readDescription(words);
  readSections(words, clone, resourceSections, 'params');
  return { element: clone, members: [member] };
}

const bundleParts = new Set(['docker', 'podman', 'rkt', 'network', 'storage']);

export function readBundle(words: Words): Collection {
  const bundle = elementNear(words.start, 'bundle', { id: words.next('the name of the bundle').text });
  const members: (Place & { text: string })[] = [];
  bundle.attributes['description'] = readDescription(words);
  while (!words.isEnd) {
    const place = words.place;
    const word = words.text.toLowerCase();
    if (word === 'meta') readSections(words, bundle, { meta: 'meta_attributes' }, 'meta');
    else if (words.takeWord('primitive') !== null) members.push(words.next('a primitive'));
    else if (bundleParts.has(word)) bundle.children.push(readPart(words, place));
    else break;
  }
  return { element: bundle, members };
}

/** `network name=value ... port-mapping name=value ...` and the like. */
function readPart(words: Words, place: Place): Element {
  const part = elementNear(place, words.next('a part of a bundle').text.toLowerCase(), {});
  let at = part;
  for (;;) {
    for (const { attributes } of readPairs(words)) at.attributes[attributes['name'] ?? ''] = attributes['value'] ?? '';
    const where = words.place;
    const inner = words.takeWord('port-mapping', 'storage-mapping');
    if (inner === null) return part;
    at = elementNear(where, inner, {});
    part.children.push(at);
  }
}

/** `monitor RESOURCE[:ROLE] INTERVAL[:TIMEOUT]`; the id of the resource and its operation. */
export function readMonitor(words: Words): {
  readonly resource: Place & { readonly text: string };
  readonly add: (to: Element) => void;
} {
  const place = words.start;
  const target = words.next('the resource');
  const [id = '', role] = target.text.split(':');
  const [interval, timeout] = words.next('the interval').text.split(':');
  const attributes = { id: `${id}-monitor-${interval}`, name: 'monitor', interval, timeout, role };
  const add = (to: Element): void => addOperation(to, elementNear(place, 'op', attributes));
  return { resource: { ...target, text: id }, add };
}
