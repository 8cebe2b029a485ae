/**
 * Stops the node when an invariant is broken.
 *
 * Assertions stay on in production: a node that no longer understands its own state must not act.
 * Expected failures (bad input, lost peers, failing agents) are values, never assertions.
 */
export class BrokenInvariant extends Error {
  override readonly name = 'BrokenInvariant';
}

/** Throws `BrokenInvariant` unless `condition` holds. `invariant` is what should have been true, as a sentence. */
export function assert(condition: boolean, invariant: string): asserts condition {
  if (!condition) throw new BrokenInvariant(invariant);
}

/** Marks a branch that the types rule out. */
export function unreachable(value: never): never {
  throw new BrokenInvariant(`unreachable: ${JSON.stringify(value)}`);
}

/** The value, which the caller knows to be there; `what` names it for the day it is not. */
export function must<T>(value: T | undefined | null, what: string): T {
  if (value === undefined || value === null) throw new BrokenInvariant(`missing: ${what}`);
  return value;
}
