/** A file as bytes of UTF-8: the texts that are cut out of it, and the places in it. */
import { isAscii, isUtf8 } from 'node:buffer';
import { ImportFault, type Place } from './fault.ts';

const lineFeed = 10;
const carriageReturn = 13;

export class XmlSource {
  readonly bytes: Buffer;
  readonly #encoding: 'latin1' | 'utf8';
  /** A text is remembered in one slot, until another one takes it: a table of all would itself be large. */
  readonly #slots: (string | undefined)[];
  /** Where the text of a slot stands: comparing bytes needs no text. */
  readonly #starts: Int32Array;
  readonly #ends: Int32Array;
  readonly #hasReturns: boolean;
  /** How far places have been counted. */
  #at = 0;
  #line = 1;
  #column = 1;
  #nextLine = -1;

  /** Faults: bytes that are no text, and characters that XML does not know. */
  constructor(source: string | Uint8Array) {
    this.bytes = bytesOf(source);
    const { bytes } = this;
    this.#encoding = isAscii(bytes) ? 'latin1' : 'utf8';
    this.#hasReturns = bytes.includes(carriageReturn);
    const count = slotCount(bytes.length);
    this.#slots = new Array<undefined>(count).fill(undefined);
    this.#starts = new Int32Array(count);
    this.#ends = new Int32Array(count);
    if (this.#encoding === 'utf8') this.#checkEncoding(source);
  }

  /** Texts that are equal and come soon after each other are one text. */
  text(start: number, end: number): string {
    const slot = slotOf(this.bytes, start, end) & (this.#slots.length - 1);
    const known = this.#slots[slot];
    if (known !== undefined && this.#isAt(slot, start, end)) return known;
    const made = this.cut(start, end);
    this.#slots[slot] = made;
    this.#starts[slot] = start;
    this.#ends[slot] = end;
    return made;
  }

  /** The text, not remembered. */
  cut(start: number, end: number): string {
    return this.bytes.toString(this.#encoding, start, end);
  }

  /** Line and column in characters. Quick if asked in the order of the file. */
  place(offset: number): Place {
    if (offset < this.#at) [this.#at, this.#line, this.#column, this.#nextLine] = [0, 1, 1, -1];
    for (let next = this.#lineAfter(); next <= offset; next = this.#lineAfter()) {
      this.#at = next;
      this.#line += 1;
      this.#column = 1;
    }
    for (; this.#at < offset; this.#at++) if (((this.bytes[this.#at] ?? 0) & 0xc0) !== 0x80) this.#column += 1;
    return { line: this.#line, column: this.#column };
  }

  fault(offset: number, what: string): ImportFault {
    return new ImportFault(this.place(offset), `this is no well-formed XML: ${what}`);
  }

  /** Where the line after the one that has been counted begins; endless: it is the last one. */
  #lineAfter(): number {
    if (this.#nextLine > this.#at) return this.#nextLine;
    const { bytes } = this;
    let end = bytes.indexOf(lineFeed, this.#at);
    if (end === -1) end = Number.POSITIVE_INFINITY;
    if (this.#hasReturns) {
      const other = bytes.indexOf(carriageReturn, this.#at);
      if (other !== -1 && other < end && bytes[other + 1] !== lineFeed) end = other;
    }
    this.#nextLine = end + 1;
    return this.#nextLine;
  }

  #isAt(slot: number, start: number, end: number): boolean {
    const { bytes } = this;
    const other = this.#starts[slot] ?? 0;
    const length = end - start;
    if ((this.#ends[slot] ?? 0) - other !== length) return false;
    for (let i = 0; i < length; i++) if (bytes[start + i] !== bytes[other + i]) return false;
    return true;
  }

  #checkEncoding(source: string | Uint8Array): void {
    const { bytes } = this;
    if (typeof source === 'string' ? loneSurrogate.test(source) : !isUtf8(bytes))
      throw this.fault(firstBroken(source, bytes), 'bytes that are not UTF-8');
    for (const character of ['\ufffe', '\uffff']) {
      const at = bytes.indexOf(character);
      if (at !== -1) throw this.fault(at, 'a character that XML does not know');
    }
  }
}

function bytesOf(source: string | Uint8Array): Buffer {
  if (typeof source === 'string') return Buffer.from(source);
  return Buffer.from(source.buffer, source.byteOffset, source.byteLength);
}

/** Half of a pair is written as what stands for no character; bytes that are no text are not written as they were read. */
function firstBroken(source: string | Uint8Array, bytes: Buffer): number {
  if (typeof source === 'string') return Buffer.byteLength(source.slice(0, source.search(loneSurrogate)));
  const written = Buffer.from(bytes.toString('utf8'));
  return bytes.findIndex((byte, i) => byte !== written[i]);
}

const loneSurrogate = /\p{Surrogate}/u;

/** Some more slots for a longer file. */
const slotCount = (fileLength: number): number =>
  Math.min(Math.max(2 ** Math.ceil(Math.log2(fileLength / 256 + 1)), 16), 1 << 16);

/** From the length and some bytes: numbers that tell texts apart mostly stand at the end. */
function slotOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = end - start;
  const tail = Math.max(start, end - 6);
  for (let i = tail; i < end; i++) hash = (hash * 31 + (bytes[i] ?? 0)) | 0;
  for (let i = start; i < tail; i += 5) hash = (hash * 31 + (bytes[i] ?? 0)) | 0;
  return hash ^ (hash >>> 15);
}
