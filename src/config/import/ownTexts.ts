/**
 * Texts without the file that they were cut out of: the engine makes a part of a text by pointing into the whole, so that one kept
 * word keeps 50 MB. Equal texts that come soon after each other are kept once.
 */
export class OwnTexts {
  /** A text is remembered in one place, until another one takes it: a table of all would itself be large. */
  readonly #slots: (string | undefined)[];

  /** Some more places for a longer file. */
  constructor(fileLength: number) {
    const count = Math.min(Math.max(2 ** Math.ceil(Math.log2(fileLength / 256 + 1)), 16), slotsMax);
    this.#slots = new Array<undefined>(count).fill(undefined);
  }

  copy(text: string): string {
    const slot = hashOf(text) & (this.#slots.length - 1);
    const known = this.#slots[slot];
    if (known === text) return known;
    const own = Buffer.from(text).toString();
    this.#slots[slot] = own;
    return own;
  }

  copyOrNull(text: string | undefined): string | null {
    return text === undefined ? null : this.copy(text);
  }
}

const slotsMax = 1 << 16;

/** From the length and some characters: numbers that tell texts apart mostly stand at the end. */
function hashOf(text: string): number {
  const { length } = text;
  let hash = length;
  const first = Math.max(0, length - 6);
  for (let i = first; i < length; i++) hash = (hash * 31 + text.charCodeAt(i)) | 0;
  for (let i = 0; i < first; i += 5) hash = (hash * 31 + text.charCodeAt(i)) | 0;
  return hash ^ (hash >>> 15);
}
