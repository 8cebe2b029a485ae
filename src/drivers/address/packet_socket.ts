/**
 * Raw Ethernet frames in and out of one interface, which Node cannot do by itself: AF_PACKET sockets of libc through koffi.
 *
 * Sockets are non-blocking and are polled by their users: a call takes less than a microsecond, and no thread is needed.
 */
import { macText } from './frames.ts';

export interface PacketSocket {
  /** The interface's own address; null: it is no Ethernet. */
  readonly mac: string | null;
  /** False when the kernel refused it (interface down, queue full). */
  send(frame: Uint8Array): boolean;
  /** The next frame that came in, null when there is none. The bytes are overwritten by the next call. */
  receive(): Uint8Array | null;
  close(): void;
}

export interface PacketOptions {
  readonly etherType: number;
  readonly filter: Uint8Array;
  readonly multicast: Uint8Array | null;
}

/** Opens sockets, or says in words why it could not. */
export interface Packets {
  open(interfaceIndex: number, options: PacketOptions): PacketSocket | string;
}

const familyPacket = 17;
const typeRaw = 3;
const nonBlocking = 0x800;
const closeOnExec = 0x80000;
const levelSocket = 1;
const attachFilter = 26;
const levelPacket = 263;
const addMembership = 1;
const membershipMulticast = 0;
const hardwareEthernet = 1;
const addressBytes = 20;
const frameBytesMax = 2048;
const instructionBytes = 8;

/** Loads koffi and libc once; a text says why raw sockets cannot be had on this machine. */
export async function loadPackets(): Promise<Packets | string> {
  try {
    const libc = await loadLibc();
    return { open: (index, options) => open(libc, index, options) };
  } catch (error) {
    return `raw sockets cannot be used: ${(error as Error).message}`;
  }
}

type Call = (...args: readonly unknown[]) => number;

interface Libc {
  readonly socket: Call;
  readonly bind: Call;
  readonly setOption: Call;
  readonly setFilter: Call;
  readonly name: Call;
  readonly send: Call;
  readonly receive: Call;
  readonly close: Call;
  readonly error: () => string;
}

async function loadLibc(): Promise<Libc> {
  const koffi = (await import('koffi')).default;
  const libc = koffi.load('libc.so.6');
  const filterProgram = koffi.struct({ count: 'uint16_t', instructions: 'const void *' });
  const call = (definition: string): Call => libc.func(definition) as unknown as Call;
  return {
    socket: call('int socket(int family, int type, int protocol)'),
    bind: call('int bind(int fd, const void *address, uint32_t bytes)'),
    setOption: call('int setsockopt(int fd, int level, int option, const void *value, uint32_t bytes)'),
    setFilter: libc.func('setsockopt', 'int', [
      'int',
      'int',
      'int',
      koffi.pointer(filterProgram),
      'uint32_t',
    ]) as unknown as Call,
    name: call('int getsockname(int fd, _Out_ void *address, _Inout_ uint32_t *bytes)'),
    send: call('int64_t send(int fd, const void *bytes, size_t count, int flags)'),
    receive: call('int64_t recv(int fd, _Out_ void *bytes, size_t count, int flags)'),
    close: call('int close(int fd)'),
    error: () => errorName(koffi.errno(), koffi.os.errno),
  };
}

const errorName = (code: number, names: Readonly<Record<string, number>>): string =>
  Object.entries(names).find(([, value]) => value === code)?.[0] ?? `error ${code}`;

function open(libc: Libc, interfaceIndex: number, options: PacketOptions): PacketSocket | string {
  // Protocol 0: nothing comes in before the filter is there and the socket is bound to its interface.
  const fd = libc.socket(familyPacket, typeRaw | nonBlocking | closeOnExec, 0);
  if (fd < 0) return `cannot open a raw socket: ${libc.error()}`;
  const because = prepare(libc, fd, interfaceIndex, options);
  if (because !== null) {
    libc.close(fd);
    return because;
  }
  return opened(libc, fd, ownMac(libc, fd));
}

function prepare(libc: Libc, fd: number, interfaceIndex: number, options: PacketOptions): string | null {
  const program = { count: options.filter.length / instructionBytes, instructions: Buffer.from(options.filter) };
  if (libc.setFilter(fd, levelSocket, attachFilter, program, 16) !== 0) {
    return `cannot set the filter of a raw socket: ${libc.error()}`;
  }
  const address = bindAddress(interfaceIndex, options.etherType);
  if (libc.bind(fd, address, address.length) !== 0) return `cannot listen for frames: ${libc.error()}`;
  // Best effort: without it only other stations' probes go unheard, on network cards that filter groups.
  if (options.multicast !== null) {
    const request = membershipRequest(interfaceIndex, options.multicast);
    libc.setOption(fd, levelPacket, addMembership, request, request.length);
  }
  return null;
}

/** `struct sockaddr_ll`; numbers in the machine's order, but for the protocol. */
function bindAddress(interfaceIndex: number, etherType: number): Buffer {
  const bytes = Buffer.alloc(addressBytes);
  const native = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  native.setUint16(0, familyPacket, littleEndian);
  native.setUint16(2, etherType, false);
  native.setInt32(4, interfaceIndex, littleEndian);
  return bytes;
}

/** `struct packet_mreq`. */
function membershipRequest(interfaceIndex: number, group: Uint8Array): Buffer {
  const bytes = Buffer.alloc(16);
  const native = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  native.setInt32(0, interfaceIndex, littleEndian);
  native.setUint16(4, membershipMulticast, littleEndian);
  native.setUint16(6, group.length, littleEndian);
  bytes.set(group, 8);
  return bytes;
}

const littleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

function ownMac(libc: Libc, fd: number): string | null {
  const bytes = Buffer.alloc(addressBytes);
  if (libc.name(fd, bytes, [addressBytes]) !== 0) return null;
  const hardware = new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getUint16(8, littleEndian);
  return hardware === hardwareEthernet && bytes[11] === 6 ? macText(bytes.subarray(12, 18)) : null;
}

function opened(libc: Libc, fd: number, mac: string | null): PacketSocket {
  const buffer = Buffer.alloc(frameBytesMax);
  let isOpen = true;
  return {
    mac,
    send: (frame) => isOpen && libc.send(fd, Buffer.from(frame), frame.length, 0) === frame.length,
    receive: () => {
      const count = isOpen ? Number(libc.receive(fd, buffer, buffer.length, 0)) : 0;
      return count > 0 ? buffer.subarray(0, count) : null;
    },
    close: () => {
      // A second close could hit a descriptor that somebody else got meanwhile.
      if (isOpen) libc.close(fd);
      isOpen = false;
    },
  };
}
