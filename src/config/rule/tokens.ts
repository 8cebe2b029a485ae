/** Words of a rule, each with its place. */

export interface Token {
  /** quoted: never a word of the language, whatever it says. end: what stands behind the last one. */
  readonly kind: 'word' | 'quoted' | 'open' | 'close' | 'range' | 'end';
  readonly text: string;
  /** Of its first character in the rule. */
  readonly at: number;
}

/** What is wrong with a rule, and where in it. */
export interface RuleFault {
  readonly at: number;
  readonly message: string;
  readonly hint: string | null;
}

/** Thrown by the readers of this folder and caught where the folder ends. */
export class RuleError extends Error {
  readonly fault: RuleFault;

  constructor(at: number, message: string, hint: string | null = null) {
    super(message);
    this.fault = { at, message, hint };
  }
}

const lexeme = /\s+|(\()|(\))|(\.\.)|"([^"]*)"|'([^']*)'|((?:(?!\.\.)[^\s()"'])(?:(?!\.\.)[^\s()])*)/gy;

export function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  for (const match of text.matchAll(lexeme)) {
    at = match.index + match[0].length;
    const token = tokenOf(match);
    if (token !== null) tokens.push({ ...token, at: match.index });
  }
  if (at < text.length) throw new RuleError(at, 'the quote that begins here does not end');
  return [...tokens, { kind: 'end', text: '', at: text.trimEnd().length }];
}

function tokenOf([whole, open, close, range, double, single, word]: RegExpMatchArray): Omit<Token, 'at'> | null {
  if (open !== undefined) return { kind: 'open', text: whole };
  if (close !== undefined) return { kind: 'close', text: whole };
  if (range !== undefined) return { kind: 'range', text: whole };
  if (word !== undefined) return { kind: 'word', text: word };
  const quoted = double ?? single;
  return quoted === undefined ? null : { kind: 'quoted', text: quoted };
}
