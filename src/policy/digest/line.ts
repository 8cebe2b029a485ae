/** Parameters as one line of XML, and its digest: what Pacemaker records in the history. */
import { byText } from '../../lib/compare.ts';
import { md5 } from '../../lib/md5.ts';

/** 32 hexadecimal digits; the order of the names does not matter. */
export const digestOf = (values: ReadonlyMap<string, string>): string => md5(asciiBytes(lineOf(values)));

/** Names in byte order; blank in front and line end behind are part of it. */
function lineOf(values: ReadonlyMap<string, string>): string {
  const pairs = [...values].toSorted(([a], [b]) => byText(a, b)).map(([name, value]) => ` ${name}="${escaped(value)}"`);
  return ` <parameters${pairs.join('')}/>\n`;
}

const entities: Readonly<Record<string, string>> = {
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  '&': '&amp;',
  '\t': '    ',
  '\n': '\\n',
  '\r': '\\r',
};

const escaped = (value: string): string =>
  /[^ -~]|[<>"'&]/.test(value) ? Array.from(value.replace(/\p{Cs}/gu, '\ufffd'), escapedCharacter).join('') : value;

function escapedCharacter(character: string): string {
  const entity = entities[character];
  if (entity !== undefined) return entity;
  return character >= ' ' && character <= '~' ? character : encoded(character).map(octal).join('');
}

/** UTF-8. */
const encoded = (character: string): number[] =>
  character < '\x80'
    ? [character.charCodeAt(0)]
    : encodeURIComponent(character)
        .split('%')
        .slice(1)
        .map((byte) => Number.parseInt(byte, 16));

/** Bytes from 128 on are negative numbers there, and are written as such ones look in 32 bits. */
const octal = (byte: number): string => `\\${(byte < 0x80 ? byte : 0xffff_ff00 + byte).toString(8).padStart(3, '0')}`;

function asciiBytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at += 1) bytes[at] = text.charCodeAt(at);
  return bytes;
}
