/** The YAML library's errors in the words of somebody who edits a cluster file at night. */
import type { YAMLParseError } from 'yaml';
import type { ProblemCode } from './problems.ts';
import { printable } from './show.ts';
import type { Fault } from './yaml.ts';

interface Wording {
  readonly code?: ProblemCode;
  readonly message: string;
  readonly hint: string | null;
}

const quoteIt = 'text that holds «: », « #» or begins with a sign is written in quotes: "…"';

const wordings: { readonly [code in YAMLParseError['code']]?: Wording } = {
  TAB_AS_INDENT: {
    code: 'YAML_TAB',
    message: 'a tab indents this line',
    hint: 'YAML takes spaces only: two for each level',
  },
  MULTIPLE_DOCS: {
    code: 'YAML_DOCUMENTS',
    message: 'a second document begins here',
    hint: 'a cluster file is one document: remove the line «---»',
  },
  BAD_INDENT: { message: 'the indentation does not fit the lines above', hint: 'is a «[», «{» or quote open above?' },
  BLOCK_AS_IMPLICIT_KEY: { message: 'a second «key: value» on one line', hint: quoteIt },
  BLOCK_IN_FLOW: { message: 'a «[» or «{» is still open where this line begins', hint: 'close it on the lines above' },
  MISSING_CHAR: {
    message: 'a quote, «[» or «{» is still open here',
    hint: 'it was opened on this line or above: close it there',
  },
  MULTILINE_IMPLICIT_KEY: { message: 'this is no «key: value»', hint: 'is a «:» missing, or the indentation wrong?' },
  BAD_SCALAR_START: { message: 'a value cannot begin with this character', hint: quoteIt },
  BAD_DQ_ESCAPE: {
    message: 'unknown escape in a "…" text',
    hint: "write a backslash as \\\\, or put the text into '…'",
  },
  RESOURCE_EXHAUSTION: { code: 'YAML_TOO_LARGE', message: 'nested too deep', hint: null },
};

const theirsMax = 100;

/** The reader may quote all the rest of the file. */
const shortened = (text: string): string => (text.length <= theirsMax ? text : `${text.slice(0, theirsMax)}…`);

const deeperBelow: Wording = {
  message: 'the line below is indented as if it belonged to this value',
  hint: 'keys of one mapping begin in the same column',
};

/** The reader says the same of a second key on the line and of one on the line below that is indented too deep. */
function wordingOf(error: YAMLParseError, text: string, offset: number): Wording | undefined {
  const end = text.indexOf('\n', offset);
  const rest = end < 0 ? text.slice(offset) : text.slice(offset, end);
  const isBelow = error.code === 'BLOCK_AS_IMPLICIT_KEY' && !/:(\s|$)/.test(rest.trimEnd());
  return isBelow ? deeperBelow : wordings[error.code];
}

export function syntaxFault(error: YAMLParseError, text: string): Fault {
  const offset = Math.min(Math.max(error.pos[0], 0), text.length);
  const wording = wordingOf(error, text, offset);
  const theirs = shortened(printable(error.message.split('\n')[0] ?? ''));
  return {
    code: wording?.code ?? 'YAML_SYNTAX',
    offset,
    message: wording?.message ?? `not YAML: ${theirs.charAt(0).toLowerCase()}${theirs.slice(1)}`,
    hint: wording?.hint ?? null,
  };
}
