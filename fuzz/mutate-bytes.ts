/** Blind changes: bits, bytes, lengths, repetitions, and what somebody would type to break a reader. */
import type { Prng } from '../sim/world/prng.ts';
import { inputBytesMax } from './target.ts';

/** Texts that readers trip over: ends of numbers, control characters, text that is no text, keys with a meaning. */
export const nasty: readonly string[] = [
  ...['0', '-0', '-1', '1e999', '1e-999', '0x10', '00', '1_000', 'NaN', 'Infinity', '-Infinity', 'null', 'true'],
  ...['127', '128', '255', '256', '65535', '65536', '2147483647', '2147483648', '4294967295', '4294967296'],
  ...['9007199254740991', '9007199254740992', '18446744073709551616', '1'.repeat(400)],
  ...['\0', '\n', '\r', '\r\n', '\t', '\x0b', '\x1b[2J', '\x7f', '\x85', '\u00a0', '\u2028', '\u2029', '\ufeff'],
  ...['\u202e', '\ud800', '\udfff', 'e\u0301', 'ß', 'İ', 'ı', '😀', '\u0000\u0000', '∂'],
  ...['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'length', 'then', 'toJSON'],
  ...['', ' ', '"', "'", '\\', '\\u0000', '%', '%00', '%s', '$&', '../', '{}', '[]', '{', '[', ':', ',', '=', ';', '#'],
];

type Change = (chance: Prng, input: Buffer, other: Buffer, words: readonly string[]) => Buffer;

const placeIn = (chance: Prng, input: Buffer): number => chance.below(input.length + 1);

/** A piece, mostly short. */
function pieceOf(chance: Prng, input: Buffer): { from: number; to: number } {
  const from = placeIn(chance, input);
  const lengthMax = chance.chance(0.7) ? 16 : input.length;
  return { from, to: Math.min(input.length, from + chance.below(lengthMax + 1)) };
}

const splice = (input: Buffer, from: number, to: number, piece: Uint8Array): Buffer =>
  Buffer.concat([input.subarray(0, from), piece, input.subarray(to)]);

const numbersAt: readonly number[] = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fff_ffff, 0xffff_ffff];

const changes: readonly Change[] = [
  function flipBit(chance, input) {
    const copy = Buffer.from(input);
    const at = chance.below(copy.length);
    if (copy.length > 0) copy[at] = (copy[at] ?? 0) ^ (1 << chance.below(8));
    return copy;
  },
  function setByte(chance, input) {
    const copy = Buffer.from(input);
    if (copy.length > 0) copy[chance.below(copy.length)] = chance.below(256);
    return copy;
  },
  function insertBytes(chance, input) {
    const at = placeIn(chance, input);
    return splice(input, at, at, Buffer.from(Array.from({ length: chance.between(1, 8) }, () => chance.below(256))));
  },
  function remove(chance, input) {
    const { from, to } = pieceOf(chance, input);
    return splice(input, from, to, Buffer.alloc(0));
  },
  (chance, input) => input.subarray(0, placeIn(chance, input)),
  function repeat(chance, input) {
    const { from, to } = pieceOf(chance, input);
    const piece = input.subarray(from, to);
    const most = Math.floor(inputBytesMax / Math.max(1, piece.length));
    const times = Math.min(most, chance.chance(0.9) ? chance.between(1, 20) : chance.between(1, 60_000));
    return splice(input, to, to, Buffer.alloc(piece.length * times, piece.length === 0 ? 0 : piece));
  },
  function boundary(chance, input) {
    const copy = Buffer.from(input);
    const width = chance.pick([1, 2, 4]);
    if (copy.length < width) return copy;
    const value = chance.pick(numbersAt) % 256 ** width;
    copy.writeUIntBE(value, chance.below(copy.length - width + 1), width);
    return copy;
  },
  function spliceTwo(chance, input, other) {
    return Buffer.concat([input.subarray(0, placeIn(chance, input)), other.subarray(placeIn(chance, other))]);
  },
  function copyFrom(chance, input, other) {
    const { from, to } = pieceOf(chance, other);
    const at = placeIn(chance, input);
    return splice(input, at, at, other.subarray(from, to));
  },
  function insertNasty(chance, input) {
    const { from, to } = chance.chance(0.5) ? pieceOf(chance, input) : samePlace(placeIn(chance, input));
    return splice(input, from, to, Buffer.from(chance.pick(nasty)));
  },
  function insertWord(chance, input, _other, words) {
    const { from, to } = chance.chance(0.5) ? pieceOf(chance, input) : samePlace(placeIn(chance, input));
    return splice(input, from, to, Buffer.from(words.length === 0 ? chance.pick(nasty) : chance.pick(words)));
  },
  function repeatWord(chance, input, _other, words) {
    const word = chance.pick([...nasty, ...words]);
    const at = placeIn(chance, input);
    const times = Math.floor(chance.between(1, inputBytesMax) / Math.max(1, word.length));
    return chance.chance(0.9) ? input : splice(input, at, at, Buffer.from(word.repeat(times)));
  },
  function otherNumber(chance, input) {
    const text = input.toString('latin1');
    const numbers = [...text.matchAll(/\d+/g)];
    if (numbers.length === 0) return input;
    const found = chance.pick(numbers);
    return splice(input, found.index, found.index + found[0].length, Buffer.from(chance.pick(nasty.slice(0, 27))));
  },
  function swapLines(chance, input) {
    const lines = input.toString('latin1').split('\n');
    const [a, b] = [chance.below(lines.length), chance.below(lines.length)];
    const [first, second] = [lines[a] ?? '', lines[b] ?? ''];
    lines[a] = second;
    if (chance.chance(0.7)) lines[b] = first;
    return Buffer.from(lines.join('\n'), 'latin1');
  },
];

const samePlace = (at: number): { from: number; to: number } => ({ from: at, to: at });

/** One to a few changes; never longer than an input may be. */
export function mutateBytes(chance: Prng, input: Buffer, other: Buffer, words: readonly string[]): Buffer {
  let changed = input;
  const times = chance.chance(0.6) ? 1 : chance.between(2, 6);
  for (let i = 0; i < times; i++)
    changed = chance.pick(changes)(chance, changed, other, words).subarray(0, inputBytesMax);
  return changed;
}
