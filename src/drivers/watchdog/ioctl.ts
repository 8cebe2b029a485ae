/** The ioctls of Linux's watchdog devices (<linux/watchdog.h>), which Node cannot call by itself: libc through koffi. */
import type { Answer } from './opened.ts';

export interface Ioctl {
  /** Seconds. The device may take another one: ask it. */
  setTimeout(fd: number, seconds: number): Answer<null>;
  getTimeout(fd: number): Answer<number>;
  identity(fd: number): Answer<string>;
}

/** As `_IOR('W', n, ...)` makes them, on x86 and ARM alike. */
const request = { getSupport: 0x80285700, setTimeout: 0xc0045706, getTimeout: 0x80045707 } as const;
/** `struct watchdog_info`: options, firmware version, 32 bytes of name. */
const infoBytes = 40;
const nameAt = 8;

type Call = (fd: number, request: number, argument: Uint8Array) => number;

let loaded: Promise<Ioctl | string> | null = null;

/** Once; a text says why it cannot be. */
export const loadIoctl = (): Promise<Ioctl | string> => {
  loaded ??= load();
  return loaded;
};

async function load(): Promise<Ioctl | string> {
  try {
    const { default: koffi } = await import('koffi');
    const libc = koffi.load('libc.so.6');
    const call = libc.func('int ioctl(int fd, unsigned long request, _Inout_ void *argument)') as unknown as Call;
    const names = Object.entries(koffi.os.errno);
    const reason = (): string => names.find(([, value]) => value === koffi.errno())?.[0] ?? `error ${koffi.errno()}`;
    return ioctlsWith(call, reason);
  } catch (error) {
    return `the ioctls of a watchdog cannot be called: ${(error as Error).message}`;
  }
}

function ioctlsWith(call: Call, reason: () => string): Ioctl {
  const ask = (fd: number, number: number, bytes: Uint8Array): Answer<Uint8Array> =>
    call(fd, number, bytes) === 0 ? { ok: true, value: bytes } : { ok: false, because: reason() };
  return {
    setTimeout: (fd, seconds) => {
      const done = ask(fd, request.setTimeout, bytesOf(seconds));
      return done.ok ? { ok: true, value: null } : done;
    },
    getTimeout: (fd) => {
      const got = ask(fd, request.getTimeout, bytesOf(0));
      return got.ok ? { ok: true, value: numberIn(got.value) } : got;
    },
    identity: (fd) => {
      const got = ask(fd, request.getSupport, new Uint8Array(infoBytes));
      return got.ok ? { ok: true, value: textIn(got.value.subarray(nameAt)) } : got;
    },
  };
}

/** An int in the machine's own order. */
const bytesOf = (value: number): Uint8Array => new Uint8Array(Int32Array.of(value).buffer);
const numberIn = (bytes: Uint8Array): number => new Int32Array(bytes.slice(0, 4).buffer)[0] ?? 0;
const textIn = (bytes: Uint8Array): string =>
  Buffer.from(bytes.subarray(0, Math.max(0, bytes.indexOf(0)))).toString('latin1');
