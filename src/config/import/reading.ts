/** What all parts of the reader of CIBs share: the references between elements, and the notes. */
import { attributeOf, describe, type Element, faultAt } from './element.ts';
import type { ImportNote, Place } from './fault.ts';
import { scoreOf } from './numbers.ts';

export class Reading {
  readonly #root: Element;
  readonly #notes: ImportNote[] = [];
  #byId: Map<string, Element> | null = null;

  constructor(root: Element) {
    this.#root = root;
  }

  get notes(): readonly ImportNote[] {
    return this.#notes;
  }

  note({ line, column }: Place, text: string): void {
    this.#notes.push({ line, column, text });
  }

  /** The element itself, or that of its kind which its `id-ref` names; null, with a note: there is none of that id. */
  resolve(element: Element): Element | null {
    const id = element.attributes['id-ref'];
    if (id === undefined) return element;
    this.#byId ??= index(this.#root);
    const found = this.#byId.get(keyOf(element.name, id)) ?? null;
    if (found === null)
      this.note(element, `<${element.name}> refers to ${id}, which is not there: it counts for nothing`);
    return found;
  }

  /** The score in the attribute of that name. */
  score(element: Element, name = 'score'): number | null {
    const text = attributeOf(element, name);
    if (text === null) return null;
    const score = scoreOf(text);
    if (score === null)
      throw faultAt(element, `${describe(element)}: ${name} «${text}» is no whole number and not INFINITY`);
    return score;
  }
}

const keyOf = (name: string, id: string): string => `${name} ${id}`;

/** The first of several with one id. */
function index(root: Element): Map<string, Element> {
  const found = new Map<string, Element>();
  const waiting = [root];
  for (let element = waiting.pop(); element !== undefined; element = waiting.pop()) {
    const id = element.attributes['id'];
    const key = id === undefined ? null : keyOf(element.name, id);
    if (key !== null && !found.has(key)) found.set(key, element);
    for (let i = element.children.length - 1; i >= 0; i--) waiting.push(element.children[i] as Element);
  }
  return found;
}
