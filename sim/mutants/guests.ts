/** When a guest is known to be off, and when its machine may be started. */
import type { Mutant } from './table.ts';

const guests = 'src/core/schedule/guests.ts';

export const guestMutants: readonly Mutant[] = [
  {
    name: 'guest-off-with-lost-host',
    world: 'guest',
    rule: 'a guest may run while a lost node may run its machine',
    by: ['exclusive', 'takeover'],
    file: guests,
    find: 'on.length === 0 && unseen.length === 0 && elsewhere === null;',
    replace: 'on.length === 0 && unseen.length === 0;',
  },
  {
    name: 'guest-off-with-machine',
    world: 'guest',
    rule: 'a guest may run while a member may run its machine',
    by: ['exclusive', 'takeover', 'live'],
    file: guests,
    find: 'on.length === 0 && unseen.length === 0 && elsewhere === null;',
    replace: 'elsewhere === null;',
  },
  {
    name: 'guest-not-drained',
    world: 'guest',
    rule: 'what runs on a guest stops before its machine does',
    by: ['drain'],
    file: guests,
    find: 'isMember(input.view, node) ? stopOf(settled.get(machine.id), plan) : undefined;',
    replace: 'undefined as Stop | undefined;',
  },
  {
    name: 'machine-stops-with-what-runs',
    world: 'guest',
    rule: 'the stop of a machine waits for the stops on its guest',
    by: ['drain'],
    file: guests,
    find: 'if (sooner !== undefined) stop.after.add(sooner);',
    replace: 'if (sooner !== undefined) return;',
  },
];
