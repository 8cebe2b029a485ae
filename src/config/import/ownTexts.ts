/**
 * Texts without the file that they were cut out of: the engine makes a part of a text by pointing into the whole, so that one kept
 * word keeps 50 MB. Equal texts are kept once.
 */
export class OwnTexts {
  readonly #known = new Map<string, string>();

  copy(text: string): string {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const own = Buffer.from(text).toString();
    this.#known.set(own, own);
    return own;
  }

  copyOrNull(text: string | undefined): string | null {
    return text === undefined ? null : this.copy(text);
  }
}
