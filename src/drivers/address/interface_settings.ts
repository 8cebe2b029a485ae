/** Settings of the kernel for an interface that carries service addresses. */
import { writeFileSync } from 'node:fs';

const settings = [
  // Without it the kernel removes, together with the first address of a network, all later ones of the same network: giving up
  // one service's address would take away another's.
  { name: 'promote_secondaries', value: '1' },
  // Our own ARP questions are asked with the node's address. Asked with a service's address, in the middle of a planned move,
  // they would turn the neighbours' caches back to us.
  { name: 'arp_announce', value: '2' },
] as const;

/** Best effort: where a container forbids it, addresses still work one by one. */
export function prepareInterface(device: string): void {
  for (const { name, value } of settings) {
    try {
      // Interface names hold no slash; a dot (VLANs) is part of the name here.
      writeFileSync(`/proc/sys/net/ipv4/conf/${device}/${name}`, value);
    } catch {
      // See above.
    }
  }
}
