/**
 * Classic BPF programs that the kernel runs on each frame before it wakes us: they let through only what may tell of one
 * address. They only save work: what passes is still read with care.
 */
import { endianness } from 'node:os';
import { assert } from '../../lib/assert.ts';

interface Instruction {
  readonly code: number;
  readonly ifTrue: number;
  readonly ifFalse: number;
  readonly k: number;
}

const instructionBytes = 8;
const loadWord = 0x20;
const loadByte = 0x30;
const jumpIfEqual = 0x15;
const give = 0x06;
const frameBytesMax = 0x40000;

const load = (code: number, at: number): Instruction => ({ code, ifTrue: 0, ifFalse: 0, k: at });
const jump = (k: number, ifTrue: number, ifFalse: number): Instruction => ({ code: jumpIfEqual, ifTrue, ifFalse, k });
const pass: Instruction = { code: give, ifTrue: 0, ifFalse: 0, k: frameBytesMax };
const drop: Instruction = { code: give, ifTrue: 0, ifFalse: 0, k: 0 };

/** ARP whose sender has the address, or whose sender has none yet and asks for it. */
export function arpFilter(own: Uint8Array): Uint8Array {
  const [word] = words(own);
  assert(word !== undefined, 'an IPv4 address is one word');
  return encode([
    load(loadWord, 28),
    jump(word, 3, 0),
    jump(0, 0, 3),
    load(loadWord, 38),
    jump(word, 0, 1),
    pass,
    drop,
  ]);
}

/** Neighbour solicitations and advertisements whose target is the address. */
export function neighbourFilter(own: Uint8Array): Uint8Array {
  const target = words(own);
  assert(target.length === 4, 'an IPv6 address is four words');
  const tests = target.flatMap((word, i) => [load(loadWord, 62 + 4 * i), jump(word, 0, 2 * (3 - i) + 1)]);
  const kind = [load(loadByte, 20), jump(58, 0, 12), load(loadByte, 54), jump(135, 1, 0), jump(136, 0, 9)];
  return encode([...kind, ...tests, pass, drop]);
}

function words(address: Uint8Array): number[] {
  const view = new DataView(address.buffer, address.byteOffset, address.byteLength);
  return Array.from({ length: address.length / 4 }, (_, i) => view.getUint32(4 * i));
}

function encode(program: readonly Instruction[]): Uint8Array {
  const bytes = new Uint8Array(program.length * instructionBytes);
  const view = new DataView(bytes.buffer);
  const little = endianness() === 'LE';
  program.forEach(({ code, ifTrue, ifFalse, k }, i) => {
    view.setUint16(i * instructionBytes, code, little);
    view.setUint8(i * instructionBytes + 2, ifTrue);
    view.setUint8(i * instructionBytes + 3, ifFalse);
    view.setUint32(i * instructionBytes + 4, k, little);
  });
  return bytes;
}
