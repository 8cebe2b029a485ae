/**
 * Reads what `crm configure show` prints: the configuration of a Pacemaker cluster in the language of the crm shell. Each statement
 * becomes the element that it has in a CIB; from there on it is read like one.
 */
import type { Input } from '../../policy/input.ts';
import type { CibOptions } from './cib.ts';
import { HistoryTaker } from './cibHistory.ts';
import { inputOf } from './cibInput.ts';
import { upgrade } from './cibUpgrade.ts';
import { readColocation, readLocation, readOrder, readTicket } from './crmConstraints.ts';
import {
  type Collection,
  readBundle,
  readClone,
  readGroup,
  readMonitor,
  readNode,
  readPrimitive,
} from './crmResources.ts';
import { readSet } from './crmSets.ts';
import { type Statement, statementsOf } from './crmTokens.ts';
import { childOf, type Element, elementNear, faultAt } from './element.ts';
import { ImportFault, type Place } from './fault.ts';
import { Reading } from './reading.ts';
import { type Token, Words } from './words.ts';
import { readXml } from './xml.ts';

/** There is no status in it: the nodes have not been seen, and the partition is taken to have quorum. Throws `ImportFault` only. */
export function readCrm(text: string, options: CibOptions = {}): Input {
  const tree = new CrmTree();
  for (const statement of statementsOf(text)) tree.add(statement);
  const root = tree.end();
  const reading = new Reading(root);
  for (const { place, text: about } of tree.leftOut) reading.note(place, about);
  upgrade(root, reading);
  const input = inputOf(root, reading, new HistoryTaker(), options.nowS);
  for (const note of reading.notes) options.onNote?.(note);
  return input;
}

const start: Place = { line: 1, column: 1 };
const empty = (name: string): Element => elementNear(start, name, {});

/** The elements of the configuration that statements go to. */
const sections: readonly string[] = [
  ...['crm_config', 'nodes', 'resources', 'constraints', 'fencing-topology', 'tags', 'rsc_defaults', 'op_defaults'],
];

/** What may stand in what. */
const kinds: Readonly<Record<string, readonly string[]>> = {
  group: ['primitive'],
  clone: ['primitive', 'group'],
  master: ['primitive', 'group'],
  bundle: ['primitive'],
};

class CrmTree {
  /** For the notes. */
  readonly leftOut: { readonly place: Place; readonly text: string }[] = [];
  readonly #configuration = elementNear(start, 'configuration', {}, sections.map(empty));
  /** Resources by id, and of which collection each is a member. */
  readonly #resources = new Map<string, Element>();
  readonly #owner = new Map<string, Element>();
  readonly #collections: Collection[] = [];
  readonly #monitors: ReturnType<typeof readMonitor>[] = [];
  readonly #levels: { readonly target: Token | null; readonly devices: Token }[] = [];

  add(statement: Statement): void {
    const [keyword, ...tokens] = statement.tokens;
    if (keyword === undefined) return;
    if (keyword.text.toLowerCase() === 'xml') return this.#addXml(statement);
    const words = new Words(statement, tokens);
    this.#addWords(keyword, words);
    words.finish();
  }

