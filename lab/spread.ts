/** Few runs, no averages: a median says what to expect, the extremes what to fear. Pure. */
export interface Spread {
  readonly runs: number;
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export function spreadOf(values: readonly number[]): Spread | null {
  const sorted = [...values].sort((a, b) => a - b);
  const [min, max] = [sorted[0], sorted.at(-1)];
  if (min === undefined || max === undefined) return null;
  const upper = sorted[Math.floor(sorted.length / 2)] ?? max;
  const lower = sorted[Math.floor((sorted.length - 1) / 2)] ?? min;
  return { runs: sorted.length, median: (lower + upper) / 2, min, max };
}

export const showSpread = (spread: Spread | null, unit: string): string =>
  spread === null
    ? 'no run ended well'
    : `median ${show(spread.median)} ${unit} (${show(spread.min)} to ${show(spread.max)}), ${spread.runs} runs`;

const show = (value: number): string => (Number.isInteger(value) ? String(value) : value.toFixed(1));
