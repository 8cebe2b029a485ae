/**
 * Keeps this machine from answering or speaking by ARP for addresses that are only on `lo`, while at least one drain needs it.
 *
 * `arp_ignore` 1: answer only for addresses of the interface that was asked. `arp_announce` 2: never ask with an address that
 * is not of the interface; otherwise our own questions would turn the neighbours' caches back to us. IPv6 does so by itself.
 * After a crash of the daemon the two settings stay as they are, which harms nothing.
 */
import { readFileSync, writeFileSync } from 'node:fs';

const settings = [
  { path: '/proc/sys/net/ipv4/conf/all/arp_ignore', least: 1 },
  { path: '/proc/sys/net/ipv4/conf/all/arp_announce', least: 2 },
] as const;

let users = 0;
let before: readonly (number | null)[] = [];

/** Returns what undoes it; safe to call more than once. */
export function silenceArp(): () => void {
  if (users === 0) before = settings.map(({ path, least }) => raise(path, least));
  users += 1;
  let released = false;
  return () => {
    if (released) return;
    released = true;
    users -= 1;
    if (users > 0) return;
    for (const [i, { path }] of settings.entries()) restore(path, before[i] ?? null);
  };
}

/** The former value when it was changed, else null. These files are memory of the kernel: reading them does not wait. */
function raise(path: string, least: number): number | null {
  try {
    const value = Number(readFileSync(path, 'utf8'));
    if (value >= least) return null;
    writeFileSync(path, String(least));
    return value;
  } catch {
    return null; // A container may forbid it; the address then still leaves its interface.
  }
}

function restore(path: string, value: number | null): void {
  if (value === null) return;
  try {
    writeFileSync(path, String(value));
  } catch {
    // It was writable before; nobody can do anything about it now.
  }
}
