/** A line or statement as words, each with its place, and a finger that goes along them. */
import { ImportFault, type Place } from './fault.ts';

export interface Token extends Place {
  readonly text: string;
  /** The first character behind it: quotes may make it longer than its text, and end it on another line. */
  readonly end: Place;
}

/** Goes through the words of one statement. */
export class Words {
  readonly start: Place;
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(start: Place, tokens: readonly Token[]) {
    this.start = start;
    this.#tokens = tokens;
  }

  get isEnd(): boolean {
    return this.#at >= this.#tokens.length;
  }

  /** Empty at the end. */
  get text(): string {
    return this.#tokens[this.#at]?.text ?? '';
  }

  /** Of the next word, or behind the last one. */
  get place(): Place {
    const token = this.#tokens[this.#at];
    if (token !== undefined) return token;
    return this.#tokens.at(-1)?.end ?? this.start;
  }

  next(what: string): Token {
    const token = this.#tokens[this.#at];
    if (token === undefined) throw this.fault(`${what} is missing`);
    this.#at += 1;
    return token;
  }

  rest(): readonly Token[] {
    const rest = this.#tokens.slice(this.#at);
    this.#at = this.#tokens.length;
    return rest;
  }

  /** The groups of the pattern, if the next word is like it. */
  take(pattern: RegExp): readonly (string | undefined)[] | null {
    const found = this.isEnd ? null : pattern.exec(this.text);
    if (found === null) return null;
    this.#at += 1;
    return found.slice(1);
  }

  takeWord(...words: readonly string[]): string | null {
    const word = this.text.toLowerCase();
    if (this.isEnd || !words.includes(word)) return null;
    this.#at += 1;
    return word;
  }

  fault(what: string): ImportFault {
    return new ImportFault(this.place, what);
  }

  /** Whatever has not been read is a mistake. */
  finish(): void {
    if (!this.isEnd) throw this.fault(`«${this.text}» is not understood here`);
  }
}
