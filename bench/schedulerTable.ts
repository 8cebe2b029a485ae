import type { SchedulerResult, SizeResult, SuiteResult } from './scheduler.ts';
import { ms } from './scheduler.ts';
import { shapes, states } from './schedulerInput.ts';

/** The figures as tables of Markdown: the suite, each size, and how the times grow. */
export function schedulerTable({ peerVersion, suite, sizes }: SchedulerResult): string {
  const parts = [
    suite === null ? '' : suiteTable(suite),
    sizes.length === 0 ? '' : sizesTable(sizes),
    growthTable(sizes),
  ];
  return [...parts.filter((part) => part !== ''), `Peer: ${peerVersion ?? 'none'}`].join('\n\n');
}

function suiteTable({ ours, peer }: SuiteResult): string {
  const row = (what: string, mine: number, theirs: number | undefined): string =>
    `| ${what} | ${ms(mine)} | ${theirs === undefined ? '' : ms(theirs)} | ${theirs === undefined ? '' : times(theirs / mine)} |`;
  return [
    `| the suite, ${ours.files} cases in one process, processor time | Sempre | crm_simulate | ratio |`,
    '| --- | --- | --- | --- |',
    row('each decided for the first time (peer: validated too)', ours.firstDecideMs, peer?.firstMs),
    row('each decided once more, on average', ours.decideMs, peer?.meanMs),
    row('each read for the first time', ours.firstReadMs, undefined),
    row('each read once more, on average', ours.readMs, undefined),
  ].join('\n');
}

const heads = [
  'cluster',
  'state',
  'input, MB',
  'Sempre, a process',
  'first read, decided',
  'later read, decided (processor)',
  'MB',
  'crm_simulate, a process (processor)',
  'inside',
  'MB',
  'process to process',
  'its processor time to later',
];

function sizesTable(sizes: readonly SizeResult[]): string {
  const rows = sizes.map(({ wanted, inputMb, ours, peer }) => {
    const theirs = peer?.processMs ?? null;
    return [
      `${wanted.shape} ${wanted.nodes}×${wanted.resources}`,
      wanted.state,
      inputMb.toFixed(1),
      ms(ours.processMs),
      `${ms(ours.readMs)} + ${ms(ours.decideMs)}`,
      `${ms(ours.warmReadMs)} + ${ms(ours.warmDecideMs)}`,
      String(Math.round(ours.rssMb)),
      peer === null ? '' : theirs === null ? 'over 2 min' : `${ms(theirs)} (${ms(peer.cpuMs)})`,
      peer?.insideMs == null ? '' : ms(peer.insideMs),
      peer === null || theirs === null ? '' : String(Math.round(peer.rssMb)),
      theirs === null ? '' : times(theirs / ours.processMs),
      theirs === null ? '' : times((peer?.cpuMs ?? 0) / (ours.warmReadMs + ours.warmDecideMs)),
    ].join(' | ');
  });
  const lines = [heads.join(' | '), heads.map(() => '---').join(' | '), ...rows];
  return lines.map((line) => `| ${line} |`).join('\n');
}

/** Between two sizes: by which power of the number of history entries (nodes × resources) the decision grew. */
function growthTable(sizes: readonly SizeResult[]): string {
  const rows = shapes.flatMap((shape) =>
    states.flatMap((state) => {
      const line = sizes.filter(({ wanted }) => wanted.shape === shape && wanted.state === state);
      const steps = line.slice(1).map((next, at) => growth(line[at], next));
      return steps.length === 0 ? [] : [`| ${shape} | ${state} | ${steps.join(' | ')} |`];
    }),
  );
  if (rows.length === 0) return '';
  const steps = Math.max(...rows.map((row) => row.split('|').length - 4));
  const columns = Array.from({ length: steps }, (_, at) => `size ${at + 1} to ${at + 2}`);
  return [
    `| growth of deciding, later (peer: inside), as a power of nodes × resources | | ${columns.join(' | ')} |`,
    `| ${'--- | '.repeat(steps + 2).trim()}`,
    ...rows,
  ].join('\n');
}

function growth(small: SizeResult | undefined, large: SizeResult): string {
  if (small === undefined) return '';
  const cells = ({ wanted }: SizeResult): number => wanted.nodes * wanted.resources;
  const power = (from: number, to: number): string =>
    (Math.log(to / from) / Math.log(cells(large) / cells(small))).toFixed(2);
  const [from, to] = [small.peer?.insideMs, large.peer?.insideMs];
  const peer = from && to ? ` (${power(from, to)})` : '';
  return `${power(small.ours.warmDecideMs, large.ours.warmDecideMs)}${peer}`;
}

const times = (ratio: number): string => `${ratio.toFixed(ratio < 10 ? 1 : 0)}×`;
