/** Was there a moment with two writers? Judged by the order of the lines in the file that they share, not by clocks. Pure. */

export interface Stamp {
  readonly host: string;
  readonly start: string;
  readonly seconds: number;
}

/** Stamps of one start without another one's in between. */
export interface Run {
  readonly host: string;
  readonly start: string;
  readonly fromSeconds: number;
  readonly toSeconds: number;
}

/** Two writers that were there at the same time. */
export interface Overlap {
  readonly first: string;
  readonly second: string;
  /** From the second one's first stamp to the last one of either that the other one's follow. */
  readonly fromSeconds: number;
  readonly toSeconds: number;
}

/** The last line may be cut off: it is left for the next time. */
export function readStamps(text: string): { readonly stamps: readonly Stamp[]; readonly length: number } {
  const length = text.lastIndexOf('\n') + 1;
  const lines = text.slice(0, length).split('\n').slice(0, -1);
  const stamps = lines.map((line): Stamp => {
    const [host = '', start = '', seconds = ''] = line.split(' ');
    return { host, start, seconds: Number(seconds) };
  });
  return { stamps, length };
}

export function runsOf(stamps: readonly Stamp[]): Run[] {
  const runs: Run[] = [];
  for (const { host, start, seconds } of stamps) {
    const last = runs.at(-1);
    if (last?.start === start) runs[runs.length - 1] = { ...last, toSeconds: seconds };
    else runs.push({ host, start, fromSeconds: seconds, toSeconds: seconds });
  }
  return runs;
}

/** A writer that stamps again after another one did: both were running in between. One entry for each two. */
export function overlapsIn(runs: readonly Run[]): Overlap[] {
  const seen = new Map<string, number>();
  const found = new Map<string, Overlap>();
  for (const [index, run] of runs.entries()) {
    const before = seen.get(run.start);
    seen.set(run.start, index);
    for (const other of before === undefined ? [] : runs.slice(before + 1, index)) {
      const key = [run.start, other.start].sort().join(' ');
      const known = found.get(key);
      const first = { first: run.start, second: other.start, fromSeconds: other.fromSeconds };
      found.set(key, { ...(known ?? first), toSeconds: run.fromSeconds });
    }
  }
  return [...found.values()];
}
