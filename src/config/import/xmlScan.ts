/**
 * Reads XML 1.0 from its first byte to its last: elements, attributes, references, comments, CDATA, processing instructions. Strict:
 * what is not well-formed is a fault. A document type is one too: it can define what nothing here needs and much would suffer from.
 * Why this is our own: docs/decisions/0010-xml-scanner.md.
 */
import type { XmlNames } from './xmlNames.ts';
import type { XmlSource } from './xmlSource.ts';
import { XmlTag } from './xmlTag.ts';

export interface XmlHandler {
  /** `tag` is another one as soon as this returns. */
  open(tag: XmlTag): void;
  close(): void;
}

const [tab, lineFeed, carriageReturn, space] = [9, 10, 13, 32];
const [bang, doubleQuote, ampersand, singleQuote, slash] = [33, 34, 38, 39, 47] as const;
const [less, equals, greater, question, bracket] = [60, 61, 62, 63, 93] as const;

/** What a byte may mean, as bits. Zero, which stands for the end too, stops everything. */
const inName = 1;
const isSpace = 2;
const stopsValue = 4;
const stopsText = 8;
const isForbidden = 16;

const kinds = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte === tab || byte === lineFeed || byte === carriageReturn) return isSpace | stopsValue;
  if (byte === space) return isSpace;
  if (byte < space) return stopsValue | stopsText | isForbidden;
  if (byte === doubleQuote || byte === singleQuote) return stopsValue;
  if (byte === less || byte === ampersand) return stopsValue | stopsText;
  if (byte === bracket) return stopsText;
  return byte >= 128 || /[-.:\w]/.test(String.fromCharCode(byte)) ? inName : 0;
});

const entities: ReadonlyMap<string, string> = new Map([
  ['lt', '<'],
  ['gt', '>'],
  ['amp', '&'],
  ['quot', '"'],
  ['apos', "'"],
]);

export class XmlScanner {
  readonly #source: XmlSource;
  readonly #bytes: Uint8Array;
  readonly #names: XmlNames;
  readonly #tag: XmlTag;
  readonly #handler: XmlHandler;
  /** Names of the elements that are open. */
  readonly #open: number[] = [];
  #at = 0;
  #hasRoot = false;

  constructor(source: XmlSource, names: XmlNames, handler: XmlHandler) {
    this.#source = source;
    this.#bytes = source.bytes;
    this.#names = names;
    this.#tag = new XmlTag(source, names);
    this.#handler = handler;
  }

