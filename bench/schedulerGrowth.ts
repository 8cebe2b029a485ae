/** How times grow: the same cluster twice, four and eight times as large, and the power of the size that fits the times best. */
import type { SizeResult } from './scheduler.ts';
import type { Wanted } from './schedulerInput.ts';

export interface Series {
  readonly name: string;
  readonly steps: readonly Wanted[];
}

/** Powers of the size: 1 is in proportion to it. Of the peer its processor time for all of it; null where it was not measured. */
export interface Growth {
  readonly name: string;
  readonly results: readonly SizeResult[];
  readonly read: number;
  readonly decide: number;
  readonly peer: number | null;
}

/**
 * The history grows with the nodes (each remembers having looked for every resource), or with the resources, and then the
 * configuration does too; without a history only the configuration grows, and what is to be done.
 */
export function seriesOf(shape: Wanted['shape'], quick: boolean): readonly Series[] {
  const resources = shape === 'clones' ? 8 : 250;
  const factors = quick ? [1, 2, 4] : [1, 2, 4, 8];
  const more = (state: Wanted['state']): Wanted[] =>
    factors.map((factor) => ({ shape, state, nodes: 16, resources: resources * factor }));
  const nodes = factors.map(
    (factor): Wanted => ({ shape, state: 'running', nodes: 4 * factor, resources: resources * 2 }),
  );
  return [
    { name: `${shape}, ${resources * 2} resources, nodes from 4`, steps: nodes },
    { name: `${shape}, 16 nodes, resources from ${resources}, running`, steps: more('running') },
    { name: `${shape}, 16 nodes, resources from ${resources}, empty`, steps: more('empty') },
  ];
}

export async function grow(series: Series, measure: (wanted: Wanted) => Promise<SizeResult>): Promise<Growth> {
  const results: SizeResult[] = [];
  for (const wanted of series.steps) results.push(await measure(wanted));
  const known = results.flatMap((each) => (each.peer === null ? [] : [{ ...each, peer: each.peer }]));
  return {
    name: series.name,
    results,
    read: power(results, ({ ours }) => ours.readMs),
    decide: power(results, ({ ours }) => ours.decideMs),
    peer: known.length < 2 ? null : power(known, ({ peer }) => peer.cpuMs),
  };
}

/** The slope of the line through the logarithms, by least squares. */
function power<T extends SizeResult>(results: readonly T[], timeOf: (result: T) => number): number {
  const points = results.map((result) => ({
    x: Math.log(result.wanted.nodes * result.wanted.resources),
    y: Math.log(timeOf(result)),
  }));
  const mean = (values: readonly number[]): number => values.reduce((sum, each) => sum + each, 0) / values.length;
  const [middleX, middleY] = [mean(points.map(({ x }) => x)), mean(points.map(({ y }) => y))];
  const spread = mean(points.map(({ x }) => (x - middleX) ** 2));
  return mean(points.map(({ x, y }) => (x - middleX) * (y - middleY))) / spread;
}
