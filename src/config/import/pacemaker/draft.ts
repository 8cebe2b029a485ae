/** What comes of an import beside the cluster file: notes on what is otherwise now, and what has to be filled in. */
import { printable } from '../../show.ts';

export interface PacemakerNote {
  /** XML id of what it is about, or the name of a node or an option; null: all of it. */
  readonly about: string | null;
  /** In the file that was read; null: not known, or all of it. */
  readonly line: number | null;
  readonly column: number | null;
  /** What, why, and what to do instead. */
  readonly text: string;
  /** Something was left out that may change what is decided. */
  readonly isLoss: boolean;
}

/** What the configuration does not hold, and the cluster file needs. */
export interface Blank {
  readonly what: string;
  /** Stands in the file, is refused by `validate`, and says what is wanted. */
  readonly token: string;
  /** A value in its place for those who only want to know what would be decided. */
  readonly standIn: string;
}

export class ImportDraft {
  readonly #notes: PacemakerNote[] = [];
  readonly #blanks: Blank[] = [];

  readonly #unchecked: string[] = [];
  readonly #said = new Set<string>();

  get notes(): readonly PacemakerNote[] {
    const [first] = this.#unchecked;
    if (first === undefined) return this.#notes;
    const text = `${this.#unchecked.join(', ')}: there was no recurring monitor, or it was switched off; here every service is checked`;
    return [...this.#notes, { about: null, line: null, column: null, text: printable(text), isLoss: false }];
  }

  /** Nobody looked whether it works. */
  unchecked(id: string): void {
    this.#unchecked.push(id);
  }

  get blanks(): readonly Blank[] {
    return this.#blanks;
  }

  /** Something is said in another way now. */
  note(about: string | null, text: string): void {
    this.#add({ about, line: null, column: null, text, isLoss: false });
  }

  /** Something was left out that may change what is decided. */
  lose(about: string | null, text: string): void {
    this.#add({ about, line: null, column: null, text, isLoss: true });
  }

  /** What the reader found, where it stands. */
  read(line: number, column: number, text: string): void {
    this.#add({ about: null, line, column, text, isLoss: false });
  }

  blank(what: string, standIn: string): string {
    const token = `FILL-IN-${what.replace(/[^A-Za-z0-9.]+/g, '-')}`;
    if (!this.#blanks.some((blank) => blank.token === token)) this.#blanks.push({ what, token, standIn });
    return token;
  }

  /** The same is said once, however often it was found. */
  #add(note: PacemakerNote): void {
    const text = printable(note.text);
    const key = JSON.stringify([note.about, note.line, text]);
    if (this.#said.has(key)) return;
    this.#said.add(key);
    this.#notes.push({ ...note, text });
  }
}
