/**
 * A program for the kernel (classic BPF) that throws packets away which cannot be ours, before they take room in the
 * socket's buffer from those that are: wrong size, wrong magic, no cookie of a key that holds now, no peer's address and port.
 *
 * Without it a flood of garbage fills the buffer, and heartbeats are lost among it however quickly we read. What it lets
 * through is looked at again in every respect. Pure.
 */
import { isIPv6, SocketAddress } from 'node:net';
import { magic } from './packet.ts';

/** A word, or half of one, at a place in the packet. */
const load = 0x20;
const loadHalf = 0x28;
const loadLength = 0x80;
const jumpIfEqual = 0x15;
const jumpIfGreater = 0x25;
const jumpAlways = 0x05;
const end = 0x06;

const all = 0xffff_ffff;
/** The filter of a UDP socket sees the UDP header first. */
const headerBytes = 8;
/** Offsets from here on count from the IP header. */
const networkHeader = 0xfff0_0000;
const sourceAt = { v4: 12, v6: 8 } as const;
const sourcePortAt = 0;

type Instruction = readonly [code: number, ifTrue: number, ifFalse: number, value: number];

export interface Admitted {
  /** Of the keys that hold now. */
  readonly cookies: readonly Buffer[];
  /** Of the peers on this link; addresses in the form that the kernel prints. */
  readonly sources: readonly Source[];
  readonly packetBytesMax: number;
}

export interface Source {
  readonly address: string;
  readonly port: number;
}

/** Eight bytes an instruction, as the kernel takes them on a little-endian machine. */
export function filterProgram({ cookies, sources, packetBytesMax }: Admitted): Buffer {
  return assemble([
    [loadLength, 0, 0, 0],
    [jumpIfGreater, 0, 1, headerBytes + packetBytesMax],
    refuse,
    [load, 0, 0, headerBytes],
    [jumpIfEqual, 1, 0, magic.readUInt32BE(0)],
    refuse,
    ...cookiesOf(cookies),
    ...sources.flatMap(sourceOf),
    refuse,
  ]);
}

const refuse: Instruction = [end, 0, 0, 0];
const accept: Instruction = [end, 0, 0, all];

/** Goes on behind all of them with the first one that fits. */
function cookiesOf(cookies: readonly Buffer[]): Instruction[] {
  const each = 5;
  const blocks = cookies.flatMap((cookie, i): Instruction[] => [
    [load, 0, 0, headerBytes + magic.length],
    [jumpIfEqual, 0, 3, cookie.readUInt32BE(0)],
    [load, 0, 0, headerBytes + magic.length + 4],
    [jumpIfEqual, 0, 1, cookie.readUInt32BE(4)],
    [jumpAlways, 0, 0, (cookies.length - 1 - i) * each + 1],
  ]);
  return [...blocks, refuse];
}

function sourceOf({ address, port }: Source): Instruction[] {
  const words = wordsOf(address);
  const at = networkHeader + (words.length === 1 ? sourceAt.v4 : sourceAt.v6);
  // A word that differs goes on behind the whole block.
  const tests = words.flatMap((word, i): Instruction[] => [
    [load, 0, 0, at + 4 * i],
    [jumpIfEqual, 0, 2 * (words.length - i) + 1, word],
  ]);
  return [...tests, [loadHalf, 0, 0, sourcePortAt], [jumpIfEqual, 0, 1, port], accept];
}

function wordsOf(address: string): number[] {
  const [plain = ''] = address.split('%');
  if (!isIPv6(plain)) return [plain.split('.').reduce((word, part) => word * 256 + Number(part), 0)];
  return wordsOfIPv6(new SocketAddress({ address: plain, family: 'ipv6' }).address);
}

/** Of the short form: groups of hexadecimal digits, perhaps with one gap, perhaps ending in an IPv4 address. */
function wordsOfIPv6(address: string): number[] {
  const hex = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a, b, c, d) =>
    [Number(a) * 256 + Number(b), Number(c) * 256 + Number(d)].map((group) => group.toString(16)).join(':'),
  );
  const [head = [], tail] = hex.split('::').map((part) => part.split(':').filter((group) => group !== ''));
  const last = tail ?? [];
  const gap = Array.from({ length: 8 - head.length - last.length }, () => '0');
  const groups = [...head, ...gap, ...last].map((group) => Number.parseInt(group, 16));
  return [0, 2, 4, 6].map((i) => (groups[i] ?? 0) * 0x1_0000 + (groups[i + 1] ?? 0));
}

function assemble(instructions: readonly Instruction[]): Buffer {
  const program = Buffer.alloc(instructions.length * 8);
  for (const [i, [code, ifTrue, ifFalse, value]] of instructions.entries()) {
    program.writeUInt16LE(code, i * 8);
    program.writeUInt8(ifTrue, i * 8 + 2);
    program.writeUInt8(ifFalse, i * 8 + 3);
    program.writeUInt32LE(value >>> 0, i * 8 + 4);
  }
  return program;
}
