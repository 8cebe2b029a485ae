/**
 * Keeps the other addresses of an interface when one is removed.
 *
 * Without this setting the kernel removes, together with the first address of a network, all later ones of the same network:
 * giving up one service's address would take away another's.
 */
import { writeFileSync } from 'node:fs';

/** Best effort: where the setting is forbidden, addresses still work one by one. */
export function promoteSecondaries(device: string): void {
  try {
    // Interface names hold no slash; a dot (VLANs) is part of the name here.
    writeFileSync(`/proc/sys/net/ipv4/conf/${device}/promote_secondaries`, '1');
  } catch {
    // See above.
  }
}
