/** One start tag as it was read: where its attributes stand. Nothing is cut out of the file before somebody asks for it. */
import type { Attributes } from './element.ts';
import { wholeOr } from './numbers.ts';
import type { XmlNames } from './xmlNames.ts';
import type { XmlSource } from './xmlSource.ts';

/** No name in a file means anything to JavaScript here. */
const bare: object = Object.freeze(Object.create(null));

const digit0 = 48;
/** As many are exact in a number. */
const digitsMax = 15;

/** The same object for every tag of a file. */
export class XmlTag {
  readonly source: XmlSource;
  readonly names: XmlNames;
  /** Of the element. */
  name = 0;
  /** Where its `<` stands. */
  offset = 0;
  #serial = 0;
  #count = 0;
  readonly #ids: number[] = [];
  /** By name: the tag that had it last, and where the value stands; or what it is, if it is not written as it stands. */
  readonly #tags: number[] = [];
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  readonly #texts: (string | null)[] = [];

  constructor(source: XmlSource, names: XmlNames) {
    this.source = source;
    this.names = names;
  }

  begin(name: number, offset: number): void {
    this.name = name;
    this.offset = offset;
    this.#serial += 1;
    this.#count = 0;
  }

  /** False: there is one of that name already. */
  add(name: number, start: number, end: number, text: string | null): boolean {
    while (this.#tags.length <= name) this.#grow();
    if (this.#tags[name] === this.#serial) return false;
    this.#tags[name] = this.#serial;
    this.#starts[name] = start;
    this.#ends[name] = end;
    this.#texts[name] = text;
    this.#ids[this.#count++] = name;
    return true;
  }

  text(name: number): string | null {
    if (this.#tags[name] !== this.#serial) return null;
    return this.#texts[name] ?? this.source.text(this.#starts[name] ?? 0, this.#ends[name] ?? 0);
  }

  /** As `wholeOr`. */
  whole<T>(name: number, other: T): number | T {
    if (this.#tags[name] !== this.#serial) return other;
    const start = this.#starts[name] ?? 0;
    const end = this.#ends[name] ?? 0;
    if (this.#texts[name] !== null || end === start || end - start > digitsMax) return wholeOr(this.text(name), other);
    const { bytes } = this.source;
    let number = 0;
    for (let i = start; i < end; i++) {
      const digit = (bytes[i] ?? 0) - digit0;
      if (digit < 0 || digit > 9) return wholeOr(this.text(name), other);
      number = number * 10 + digit;
    }
    return number;
  }

  /** What is called `old` is called `today`, unless there is something of that name. */
  rename(old: number, today: number): void {
    if (this.#tags[old] !== this.#serial) return;
    this.add(today, this.#starts[old] ?? 0, this.#ends[old] ?? 0, this.#texts[old] ?? null);
  }

  /** All of them, in the order of the file. */
  attributes(): Attributes {
    const found = Object.create(bare) as Attributes;
    for (let i = 0; i < this.#count; i++) {
      const name = this.#ids[i] ?? 0;
      found[this.names.textOf(name)] = this.text(name) ?? '';
    }
    return found;
  }

  #grow(): void {
    this.#tags.push(0);
    this.#starts.push(0);
    this.#ends.push(0);
    this.#texts.push(null);
  }
}
