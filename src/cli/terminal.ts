/** Where a command writes: data on standard output, everything else on standard error; colour and symbols as the reader can take them. */
import { createInterface } from 'node:readline/promises';

export type Tone = 'plain' | 'good' | 'warn' | 'bad' | 'dim' | 'strong';

/** How text may look. Pure renderers take this and nothing else of the terminal. */
export interface Look {
  readonly color: boolean;
  readonly unicode: boolean;
  /** Null: not a terminal, nothing is wrapped. */
  readonly width: number | null;
}

export interface Terminal {
  readonly look: Look;
  readonly isTty: boolean;
  /** Somebody is there to answer a question. */
  readonly canAsk: boolean;
  /** Data: a text with its line ends. */
  out(text: string): void;
  /** A line for the person, not for the pipe. */
  note(line: string): void;
  /** True only for a yes, or for exactly this word where one is given. */
  confirm(question: string, word?: string): Promise<boolean>;
}

export const plainLook: Look = { color: false, unicode: false, width: null };

const codes: Readonly<Record<Tone, string>> = { plain: '', good: '32', warn: '33', bad: '31;1', dim: '2', strong: '1' };

export function paint(look: Look, tone: Tone, text: string): string {
  return look.color && tone !== 'plain' && text !== '' ? `\u001b[${codes[tone]}m${text}\u001b[0m` : text;
}

/** A mark that stands before a word, never in place of it. */
export function mark(look: Look, tone: Tone): string {
  const symbols = look.unicode
    ? { good: '●', warn: '▲', bad: '✖', other: '○' }
    : { good: '+', warn: '!', bad: 'x', other: '-' };
  return tone === 'good' || tone === 'warn' || tone === 'bad' ? symbols[tone] : symbols.other;
}

export type ColorWish = 'auto' | 'always' | 'never';

export function openTerminal(environment: NodeJS.ProcessEnv, wish: ColorWish): Terminal {
  const { stdin, stdout, stderr } = process;
  // The reader of a pipe may leave early (`| head`): that is its right and no failure.
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
  });
  return {
    look: lookOf(environment, wish, stdout.isTTY, stdout.columns),
    isTty: stdout.isTTY === true,
    canAsk: stdin.isTTY === true && stderr.isTTY === true,
    out: (text) => void stdout.write(text),
    note: (line) => void stderr.write(`${line}\n`),
    confirm: async (question, word) => {
      const lines = createInterface({ input: stdin, output: stderr });
      try {
        const given = (await lines.question(`${question} ${word === undefined ? '[y/N] ' : ''}`)).trim();
        return word === undefined ? /^y(es)?$/i.test(given) : given === word;
      } catch {
        return false;
      } finally {
        lines.close();
      }
    },
  };
}

export function lookOf(
  environment: NodeJS.ProcessEnv,
  wish: ColorWish,
  isTty: boolean | undefined,
  columns: number | undefined,
): Look {
  const locale = environment.LC_ALL || environment.LC_CTYPE || environment.LANG || '';
  return {
    color: wantsColor(environment, wish, isTty === true),
    unicode: /utf-?8/i.test(locale),
    width: isTty === true ? Math.max(40, columns ?? 80) : null,
  };
}

function wantsColor(environment: NodeJS.ProcessEnv, wish: ColorWish, isTty: boolean): boolean {
  if (wish !== 'auto') return wish === 'always';
  if (environment.NO_COLOR) return false;
  const force = environment.FORCE_COLOR;
  if (force !== undefined) return force !== '0' && force !== 'false';
  return isTty && environment.TERM !== 'dumb';
}
