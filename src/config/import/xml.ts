/**
 * Reads XML into a tree, but for elements of one name, which are handed on as they come and not kept: of the largest files nine
 * tenths are such entries.
 *
 * saxes, because it is strict, tells line and column, and parses 50 MB in 0.4 s (saxen, which takes what is no XML, 0.25; htmlparser2,
 * made for HTML, 0.5; sax 1.0; fast-xml-parser 1.0 and xmldom 3.2, which keep the whole tree, the latter in 0.9 GB).
 */
import { TextDecoder } from 'node:util';
import { SaxesParser } from 'saxes';
import type { Attributes, Element } from './element.ts';
import { ImportFault } from './fault.ts';
import { OwnTexts } from './ownTexts.ts';

/** Takes the elements of one name, with their children. Their texts are parts of the file: to be kept, they must be copied. */
export interface Taker {
  readonly name: string;
  begin(attributes: Attributes, own: OwnTexts, root: Element): void;
  /** An element inside, at any depth. */
  inside(name: string, attributes: Attributes, own: OwnTexts): void;
  /** `parent` is the element of the tree in which the taken one stands. */
  end(parent: Element): void;
}

/** Deeper than any sensible file, shallow enough to walk the tree recursively. */
const depthMax = 200;
const chunkBytes = 1 << 16;

/** The root element. UTF-8 if bytes. Faults: whatever makes it no well-formed XML. */
export function readXml(source: string | Uint8Array, taker: Taker | null): Element {
  const tree = new TreeBuilder(taker, source.length);
  if (typeof source === 'string') tree.write(source);
  else writeBytes(tree, source);
  return tree.end();
}

function writeBytes(tree: TreeBuilder, bytes: Uint8Array): void {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    const chunk = bytes.subarray(at, at + chunkBytes);
    const text = decoded(decoder, chunk, at + chunkBytes < bytes.length);
    if (text === null) tree.failAt(new TextDecoder().decode(chunk));
    tree.write(text);
  }
}

/** Null: these bytes are no UTF-8. */
function decoded(decoder: TextDecoder, chunk: Uint8Array, stream: boolean): string | null {
  try {
    return decoder.decode(chunk, { stream });
  } catch {
    return null;
  }
}

class TreeBuilder {
  /** Version 1.1 has other line ends; nobody writes it. */
  readonly #parser = new SaxesParser({ xmlns: false, position: true, defaultXMLVersion: '1.0', forceXMLVersion: true });
  readonly #own: OwnTexts;
  readonly #taker: Taker | null;
  readonly #open: Element[] = [];
  /** How many elements are open inside of a taken one, itself included; 0: none is being taken. */
  #taken = 0;
  #line = 0;
  #column = 0;
  #root: Element | null = null;

  constructor(taker: Taker | null, fileLength: number) {
    this.#own = new OwnTexts(fileLength);
    this.#taker = taker;
    const parser = this.#parser;
    parser.on('error', (error) => this.#fail(error.message));
    parser.on('opentagstart', ({ name }) => {
      // What ends the name has been read too; a line's end leads to the next line.
      const column = parser.columnIndex - name.length - 1;
      this.#line = column < 1 ? parser.line - 1 : parser.line;
      this.#column = Math.max(1, column);
    });
    parser.on('opentag', ({ name, attributes }) => this.#begin(name, attributes));
    parser.on('closetag', () => this.#end());
  }

  write(text: string): void {
    this.#parser.write(text);
  }

  /** `text` is what comes next, with the bytes that are no text replaced. */
  failAt(text: string): never {
    const at = text.indexOf('\ufffd');
    if (at > 0) this.write(text.slice(0, at));
    this.#fail('bytes that are not UTF-8', 1);
  }

  end(): Element {
    this.#parser.close();
    if (this.#root === null) this.#fail('the file has no element');
    return this.#root;
  }

  #begin(name: string, attributes: Attributes): void {
    if (this.#taken > 0) return this.#inside(name, attributes);
    const parent = this.#open.at(-1);
    if (name === this.#taker?.name && this.#root !== null) {
      this.#taken = 1;
      return this.#taker.begin(attributes, this.#own, this.#root);
    }
    if (this.#open.length >= depthMax) this.#fail(`elements are nested deeper than ${depthMax}`);
    this.#push(name, attributes, parent);
  }

  #inside(name: string, attributes: Attributes): void {
    this.#taken += 1;
    this.#taker?.inside(name, attributes, this.#own);
  }

  #push(name: string, attributes: Attributes, parent: Element | undefined): void {
    for (const key in attributes) attributes[key] = this.#own.copy(attributes[key] ?? '');
    const element: Element = { name, attributes, children: [], line: this.#line, column: this.#column };
    if (parent === undefined) this.#root = element;
    else parent.children.push(element);
    this.#open.push(element);
  }

  #end(): void {
    if (this.#taken === 0) {
      this.#open.pop();
      return;
    }
    this.#taken -= 1;
    const parent = this.#open.at(-1);
    if (this.#taken === 0 && parent !== undefined) this.#taker?.end(parent);
  }

  /** At the character that was read last, or some further on. */
  #fail(message: string, further = 0): never {
    const { line, column } = this.#parser;
    const what = message.replace(/^\d+:\d+: /, '').replace(/\.$/, '');
    throw new ImportFault({ line, column: Math.max(1, column + further) }, `this is no well-formed XML: ${what}`);
  }
}
