/** How times, lists and counts read in a reason. */
import type { Ms } from '../model.ts';

const units: readonly (readonly [string, Ms])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
];

/** As the cluster file writes it: in the largest unit that needs no fraction. */
export function durationText(durationMs: Ms): string {
  const unit = units.find(([, unitMs]) => durationMs >= unitMs && durationMs % unitMs === 0);
  return unit === undefined ? `${durationMs}ms` : `${durationMs / unit[1]}${unit[0]}`;
}

export const timesText = (count: number): string => (count === 1 ? 'once' : `${count} times`);

const namesMax = 3;

/** A handful of names; how many more there are. */
export function namesText(names: readonly string[]): string {
  const shown = names.slice(0, namesMax);
  const more = names.length - shown.length;
  if (more > 0) return `${shown.join(', ')} and ${more} more`;
  return shown.length < 2 ? (shown[0] ?? '') : `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`;
}
