/** Rules, and how each is broken. `find` occurs once in `file`. */
import { fencingMutants } from './fencing.ts';
import { guestMutants } from './guests.ts';
import { membershipMutants } from './membership.ts';
import { migrationMutants } from './migrations.ts';
import { serviceMutants } from './services.ts';

export interface Mutant {
  readonly name: string;
  /** What must hold, and no longer does. */
  readonly rule: string;
  /** Checks that should notice. */
  readonly by: readonly string[];
  /** The kind of world in which it is looked for; none: all of them. */
  readonly world?: string;
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

export const mutants: readonly Mutant[] = [
  ...membershipMutants,
  ...serviceMutants,
  ...migrationMutants,
  ...fencingMutants,
  ...guestMutants,
];
