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

export interface Overlap {
  readonly first: Run;
  readonly second: Run;
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

/** A writer that stamps again after another one did: both were running in between. */
export function overlapsIn(runs: readonly Run[]): Overlap[] {
  const seen = new Map<string, number>();
  return runs.flatMap((run, index): Overlap[] => {
    const before = seen.get(run.start);
    seen.set(run.start, index);
    const between = before === undefined ? undefined : runs[before + 1];
    return between === undefined ? [] : [{ first: run, second: between }];
  });
}