  scan(): void {
    const { length } = this.#bytes;
    if (this.#isAt('\ufeff')) this.#at += 3;
    if (this.#isAt('<?xml') && this.#kind(this.#at + 5) & isSpace) this.#declaration();
    while (this.#at < length) {
      if (this.#bytes[this.#at] === less) this.#markup();
      else if (this.#open.length > 0) this.#text();
      else this.#space();
    }
    if (this.#open.length > 0) this.#fail(length, `<${this.#names.textOf(this.#open.at(-1) ?? 0)}> has no end`);
    if (!this.#hasRoot) this.#fail(length, 'the file has no element');
  }

  #markup(): void {
    switch (this.#bytes[this.#at + 1]) {
      case slash:
        return this.#endTag();
      case question:
        return this.#instruction();
      case bang:
        return this.#declared();
      default:
        return this.#startTag();
    }
  }

  // -------------------------------------------------------------- tags

  #startTag(): void {
    const bytes = this.#bytes;
    const offset = this.#at;
    let at = this.#afterName(offset + 1);
    const name = this.#name(offset + 1, at);
    if (this.#open.length === 0 && this.#hasRoot) this.#fail(offset, 'there is more than one outermost element');
    this.#tag.begin(name, offset);
    for (;;) {
      const from = at;
      while ((kinds[bytes[at] ?? 0] ?? 0) & isSpace) at += 1;
      const byte = bytes[at];
      if (byte === greater || byte === slash) break;
      if (at === bytes.length) this.#fail(at, 'the file ends inside of a tag');
      if (at === from) this.#fail(at, 'white space is missing before an attribute');
      at = this.#attribute(at);
    }
    const isEmpty = bytes[at] === slash;
    if (isEmpty && bytes[at + 1] !== greater) this.#fail(at, 'a slash that ends no tag');
    this.#at = isEmpty ? at + 2 : at + 1;
    this.#hasRoot = true;
    if (!isEmpty) this.#open.push(name);
    this.#handler.open(this.#tag);
    if (isEmpty) this.#handler.close();
  }

  /** Behind it. */
  #attribute(start: number): number {
    const bytes = this.#bytes;
    let at = this.#afterName(start);
    const name = this.#name(start, at);
    if (bytes[at] !== equals) at = this.#afterSpace(at);
    if (bytes[at] !== equals) this.#fail(at, `the attribute ${this.#names.textOf(name)} has no value`);
    at += 1;
    if (bytes[at] !== doubleQuote) at = this.#afterSpace(at);
    const quote = bytes[at];
    if (quote !== doubleQuote && quote !== singleQuote) this.#fail(at, 'a value without quotes');
    const first = at + 1;
    let isPlain = true;
    for (at = first; ; at++) {
      const byte = bytes[at] ?? 0;
      if (!((kinds[byte] ?? 0) & stopsValue)) continue;
      if (byte === quote) break;
      if (byte === doubleQuote || byte === singleQuote) continue;
      this.#checkInValue(byte, at);
      isPlain = false;
    }
    if (!this.#tag.add(name, first, at, isPlain ? null : this.#value(first, at)))
      this.#fail(start, `the attribute ${this.#names.textOf(name)} is there twice`);
    return at + 1;
  }

  #checkInValue(byte: number, at: number): void {
    if (byte === ampersand) this.#reference(at);
    else if (byte === less) this.#fail(at, 'a < inside of a value');
    else if (at >= this.#bytes.length) this.#fail(at, 'the file ends inside of a value');
    else if (byte < space && !((kinds[byte] ?? 0) & isSpace)) this.#fail(at, 'a control character');
  }

  /** White space is a space each, references are what they refer to. */
  #value(start: number, end: number): string {
    const text = this.#source.cut(start, end).replace(/\r\n|[\t\n\r]/g, ' ');
    return text.replace(/&([^;]*);/g, (_, name: string) => referred(name) ?? '');
  }

  #endTag(): void {
    const bytes = this.#bytes;
    const offset = this.#at;
    const end = this.#afterName(offset + 2);
    const name = this.#name(offset + 2, end);
    const at = this.#afterSpace(end);
    if (bytes[at] !== greater) this.#fail(at, 'an end tag that does not end');
    const open = this.#open.pop();
    if (open === undefined) this.#fail(offset, `</${this.#names.textOf(name)}> ends nothing`);
    if (open !== name)
      this.#fail(offset, `</${this.#names.textOf(name)}> stands where <${this.#names.textOf(open)}> should end`);
    this.#at = at + 1;
    this.#handler.close();
  }

  // -------------------------------------------------------------- everything else

  /** Outside of the outermost element. */
  #space(): void {
    const start = this.#at;
    this.#at = this.#afterSpace(start);
    if (this.#at === start) this.#fail(start, 'text outside of the outermost element');
  }

  /** To the next tag. Nobody needs it, so that it is only checked. */
  #text(): void {
    const bytes = this.#bytes;
    let at = this.#at;
    for (; ; at++) {
      const byte = bytes[at] ?? 0;
      if (!((kinds[byte] ?? 0) & stopsText)) continue;
      if (byte === less || at >= bytes.length) break;
      this.#checkInText(byte, at);
    }
    this.#at = at;
  }

  #checkInText(byte: number, at: number): void {
    if (byte === ampersand) this.#reference(at);
    else if (byte !== bracket) this.#fail(at, 'a control character');
    else if (this.#isAt(']]>', at)) this.#fail(at, 'a ]]> that ends nothing');
  }

  #declared(): void {
    if (this.#isAt('<!--')) return this.#comment();
    if (this.#isAt('<![CDATA[') && this.#open.length > 0) return this.#skip(9, ']]>', 'this CDATA section');
    if (this.#isAt('<!DOCTYPE')) this.#fail(this.#at, 'a document type, which is not read');
    this.#fail(this.#at, 'a <! that begins neither a comment nor CDATA inside of an element');
  }

  #comment(): void {
    const start = this.#at;
    this.#skip(4, '--', 'this comment');
    if (this.#bytes[this.#at] !== greater) this.#fail(this.#at - 2, `a -- inside of a comment (${this.#line(start)})`);
    this.#at += 1;
  }

  #instruction(): void {
    const start = this.#at;
    const end = this.#afterName(start + 2);
    const target = this.#names.textOf(this.#name(start + 2, end));
    if (target.toLowerCase() === 'xml') this.#fail(start, 'an XML declaration that is not at the beginning');
    if (!this.#isAt('?>', end) && !(this.#kind(end) & isSpace)) this.#fail(end, 'white space is missing');
    this.#skip(end - start, '?>', 'this processing instruction');
  }

  #declaration(): void {
    const start = this.#at;
    this.#skip(5, '?>', 'the XML declaration');
    if (!declaration.test(this.#source.cut(start, this.#at)))
      this.#fail(start, 'an XML declaration of an unknown form');
  }

  /** From so many bytes on, behind the next `end`. */
  #skip(from: number, end: string, what: string): void {
    const start = this.#at + from;
    const at = this.#source.bytes.indexOf(end, start);
    if (at === -1) this.#fail(this.#at, `${what} has no end`);
    for (let i = start; i < at; i++) if (this.#kind(i) & isForbidden) this.#fail(i, 'a control character');
    this.#at = at + end.length;
  }

  /** A fault, if what begins there is no reference to a character. */
  #reference(at: number): void {
    const end = this.#source.bytes.indexOf(';', at);
    const name = end === -1 ? null : this.#source.cut(at + 1, Math.min(end, at + 40));
    if (name === null || referred(name) === null) this.#fail(at, 'a & that begins no reference that XML knows');
  }

  // -------------------------------------------------------------- steps

  #name(start: number, end: number): number {
    const name = this.#names.find(this.#source, start, end);
    return name ?? this.#fail(start, end === start ? 'a name is missing' : 'this is no name');
  }

  #afterName(start: number): number {
    const bytes = this.#bytes;
    let at = start;
    while ((kinds[bytes[at] ?? 0] ?? 0) & inName) at += 1;
    return at;
  }

  #afterSpace(start: number): number {
    const bytes = this.#bytes;
    let at = start;
    while ((kinds[bytes[at] ?? 0] ?? 0) & isSpace) at += 1;
    return at;
  }

  #kind(at: number): number {
    return kinds[this.#bytes[at] ?? 0] ?? 0;
  }

  #isAt(text: string, at = this.#at): boolean {
    return this.#source.bytes.subarray(at, at + Buffer.byteLength(text)).equals(Buffer.from(text));
  }

