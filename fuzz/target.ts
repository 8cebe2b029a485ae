/** What a fuzzer needs to know of one reader. */

/** How examples are changed: blindly, or along their structure so that changes get behind the outermost check. */
export type Form = 'bytes' | 'text' | 'json' | 'jsonLines' | 'yaml';

/** Says what became of the input, such as why it was refused. An input with a word that none had before is worth keeping. */
export type Note = (word: string) => void;

/** Null: the reader did what it promises; text: the promise that it broke. What it throws is a broken promise too. */
export type Check = (input: Buffer, note: Note) => string | null | Promise<string | null>;

export interface Prepared {
  /** Valid examples, made by the writer where there is one. */
  readonly examples: readonly (Uint8Array | string)[];
  readonly check: Check;
  readonly close?: () => Promise<void>;
}

export interface Target {
  readonly name: string;
  /** What it reads, and from whom. */
  readonly reads: string;
  readonly form: Form;
  /** Words that mean something to the reader: put in, and exchanged for each other. */
  readonly words?: readonly string[];
  /** For readers with sockets or files in between. */
  readonly inputMsMax?: number;
  readonly prepare: () => Prepared | Promise<Prepared>;
}

export const inputBytesMax = 64 * 1024;
/** CPU time. What grows with the square takes seconds for such an input; a busy machine takes up to three times as long as a quiet one. */
export const defaultInputMsMax = 100;

/** Writing what was read takes time with the square of the depth, and the stack in the end: that would be the target's own fault. */
const depthMax = 1000;

/** For targets that write what they read as JSON, and for what is slow to write in another form. Brackets in texts count too. */
export function isTooDeep(input: Buffer, levelsMax = depthMax): boolean {
  let depth = 0;
  for (const byte of input) {
    if (byte === 0x5b || byte === 0x7b) depth += 1;
    else if (byte === 0x5d || byte === 0x7d) depth -= 1;
    if (depth > levelsMax) return true;
  }
  return false;
}

/** The first promise that is broken. */
export const firstOf = (...broken: readonly (string | null | false)[]): string | null =>
  broken.find((each): each is string => typeof each === 'string') ?? null;

/** Equal as far as JSON shows it. */
export const isSameJson = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** The parsed input; undefined where a mutation broke the JSON itself, which only the outermost reader has to take. */
export function jsonOf(input: Buffer): unknown {
  try {
    return JSON.parse(input.toString('utf8'));
  } catch {
    return undefined;
  }
}