  #addWords(keyword: Token, words: Words): void {
    switch (keyword.text.toLowerCase()) {
      case 'node':
        return this.#put('nodes', readNode(words));
      case 'primitive':
        return this.#addResource(readPrimitive(words, 'primitive'));
      case 'rsc_template':
        return this.#put('resources', readPrimitive(words, 'template'));
      case 'group':
        return this.#addCollection(readGroup(words));
      case 'clone':
        return this.#addCollection(readClone(words, 'clone'));
      case 'ms':
      case 'master':
        return this.#addCollection(readClone(words, 'master'));
      case 'bundle':
        return this.#addCollection(readBundle(words));
      case 'monitor':
        this.#monitors.push(readMonitor(words));
        return;
      case 'location':
        return this.#put('constraints', readLocation(words));
      case 'colocation':
      case 'collocation':
        return this.#put('constraints', readColocation(words));
      case 'order':
        return this.#put('constraints', readOrder(words));
      case 'rsc_ticket':
        return this.#put('constraints', readTicket(words));
      case 'property':
        return this.#addOptions('crm_config', 'cluster_property_set', 'cib-bootstrap-options', words);
      case 'rsc_defaults':
        return this.#addOptions('rsc_defaults', 'meta_attributes', 'rsc-options', words);
      case 'op_defaults':
        return this.#addOptions('op_defaults', 'meta_attributes', 'op-options', words);
      case 'fencing_topology':
      case 'fencing-topology':
        return this.#addLevels(words);
      case 'tag':
        return this.#put('tags', readTag(words));
      case 'user':
      case 'role':
      case 'acl_target':
      case 'acl_group':
      case 'alert':
        words.rest();
        this.leftOut.push({ place: keyword, text: `«${keyword.text}» says nothing about what runs where: left out` });
        return;
      default:
        throw new ImportFault(keyword, `«${keyword.text}» is no statement of the crm shell's configuration`);
    }
  }

  #section(name: string): Element {
    const found = childOf(this.#configuration, name);
    if (found === null) throw new ImportFault(start, `no section ${name}`);
    return found;
  }

  #put(section: string, element: Element): void {
    this.#section(section).children.push(element);
  }

  #addResource(element: Element): void {
    const id = element.attributes['id'] ?? '';
    const other = this.#resources.get(id);
    if (other !== undefined) throw faultAt(element, `line ${other.line} has a resource ${id} already`);
    this.#resources.set(id, element);
    this.#put('resources', element);
  }

  #addCollection(collection: Collection): void {
    this.#addResource(collection.element);
    this.#collections.push(collection);
  }

  /** Of a name that is set twice, the later value counts. */
  #addOptions(section: string, name: string, defaultId: string, words: Words): void {
    const id = words.take(/^([\w-]+):$/)?.[0] ?? defaultId;
    const set = readSet(words, name, id);
    const { children } = this.#section(section);
    const same = children.find(
      ({ attributes, children: inside }) =>
        attributes['id'] === set.attributes['id'] && !inside.some((child) => child.name === 'rule'),
    );
    if (same === undefined || set.attributes['id'] === undefined) return this.#put(section, set);
    const names = new Set(set.children.map(({ attributes }) => attributes['name']));
    same.children = [...same.children.filter(({ attributes }) => !names.has(attributes['name'])), ...set.children];
  }

  /** `[TARGET:] DEVICE[,DEVICE] ...`: each word behind a target is a level of it; without targets they are for every node. */
  #addLevels(words: Words): void {
    let target: Token | null = null;
    while (!words.isEnd) {
      const token = words.next('a level');
      if (/^(attr:[^=]+=.|pattern:.)|:$/s.test(token.text)) target = token;
      else this.#levels.push({ target, devices: token });
    }
  }

  /** `xml <rsc_order .../>`: what the shell has no words for. */
  #addXml(statement: Statement): void {
    const element = moved(readSnippet(statement), statement);
    const section = sectionOf(element.name);
    if (section === null) throw faultAt(statement, `<${element.name}> belongs nowhere in a configuration`);
    if (section === 'resources' && element.name !== 'template') this.#addResource(element);
    else if (section === element.name) this.#section(section).children.push(...element.children);
    else this.#put(section, element);
  }

  end(): Element {
    for (const collection of this.#collections) this.#gather(collection);
    const resources = this.#section('resources');
    resources.children = resources.children.filter(({ attributes }) => !this.#owner.has(attributes['id'] ?? ''));
    for (const { resource, add } of this.#monitors) add(this.#resource(resource));
    const nodes = this.#section('nodes').children.map(({ attributes }) => attributes['uname'] ?? '');
    this.#section('fencing-topology').children.push(...this.#levelElements(nodes));
    if (nodes.length === 0)
      this.leftOut.push({ place: start, text: 'no node is named: the text is only a part of a configuration' });
    const root = elementNear(start, 'cib', { 'validate-with': 'pacemaker-2.10', 'have-quorum': '1' }, [
      this.#configuration,
    ]);
    resolveReferences(root);
    return root;
  }

  #gather({ element, members }: Collection): void {
    for (const member of members) {
      const found = this.#resource(member);
      if (!(kinds[element.name] ?? []).includes(found.name))
        throw faultAt(member, `${member.text} is a <${found.name}>, which cannot stand in a <${element.name}>`);
      const owner = this.#owner.get(member.text);
      if (owner !== undefined)
        throw faultAt(
          member,
          `${member.text} is a member of ${owner.attributes['id'] ?? ''} already (line ${owner.line})`,
        );
      this.#owner.set(member.text, element);
      element.children.push(found);
    }
  }

  #resource(token: Place & { readonly text: string }): Element {
    const found = this.#resources.get(token.text);
    if (found === undefined) throw faultAt(token, `there is no resource ${token.text}`);
    return found;
  }

  #levelElements(nodes: readonly string[]): Element[] {
    const count = new Map<string, number>();
    const elements: Element[] = [];
    for (const { target, devices } of this.#levels)
      for (const text of target === null ? nodes : [target.text.replace(/:$/, '')]) {
        const index = (count.get(text) ?? 0) + 1;
        count.set(text, index);
        const attributes = {
          id: `${text}-${index}`,
          index: String(index),
          devices: devices.text,
          ...levelTarget(text),
        };
        elements.push(elementNear(devices, 'fencing-level', attributes));
      }
    return elements;
  }
}

