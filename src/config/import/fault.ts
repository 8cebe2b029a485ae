/** What is wrong with a foreign file, and where. */

/** Line and column of a text, both from one. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** The one kind of error that the readers of this folder throw: what is wrong, where, and why that cannot be taken. */
export class ImportFault extends Error {
  override readonly name = 'ImportFault';
  readonly line: number;
  readonly column: number;
  readonly #what: string;

  constructor({ line, column }: Place, what: string) {
    super(`line ${line}, column ${column}: ${what}`);
    this.line = line;
    this.column = column;
    this.#what = what;
  }

  /** `cib.xml:3:2: what`, as editors and every other message here name a place. */
  inFile(name: string): string {
    return `${name}:${this.line}:${this.column}: ${this.#what}`;
  }
}

/** Something that was read otherwise than it is written, or left out, and why; no error. */
export interface ImportNote extends Place {
  readonly text: string;
}
