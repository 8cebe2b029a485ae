/**
 * MD5 (RFC 1321), only to recognise digests that others wrote down with it. It protects against nobody: two inputs with the same
 * digest are easily made.
 */

/** How far each of the 64 steps turns: four amounts a round. */
const turns = Uint8Array.from(
  [
    [7, 12, 17, 22],
    [5, 9, 14, 20],
    [4, 11, 16, 23],
    [6, 10, 15, 21],
  ].flatMap((round) => [...round, ...round, ...round, ...round]),
);

/** The whole part of 2^32 times the sine of 1, 2, ... 64. */
const sines = Int32Array.from(
  { length: 64 },
  (_, step) => Math.floor(Math.abs(Math.sin(step + 1)) * 0x1_0000_0000) | 0,
);

/** 32 hexadecimal digits. */
export function md5(bytes: Uint8Array): string {
  const words = padded(bytes);
  const state = Int32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476);
  for (let at = 0; at < words.length; at += 16) mix(state, words, at);
  return [...state].map(hex).join('');
}

/** A one bit, zeros up to 8 bytes before the end of a block, and the length in bits; words are little endian. */
function padded(bytes: Uint8Array): Int32Array {
  const blocks = ((bytes.length + 8) >> 6) + 1;
  const words = new Int32Array(blocks * 16);
  for (let i = 0; i < bytes.length; i += 1) put(words, i, bytes[i] ?? 0);
  put(words, bytes.length, 0x80);
  words[blocks * 16 - 2] = bytes.length << 3;
  words[blocks * 16 - 1] = bytes.length >>> 29;
  return words;
}

function put(words: Int32Array, index: number, byte: number): void {
  words[index >> 2] = (words[index >> 2] ?? 0) | (byte << ((index & 3) << 3));
}

function mix(state: Int32Array, words: Int32Array, at: number): void {
  let [a = 0, b = 0, c = 0, d = 0] = state;
  for (let step = 0; step < 64; step += 1) {
    const word = (words[at + (wordOf[step] ?? 0)] ?? 0) + (sines[step] ?? 0);
    const sum = (a + chosen(step, b, c, d) + word) | 0;
    const by = turns[step] ?? 0;
    a = d;
    d = c;
    c = b;
    b = (b + ((sum << by) | (sum >>> (32 - by)))) | 0;
  }
  state[0] = ((state[0] ?? 0) + a) | 0;
  state[1] = ((state[1] ?? 0) + b) | 0;
  state[2] = ((state[2] ?? 0) + c) | 0;
  state[3] = ((state[3] ?? 0) + d) | 0;
}

function chosen(step: number, b: number, c: number, d: number): number {
  if (step < 16) return (b & c) | (~b & d);
  if (step < 32) return (d & b) | (~d & c);
  return step < 48 ? b ^ c ^ d : c ^ (b | ~d);
}

/** Which word of the block a step takes. */
const wordOf = Uint8Array.from({ length: 64 }, (_, step) => {
  if (step < 16) return step;
  if (step < 32) return (5 * step + 1) & 15;
  return step < 48 ? (3 * step + 5) & 15 : (7 * step) & 15;
});

/** Bytes of a word in their order in memory. */
function hex(word: number): string {
  const turned = ((word & 0xff) << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24);
  return (turned >>> 0).toString(16).padStart(8, '0');
}
