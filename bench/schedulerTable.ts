import type { SchedulerResult, SizeResult, SuiteResult } from './scheduler.ts';
import { ms } from './scheduler.ts';
import type { Growth } from './schedulerGrowth.ts';

/** The figures as tables of Markdown: the suite, each size, and how the times grow. */
export function schedulerTable({ peerVersion, suite, sizes, growths }: SchedulerResult): string {
  const parts = [
    suite === null ? '' : suiteTable(suite),
    sizes.length === 0 ? '' : sizesTable(sizes),
    growthTable(growths),
  ];
  return [...parts.filter((part) => part !== ''), `Peer: ${peerVersion ?? 'none'}`].join('\n\n');
}

function suiteTable({ ours, peer }: SuiteResult): string {
  const row = (what: string, mine: number, theirs: number | undefined): string =>
    `| ${what} | ${ms(mine)} | ${theirs === undefined ? '' : ms(theirs)} | ${theirs === undefined ? '' : times(theirs / mine)} |`;
  const { first, mean } = ours;
  return [
    `| the suite, ${ours.files} cases in one process, processor time | Sempre | crm_simulate | ratio |`,
    '| --- | --- | --- | --- |',
    row('each decided for the first time (peer: validated too)', first.decideMs, peer?.firstMs),
    row('each decided once more, on average', mean.decideMs, peer?.meanMs),
    row('each read and decided once more, on average (peer: not read)', mean.readMs + mean.decideMs, peer?.meanMs),
    row('each read for the first time', first.readMs, undefined),
  ].join('\n');
}

const heads = [
  'cluster',
  'state',
  'input, MB',
  'Sempre, a process (processor)',
  'later: read + decided',
  'MB',
  'crm_simulate, a process (processor)',
  'inside',
  'MB',
  'process to process (processor)',
  'its processor time to later',
  'inside to decided',
  'inside to later',
  'MB to MB',
];

function sizesTable(sizes: readonly SizeResult[]): string {
  const rows = sizes.map(({ wanted, inputMb, ours, peer }) => {
    const later = ours.readMs + ours.decideMs;
    return [
      `${wanted.shape} ${wanted.nodes}×${wanted.resources}`,
      wanted.state,
      inputMb.toFixed(1),
      `${ms(ours.processMs)} (${ms(ours.cpuMs)})`,
      `${ms(ours.readMs)} + ${ms(ours.decideMs)}`,
      String(Math.round(ours.rssMb)),
      ...(peer === null
        ? ['none within 2 min', '', '', '', '', '', '', '']
        : [
            `${ms(peer.processMs)} (${ms(peer.cpuMs)})`,
            ms(peer.insideMs),
            String(Math.round(peer.rssMb)),
            `${times(peer.processMs / ours.processMs)} (${times(peer.cpuMs / ours.cpuMs)})`,
            times(peer.cpuMs / later),
            times(peer.insideMs / ours.decideMs),
            times(peer.insideMs / later),
            times(peer.rssMb / ours.rssMb),
          ]),
    ].join(' | ');
  });
  const lines = [heads.join(' | '), heads.map(() => '---').join(' | '), ...rows];
  return lines.map((line) => `| ${line} |`).join('\n');
}

/** By which power of nodes × resources the times grow. */
function growthTable(growths: readonly Growth[]): string {
  const rows = growths.map(({ name, results, read, decide, peer }) => {
    const steps = results.map(({ ours }) => `${ms(ours.readMs)} + ${ms(ours.decideMs)}`);
    return `| ${name} | ${steps.join(', ')} | ${read.toFixed(2)} | ${decide.toFixed(2)} | ${peer?.toFixed(2) ?? ''} |`;
  });
  return [
    '| growth, later | read + decided at ×1, ×2, ... | power: reading | deciding | crm_simulate, a process |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}

const times = (ratio: number): string => `${ratio.toFixed(ratio < 10 ? 1 : 0)}×`;