function levelTarget(text: string): Element['attributes'] {
  const [, attribute, value] = /^attr:([^=]+)=(.+)$/s.exec(text) ?? [];
  if (attribute !== undefined) return { 'target-attribute': attribute, 'target-value': value };
  const pattern = /^pattern:(.+)$/s.exec(text)?.[1];
  return pattern === undefined ? { target: text } : { 'target-pattern': pattern };
}

/** `tag NAME: MEMBER ...` */
function readTag(words: Words): Element {
  const id = words.next('the name of the tag').text.replace(/:$/, '');
  const members = words.rest().map((token) => elementNear(token, 'obj_ref', { id: token.text }));
  return elementNear(words.start, 'tag', { id }, members);
}

// ---------------------------------------------------------------- pieces of XML

/** Faults are told at the statement: places inside of it are those of the piece. */
function readSnippet({ raw, line, column }: Statement): Element {
  try {
    return readXml(raw.trim().replace(/^\S+/, '').trim(), null);
  } catch (error) {
    if (!(error instanceof ImportFault)) throw error;
    throw new ImportFault({ line, column }, `behind «xml»: ${error.message}`);
  }
}

const moved = (element: Element, place: Place): Element => ({
  ...element,
  line: place.line,
  column: place.column,
  children: element.children.map((child) => moved(child, place)),
});

const sectionsByElement: ReadonlyMap<string, string> = new Map([
  ['node', 'nodes'],
  ['tag', 'tags'],
  ['cluster_property_set', 'crm_config'],
  ...['primitive', 'template', 'group', 'clone', 'master', 'bundle'].map((name) => [name, 'resources'] as const),
  ...['rsc_location', 'rsc_colocation', 'rsc_order', 'rsc_ticket'].map((name) => [name, 'constraints'] as const),
  ...['rsc_defaults', 'op_defaults', 'fencing-topology'].map((name) => [name, name] as const),
]);

const sectionOf = (element: string): string | null => sectionsByElement.get(element) ?? null;

// ---------------------------------------------------------------- references

/** The shell also takes the name of a resource for that of its set. */
function resolveReferences(root: Element): void {
  const elements = [...all(root)];
  const ids = new Set(elements.map(({ name, attributes }) => `${name} ${attributes['id'] ?? ''}`));
  for (const { name, attributes } of elements) {
    const id = attributes['id-ref'];
    if (id === undefined || ids.has(`${name} ${id}`)) continue;
    if (ids.has(`${name} ${id}-${name}`)) attributes['id-ref'] = `${id}-${name}`;
  }
}

function* all(element: Element): Generator<Element> {
  yield element;
  for (const child of element.children) yield* all(child);
}
