/** Scores and roles: the two scales on which everything is compared. */

/** One million, as in Pacemaker: sums stop there. */
export const infinity = 1_000_000;

/** In a score table: the node is no candidate at all (not named in an opt-in cluster), which no preference can change. */
export const absent = -0x8000_0000;

/** Saturated; minus infinity wins over everything, plus infinity included. Neither may be `absent`. */
export function addScores(a: number, b: number): number {
  if (a <= -infinity || b <= -infinity) return -infinity;
  if (a >= infinity || b >= infinity) return infinity;
  const sum = a + b;
  return Math.min(Math.max(sum, -infinity), infinity);
}

export type Role = 'unknown' | 'stopped' | 'started' | 'unpromoted' | 'promoted';

const ranks: Readonly<Record<Role, number>> = { unknown: 0, stopped: 1, started: 2, unpromoted: 3, promoted: 4 };

/** Further up runs more: stopped < started < unpromoted < promoted. */
export const rankOf = (role: Role): number => ranks[role];
