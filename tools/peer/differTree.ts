/** A CIB as a tree that may be changed, and its text. */
import type { Attributes, Element } from '../../src/config/import/element.ts';
import { readXml } from '../../src/config/import/xml.ts';

export type { Element } from '../../src/config/import/element.ts';

export const treeOf = (text: string): Element => readXml(text, null);

export const copyOf = (element: Element): Element => ({
  ...element,
  attributes: { ...element.attributes },
  children: element.children.map(copyOf),
});

export const make = (name: string, attributes: Attributes, children: Element[] = []): Element => ({
  name,
  attributes,
  children,
  line: 0,
  column: 0,
});

export function textOf({ name, attributes, children }: Element): string {
  const pairs = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${escaped(value ?? '')}"`);
  const head = `<${name}${pairs.join('')}`;
  return children.length === 0 ? `${head}/>\n` : `${head}>\n${children.map(textOf).join('')}</${name}>\n`;
}

const escaped = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('"', '&quot;')
    .replace(/[\t\n]/g, (character) => `&#${character.charCodeAt(0)};`);

/** All elements inside, at any depth, in the order of the document. */
export function within(element: Element, ...names: readonly string[]): Element[] {
  return element.children.flatMap((child) => [
    ...(names.length === 0 || names.includes(child.name) ? [child] : []),
    ...within(child, ...names),
  ]);
}

/** The element that a way of names leads to; what is missing is made. */
export function reach(element: Element, ...way: readonly string[]): Element {
  let at = element;
  for (const name of way) {
    const found = at.children.find((child) => child.name === name);
    const next = found ?? make(name, {});
    if (found === undefined) at.children.push(next);
    at = next;
  }
  return at;
}

export function drop(root: Element, gone: Element): void {
  for (const element of [root, ...within(root)])
    if (element.children.includes(gone)) element.children = element.children.filter((child) => child !== gone);
}

/** Puts a value into the first set of a kind that has no rule; null takes it out. A new set comes first, as schemas want it. */
export function setValue(owner: Element, kind: string, name: string, value: string | null): void {
  const id = `${owner.attributes['id'] ?? owner.name}-${kind}`;
  const isPlain = (set: Element): boolean => set.children.every((child) => child.name === 'nvpair');
  let set = owner.children.find(
    (child) => child.name === kind && isPlain(child) && child.attributes['id'] !== undefined,
  );
  if (set === undefined) {
    set = make(kind, { id: `differ-${id}` });
    owner.children.unshift(set);
  }
  set.children = set.children.filter((pair) => pair.attributes['name'] !== name);
  const pairId = `${set.attributes['id']}-${name}`.replace(/[^-\w.]/g, '.');
  if (value !== null) set.children.push(make('nvpair', { id: pairId, name, value }));
}

export const idOf = ({ attributes }: Element): string => attributes['id'] ?? attributes['uname'] ?? '';
