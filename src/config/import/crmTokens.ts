/** The words of the crm shell's language: statements, one a line or over several that end in a backslash, cut like a shell does. */
import { ImportFault, type Place } from './fault.ts';
import type { Token } from './words.ts';

export interface Statement extends Place {
  /** Of XML only the first: the rest is no list of words. */
  readonly tokens: readonly Token[];
  /** As written, without the backslashes at line ends. */
  readonly raw: string;
}

/** Comments are lines that begin with #, but not inside of a statement, where #uname may begin a line. */
export function statementsOf(text: string): Statement[] {
  const lines = text.split(/\r\n|\n|\r/);
  const statements: Statement[] = [];
  for (let first = 0; first < lines.length; ) {
    const line = lines[first] ?? '';
    let after = first + 1;
    if (!/^\s*(#|$)/.test(line)) {
      while (continues(lines[after - 1] ?? '') && after < lines.length) after += 1;
      statements.push(statementOf(lines.slice(first, after), first));
    }
    first = after;
  }
  return statements.filter(({ tokens }) => tokens.length > 0);
}

const continues = (line: string): boolean => /\\\s*$/.test(line);

function statementOf(lines: readonly string[], first: number): Statement {
  const whole = lines.map((line) => line.replace(/\\\s*$/, ''));
  const column = (/^\s*/.exec(lines[0] ?? '')?.[0].length ?? 0) + 1;
  const place = { line: first + 1, column };
  const isXml = /^\s*xml\s/i.test(lines[0] ?? '');
  return {
    ...place,
    tokens: isXml ? [{ ...place, text: 'xml', end: place }] : wordsOf(whole, first),
    raw: whole.join('\n'),
  };
}

function wordsOf(lines: readonly string[], first: number): Token[] {
  const cut = new Cutter();
  for (const [i, line] of lines.entries()) cut.line(line, first + i + 1);
  return cut.end();
}

class Cutter {
  readonly #tokens: Token[] = [];
  /** The word that has begun. */
  #begun: (Place & { text: string }) | null = null;
  #quote: '"' | "'" | null = null;
  #quotedAt: Place = { line: 1, column: 1 };
  #reached: Place = { line: 1, column: 1 };

  line(text: string, line: number): void {
    for (let i = 0; i < text.length; i++) i += this.#character(text, i, line);
    this.#reached = { line, column: text.length + 1 };
    if (this.#quote === null) this.#finish();
    else this.#add(' ', this.#quotedAt);
  }

  /** How many characters more than one it took. */
  #character(text: string, i: number, line: number): number {
    const character = text[i] ?? '';
    const place = { line, column: i + 1 };
    this.#reached = place;
    if (this.#isEscape(text, i)) {
      this.#add(text[i + 1] ?? '', place);
      return 1;
    }
    if (this.#quote !== null) {
      if (character === this.#quote) this.#quote = null;
      else this.#add(character, place);
    } else if (character === '"' || character === "'") {
      this.#quote = character;
      this.#quotedAt = place;
      this.#add('', place);
    } else if (/\s/.test(character)) this.#finish();
    else this.#add(character, place);
    return 0;
  }

  /** Between double quotes only quotes and backslashes can be escaped, between single ones nothing. */
  #isEscape(text: string, i: number): boolean {
    if (text[i] !== '\\' || i + 1 >= text.length || this.#quote === "'") return false;
    return this.#quote === null || text[i + 1] === '"' || text[i + 1] === '\\';
  }

  #add(text: string, { line, column }: Place): void {
    if (this.#begun === null) this.#begun = { text, line, column };
    else this.#begun.text += text;
  }

  #finish(): void {
    if (this.#begun !== null) this.#tokens.push({ ...this.#begun, end: this.#reached });
    this.#begun = null;
  }

  end(): Token[] {
    if (this.#quote !== null) throw new ImportFault(this.#quotedAt, `this ${this.#quote} is not closed`);
    this.#finish();
    return this.#tokens;
  }
}