  #line(offset: number): string {
    return `it begins in line ${this.#source.place(offset).line}`;
  }

  #fail(at: number, what: string): never {
    throw this.#source.fault(at, what);
  }
}

/** What `&NAME;` stands for; null: nothing. */
function referred(name: string): string | null {
  const known = entities.get(name);
  if (known !== undefined) return known;
  const [, hexadecimal, decimal] = /^#(?:x([\da-fA-F]+)|(\d+))$/.exec(name) ?? [];
  if (hexadecimal === undefined && decimal === undefined) return null;
  const code = hexadecimal === undefined ? Number(decimal) : Number.parseInt(hexadecimal, 16);
  return isCharacter(code) ? String.fromCodePoint(code) : null;
}

const isCharacter = (code: number): boolean =>
  code === tab ||
  code === lineFeed ||
  code === carriageReturn ||
  (code >= space && code < 0xd800) ||
  (code >= 0xe000 && code < 0xfffe) ||
  (code >= 0x10000 && code <= 0x10ffff);

const declaration =
  /^<\?xml[ \t\r\n]+version[ \t\r\n]*=[ \t\r\n]*(["'])1\.\d+\1([ \t\r\n]+encoding[ \t\r\n]*=[ \t\r\n]*(["'])[A-Za-z][-.\w]*\3)?([ \t\r\n]+standalone[ \t\r\n]*=[ \t\r\n]*(["'])(yes|no)\5)?[ \t\r\n]*\?>$/;
