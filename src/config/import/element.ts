/** A tree of XML elements: what is left of a file once its syntax has been checked. */
import { ImportFault, type Place } from './fault.ts';

export type Attributes = Record<string, string | undefined>;

/** Attributes and children may be changed by upgrades, and by nobody else. */
export interface Element extends Place {
  readonly name: string;
  readonly attributes: Attributes;
  children: Element[];
}

export const attributeOf = (element: Element, name: string): string | null => element.attributes[name] ?? null;

/** The attribute; a fault with `why` if there is none or it is empty. */
export function requiredOf(element: Element, name: string, why: string): string {
  const value = element.attributes[name];
  if (value === undefined || value === '') throw faultAt(element, `${describe(element)} has no ${name}: ${why}`);
  return value;
}

export const childOf = (element: Element | null, name: string): Element | null =>
  element?.children.find((child) => child.name === name) ?? null;

export const childrenOf = (element: Element | null, name: string): Element[] =>
  element === null ? [] : element.children.filter((child) => child.name === name);

/** All attributes but the named ones. */
export function attributesBut(element: Element, ...names: readonly string[]): ReadonlyMap<string, string> {
  const kept = new Map<string, string>();
  for (const [name, value] of Object.entries(element.attributes))
    if (value !== undefined && !names.includes(name)) kept.set(name, value);
  return kept;
}

/** A new element that stands where `near` stands. */
export const elementNear = (near: Place, name: string, attributes: Attributes, children: Element[] = []): Element => ({
  name,
  attributes,
  children,
  line: near.line,
  column: near.column,
});

/** `<primitive id="a">`, as far as the file says. */
export function describe({ name, attributes }: Element): string {
  const id = attributes['id'] ?? attributes['uname'];
  return id === undefined ? `<${name}>` : `<${name} id="${id}">`;
}

export const faultAt = (place: Place, what: string): ImportFault => new ImportFault(place, what);
