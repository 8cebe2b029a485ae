/** The times that a cluster file stands for, at the worst. Pure. */
import { type Bounds, boundsOf, type TakeoverBound } from '../config/bounds.ts';
import type { Cluster, Ms } from '../core/model.ts';
import { type Cell, section } from './table.ts';
import type { Look } from './terminal.ts';

export function renderBounds(cluster: Cluster, look: Look): string {
  const bounds = boundsOf(cluster);
  const certain = bounds.takeovers.filter(({ by }) => by !== 'nothing');
  // Where nobody waits for anything to be certain, nothing but the loss of a node takes time.
  if (certain.length === 0) return '';
  return [
    section(look, 'Bounds', ['WHAT', 'AT MOST', 'WHY'], boundRows(bounds)),
    section(
      look,
      'Takeover, from when the node was lost',
      ['SERVICE', 'WHEN ITS NODE IS', 'STARTS ELSEWHERE', 'AFTER'],
      certain.map(takeoverRow),
    ),
  ].join('\n');
}

const boundRows = (bounds: Bounds): Cell[][] => [
  ['loss timeout', seconds(bounds.lossMs), 'a node that is silent for this long is lost'],
  [
    'lease',
    seconds(bounds.leaseMs),
    'a node that is cut off may still act, from its own last packet that was answered',
  ],
  ['slowest stop', seconds(bounds.stopMs), bounds.slowestStop.join(', then ')],
  ...(bounds.watchdogMs === null
    ? []
    : [['watchdog', seconds(bounds.watchdogMs), 'a machine that is not fed is reset']]),
  ['clock drift', `${bounds.clockDriftPercent} %`, 'between any two nodes'],
];

const when: Readonly<Record<TakeoverBound['by'], string>> = {
  nothing: 'lost',
  lease: 'lost, and has stopped it',
  watchdog: 'lost, and has stopped it or was reset',
  fencing: 'switched off',
  hand: 'confirmed off',
};

const takeoverRow = ({ service, by, latestMs, because }: TakeoverBound): Cell[] => [
  service,
  when[by],
  latestMs === null ? { text: 'never by itself', tone: 'warn' } : `within ${seconds(latestMs)}`,
  because,
];

/** Rounded up: a bound must not promise more than it holds. */
export const seconds = (ms: Ms): string => `${Math.ceil(ms / 100) / 10} s`;
