/**
 * Answers «is this definition another one than that?»: a fingerprint of plain data, the same on every node and version.
 *
 * It tells changes apart, nothing more. It is no protection against anybody who wants two definitions to look alike.
 */
import { byText } from './compare.ts';

/** JSON with sorted keys, so that the order in which somebody wrote them down does not matter. `undefined` is left out. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value).filter(([, member]) => member !== undefined);
  entries.sort(([a], [b]) => byText(a, b));
  return `{${entries.map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`).join(',')}}`;
}

/** 16 hexadecimal digits: FNV-1a over the UTF-8 form of the canonical JSON. */
export const digest = (value: unknown): string => fnv1a64(canonicalJson(value));

const word = 0x1_0000_0000;

/**
 * FNV-1a with 64 bits, in two words of 32.
 * The prime is 2^40 + 0x1b3; every product below stays under 2^53, so plain numbers are exact.
 */
export function fnv1a64(text: string): string {
  let high = 0xcbf29ce4;
  let low = 0x84222325;
  for (const byte of utf8(text)) {
    low = (low ^ byte) >>> 0;
    const product = low * 0x1b3;
    high = (high * 0x1b3 + Math.floor(product / word) + low * 0x100) % word;
    low = product % word;
  }
  return high.toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0');
}

/** Written out because the core has no TextEncoder. A lone surrogate becomes its three bytes instead of an error. */
function* utf8(text: string): Generator<number> {
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    if (code < 0x80) yield code;
    else if (code < 0x800) yield* [0xc0 | (code >> 6), tail(code)];
    else if (code < 0x1_0000) yield* [0xe0 | (code >> 12), tail(code >> 6), tail(code)];
    else yield* [0xf0 | (code >> 18), tail(code >> 12), tail(code >> 6), tail(code)];
  }
}

const tail = (code: number): number => 0x80 | (code & 0x3f);
