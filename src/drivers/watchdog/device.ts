/**
 * A watchdog device of the kernel: `/dev/watchdog` and its like.
 *
 * Opening it starts it. A byte feeds it; `V` before closing stops it, unless the driver was loaded with `nowayout`. Closed
 * without a `V`, as when this process dies, it counts on and resets the machine.
 */
import { closeSync, constants, fstatSync, openSync, statSync, writeSync } from 'node:fs';
import { holderOf } from './holder.ts';
import { type Ioctl, loadIoctl } from './ioctl.ts';
import type { Answer, OpenedWatchdog, Opening } from './opened.ts';
import { factsOf } from './sysfs.ts';

const food = Buffer.from('\0');
const goodbye = Buffer.from('V');

export async function openDevice(path: string): Promise<Opening> {
  const ioctl = await loadIoctl();
  if (typeof ioctl === 'string') return { ok: false, because: ioctl, soon: false };
  // Looked at before it is opened: a file that is no device must not be written to.
  const seen = deviceNumberOf(path);
  if (!seen.ok) return { ok: false, because: seen.because, soon: true };
  try {
    const fd = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
    return started(path, fd, ioctl);
  } catch (error) {
    return { ok: false, because: await whyNotOpened(path, seen.value, error), soon: true };
  }
}

function deviceNumberOf(path: string): Answer<number> {
  try {
    const seen = statSync(path);
    if (seen.isCharacterDevice()) return { ok: true, value: seen.rdev };
    return { ok: false, because: `${path} is no watchdog device` };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return { ok: false, because: code === 'ENOENT' ? missing(path) : `${path} cannot be looked at: ${message}` };
  }
}

const missing = (path: string): string =>
  `there is no ${path}: load the driver of this machine's watchdog (wdctl shows it), or softdog where it has none (modprobe softdog), or write watchdog: none for this node`;

async function whyNotOpened(path: string, deviceNumber: number, error: unknown): Promise<string> {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'EBUSY') {
    const holder = (await holderOf(deviceNumber)) ?? 'another process';
    return `${path} is held by ${holder}: end that, or its use of the watchdog (systemd: RuntimeWatchdogSec=off), or name another device`;
  }
  if (code === 'EACCES' || code === 'EPERM') return `${path} may not be opened by this user: run the daemon as root`;
  if (code === 'ENXIO' || code === 'ENODEV') return `${path} has no driver behind it: ${missing(path)}`;
  return `${path} cannot be opened: ${message}`;
}

function started(path: string, fd: number, ioctl: Ioctl): Opening {
  const identity = ioctl.identity(fd);
  if (!identity.ok) {
    closeSync(fd);
    return { ok: false, because: `${path} does not answer as a watchdog does (${identity.because})`, soon: false };
  }
  return { ok: true, watchdog: watchdogOf(path, fd, ioctl, identity.value) };
}

function watchdogOf(path: string, first: number, ioctl: Ioctl, identity: string): OpenedWatchdog {
  let fd: number | null = first;
  const deviceNumber = fstatSync(first).rdev;
  const facts = factsOf(deviceNumber);
  return {
    identity,
    noWayOut: facts.noWayOut === true,
    setTimeoutMs: async (timeoutMs) => (fd === null ? closed : setTimeout(ioctl, fd, timeoutMs, deviceNumber)),
    feed: () => (fd === null ? closed.because : written(fd, food)),
    disarm: async () => {
      if (fd === null) return true;
      written(fd, goodbye);
      closeSync(fd);
      fd = null;
      if (factsOf(deviceNumber).state !== 'active') return true;
      fd = reopened(path);
      return false;
    },
    abandon: () => {
      if (fd !== null) closeSync(fd);
      fd = null;
    },
  };
}

const closed = { ok: false, because: 'the watchdog is closed' } as const;

function setTimeout(ioctl: Ioctl, fd: number, timeoutMs: number, deviceNumber: number): Answer<number> {
  const set = ioctl.setTimeout(fd, timeoutMs / 1000);
  const got = ioctl.getTimeout(fd);
  if (!got.ok) return { ok: false, because: `the device does not tell its timeout (${got.because})` };
  // A device whose timeout is fixed refuses to set it, and may have the wanted one all the same.
  if (set.ok || got.value * 1000 === timeoutMs) return { ok: true, value: got.value * 1000 };
  const { minSeconds, maxSeconds } = factsOf(deviceNumber);
  const range = maxSeconds === null ? '' : `; it takes ${minSeconds ?? 1} to ${maxSeconds} s`;
  const because = `the device does not take a timeout of ${timeoutMs / 1000} s (${set.because}) and keeps ${got.value} s${range}`;
  return { ok: false, because };
}

function written(fd: number, bytes: Uint8Array): string | null {
  try {
    writeSync(fd, bytes);
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

/** For a device that cannot be stopped: it must be fed on. */
function reopened(path: string): number | null {
  try {
    return openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch {
    return null;
  }
}
