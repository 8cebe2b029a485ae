/**
 * Reads XML into a tree, but for elements of one name, which are handed on as they come and not kept: of the largest files nine
 * tenths are such entries.
 */
import { assert } from '../../lib/assert.ts';
import type { Element } from './element.ts';
import { XmlNames } from './xmlNames.ts';
import { type XmlHandler, XmlScanner } from './xmlScan.ts';
import { XmlSource } from './xmlSource.ts';
import type { XmlTag } from './xmlTag.ts';

/** Takes the elements of one name, with their children. */
export interface Taker {
  readonly names: XmlNames;
  readonly name: number;
  begin(tag: XmlTag, root: Element): void;
  /** An element inside, at any depth. */
  inside(tag: XmlTag): void;
  /** `parent` is the element of the tree in which the taken one stands. */
  end(parent: Element): void;
}

/** Deeper than any sensible file, shallow enough to walk the tree recursively. */
const depthMax = 200;

/** The root element. UTF-8 if bytes. Faults: whatever makes it no well-formed XML. */
export function readXml(text: string | Uint8Array, taker: Taker | null): Element {
  const source = new XmlSource(text);
  const tree = new TreeBuilder(source, taker);
  new XmlScanner(source, taker?.names ?? new XmlNames(), tree).scan();
  return tree.root;
}

class TreeBuilder implements XmlHandler {
  readonly #source: XmlSource;
  readonly #taker: Taker | null;
  readonly #open: Element[] = [];
  /** How many elements are open inside of a taken one, itself included; 0: none is being taken. */
  #taken = 0;
  #root: Element | null = null;

  constructor(source: XmlSource, taker: Taker | null) {
    this.#source = source;
    this.#taker = taker;
  }

  /** Of a file that has been read. */
  get root(): Element {
    assert(this.#root !== null, 'the scanner wants an outermost element');
    return this.#root;
  }

  open(tag: XmlTag): void {
    const taker = this.#taker;
    if (this.#taken > 0) {
      this.#taken += 1;
      taker?.inside(tag);
    } else if (tag.name === taker?.name && this.#root !== null) {
      this.#taken = 1;
      taker.begin(tag, this.#root);
    } else this.#push(tag);
  }

  close(): void {
    if (this.#taken === 0) {
      this.#open.pop();
      return;
    }
    this.#taken -= 1;
    const parent = this.#open.at(-1);
    if (this.#taken === 0 && parent !== undefined) this.#taker?.end(parent);
  }

  #push(tag: XmlTag): void {
    if (this.#open.length >= depthMax)
      throw this.#source.fault(tag.offset, `elements are nested deeper than ${depthMax}`);
    const { line, column } = this.#source.place(tag.offset);
    const name = tag.names.textOf(tag.name);
    const element: Element = { name, attributes: tag.attributes(), children: [], line, column };
    const parent = this.#open.at(-1);
    if (parent === undefined) this.#root = element;
    else parent.children.push(element);
    this.#open.push(element);
  }
}
