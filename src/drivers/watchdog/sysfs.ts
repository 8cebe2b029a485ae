/** What the kernel tells of a watchdog besides its ioctls; each fact is null where it does not. */
import { readFileSync, readlinkSync } from 'node:fs';
import { basename, join } from 'node:path';

export interface WatchdogFacts {
  readonly noWayOut: boolean | null;
  readonly state: 'active' | 'inactive' | null;
  readonly minSeconds: number | null;
  readonly maxSeconds: number | null;
}

/** `deviceNumber`: `rdev` of the device's file. */
export function factsOf(deviceNumber: number, sysfs = '/sys'): WatchdogFacts {
  const name = nameOf(deviceNumber, sysfs);
  const read = (fact: string): string | null =>
    name === null ? null : textIn(join(sysfs, 'class/watchdog', name, fact));
  const number = (fact: string): number | null => (/^\d+$/.test(read(fact) ?? '') ? Number(read(fact)) : null);
  const noWayOut = read('nowayout');
  const state = read('state');
  return {
    noWayOut: noWayOut === null ? null : noWayOut === '1',
    state: state === 'active' || state === 'inactive' ? state : null,
    minSeconds: number('min_timeout') || null,
    maxSeconds: number('max_timeout') || null,
  };
}

/** /dev/watchdog is an old second name of the first one and has no entry of its own. */
function nameOf(deviceNumber: number, sysfs: string): string | null {
  try {
    const name = basename(readlinkSync(join(sysfs, 'dev/char', numbersOf(deviceNumber))));
    return name === 'watchdog' ? 'watchdog0' : name;
  } catch {
    return null;
  }
}

/** `major:minor`, as libc's `makedev` packs them. */
export const numbersOf = (device: number): string =>
  `${(device >> 8) & 0xfff}:${(device & 0xff) | ((device >> 12) & 0xfff00)}`;

function textIn(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return null;
  }
}
