/** ICMP sockets, which Node does not have: libc through koffi. Non-blocking; their user polls them. */
import ipaddr from 'ipaddr.js';
import type { Family } from './echo.ts';

export interface IcmpSocket {
  /** Null, or why the kernel did not take it (no route, for one). */
  send(packet: Uint8Array): string | null;
  /** The next packet from that address, null when there is none. The bytes are overwritten by the next call. */
  receive(): Uint8Array | null;
  close(): void;
}

/** Opens a socket that hears one address only, or says why it could not. */
export interface Icmp {
  open(address: string): IcmpSocket | string;
}

const families = { 4: 2, 6: 10 } as const;
const protocols = { 4: 1, 6: 58 } as const;
/** Datagram sockets need no privilege, but the kernel's `ping_group_range` must allow them; raw ones need root. */
const types = [2, 3] as const;
const nonBlocking = 0x800;
const closeOnExec = 0x80000;
const packetBytesMax = 2048;

type Call = (...args: readonly unknown[]) => number;

interface Libc {
  readonly socket: Call;
  readonly connect: Call;
  readonly send: Call;
  readonly receive: Call;
  readonly close: Call;
  readonly error: () => string;
}

let loaded: Promise<Icmp | string> | null = null;

/** Once; a text says why there are none on this machine. */
export const loadIcmp = (): Promise<Icmp | string> => {
  loaded ??= load();
  return loaded;
};

async function load(): Promise<Icmp | string> {
  try {
    const koffi = (await import('koffi')).default;
    const libc = koffi.load('libc.so.6');
    const call = (definition: string): Call => libc.func(definition) as unknown as Call;
    const names = Object.entries(koffi.os.errno);
    return icmpWith({
      socket: call('int socket(int family, int type, int protocol)'),
      connect: call('int connect(int fd, const void *address, uint32_t bytes)'),
      send: call('int64_t send(int fd, const void *bytes, size_t count, int flags)'),
      receive: call('int64_t recv(int fd, _Out_ void *bytes, size_t count, int flags)'),
      close: call('int close(int fd)'),
      error: () => names.find(([, value]) => value === koffi.errno())?.[0] ?? `error ${koffi.errno()}`,
    });
  } catch (error) {
    return `ICMP sockets cannot be used: ${(error as Error).message}`;
  }
}

const icmpWith = (libc: Libc): Icmp => ({ open: (address) => open(libc, address) });

function open(libc: Libc, text: string): IcmpSocket | string {
  if (!ipaddr.isValid(text)) return `${text} is no address`;
  const address = ipaddr.parse(text);
  const family: Family = address.kind() === 'ipv4' ? 4 : 6;
  const fd = types
    .map((type) => () => libc.socket(families[family], type | nonBlocking | closeOnExec, protocols[family]))
    .reduce((found, next) => (found >= 0 ? found : next()), -1);
  if (fd < 0) return `no ICMP socket: ${libc.error()}`;
  const sockaddr = sockaddrOf(family, address.toByteArray());
  if (libc.connect(fd, sockaddr, sockaddr.length) === 0) return opened(libc, fd);
  const because = `${text} cannot be reached: ${libc.error()}`;
  libc.close(fd);
  return because;
}

/** `struct sockaddr_in` or `sockaddr_in6`; only the family is in the machine's own order. */
function sockaddrOf(family: Family, address: readonly number[]): Buffer {
  const bytes = Buffer.alloc(family === 4 ? 16 : 28);
  new Uint16Array(bytes.buffer, bytes.byteOffset, 1)[0] = families[family];
  bytes.set(address, family === 4 ? 4 : 8);
  return bytes;
}

function opened(libc: Libc, fd: number): IcmpSocket {
  const buffer = Buffer.alloc(packetBytesMax);
  let isOpen = true;
  return {
    send: (packet) => (libc.send(fd, Buffer.from(packet), packet.length, 0) === packet.length ? null : libc.error()),
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
