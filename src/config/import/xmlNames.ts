/** Names of elements and attributes as small numbers: of hundreds of thousands in a file some fifty are different. */
import type { XmlSource } from './xmlSource.ts';

const slotCount = 1 << 12;
const noBytes = new Uint8Array();

export class XmlNames {
  readonly #ids = new Map<string, number>();
  readonly #texts: string[] = [];
  readonly #bytes: Uint8Array[] = [];
  /** Which name was found last under the hash of the slot, by id plus one. */
  readonly #slots = new Int32Array(slotCount);

  idOf(text: string): number {
    const known = this.#ids.get(text);
    if (known !== undefined) return known;
    const id = this.#texts.push(text) - 1;
    this.#ids.set(text, id);
    this.#bytes.push(Buffer.from(text));
    return id;
  }

  textOf(id: number): string {
    return this.#texts[id] ?? '';
  }

  /** Of the name that stands there; null: that is no name. */
  find(source: XmlSource, start: number, end: number): number | null {
    const { bytes } = source;
    const hash =
      (bytes[start] ?? 0) + 31 * (bytes[end - 1] ?? 0) + 961 * (bytes[(start + end) >> 1] ?? 0) + 7 * (end - start);
    const slot = hash & (slotCount - 1);
    const known = (this.#slots[slot] ?? 0) - 1;
    if (known >= 0 && isSame(bytes, start, end, this.#bytes[known] ?? noBytes)) return known;
    const text = source.cut(start, end);
    if (!namePattern.test(text)) return null;
    const id = this.idOf(text);
    this.#slots[slot] = id + 1;
    return id;
  }
}

function isSame(bytes: Uint8Array, start: number, end: number, name: Uint8Array): boolean {
  if (name.length !== end - start) return false;
  for (let i = 0; i < name.length; i++) if (bytes[start + i] !== name[i]) return false;
  return true;
}

/** XML 1.0, fifth edition, 2.3. */
const first =
  ':A-Z_a-z\\u{c0}-\\u{d6}\\u{d8}-\\u{f6}\\u{f8}-\\u{2ff}\\u{370}-\\u{37d}\\u{37f}-\\u{1fff}\\u{200c}\\u{200d}\\u{2070}-\\u{218f}' +
  '\\u{2c00}-\\u{2fef}\\u{3001}-\\u{d7ff}\\u{f900}-\\u{fdcf}\\u{fdf0}-\\u{fffd}\\u{10000}-\\u{effff}';
const namePattern = new RegExp(`^[${first}][-.0-9\\u{b7}\\u{300}-\\u{36f}\\u{203f}\\u{2040}${first}]*$`, 'u');
