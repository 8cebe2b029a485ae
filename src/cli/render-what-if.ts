/** «What happens when», in words, from what the simulator saw. Pure. */
import type { Outcome, WhatIf, WhatIfCase, WhatIfRow } from '../../sim/foresee/index.ts';
import type { Cluster, NodeId } from '../core/model.ts';
import { seconds } from './render-bounds.ts';
import { type Cell, section, wrap } from './table.ts';
import { type Look, paint, type Tone } from './terminal.ts';

export function renderWhatIf(whatIf: WhatIf, cluster: Cluster, look: Look): string {
  const rows = whatIf.rows.flatMap((row) => rowsOf(row, cluster));
  const table = section(look, 'What happens when', ['WHEN', 'WHICH', '', 'THEN'], rows);
  const note = wrap(
    'Seen in the simulator with this file, at the worst of a few histories. What your services take to start comes on top.',
    (look.width ?? Number.POSITIVE_INFINITY) - 2,
  );
  return `${table}${note.map((line) => `  ${paint(look, 'dim', line)}\n`).join('')}`;
}

interface Told {
  readonly what: string;
  readonly nodes: string;
  readonly services: string;
  readonly tone: Tone;
}

function rowsOf(row: WhatIfRow, cluster: Cluster): Cell[][] {
  if (row.none !== null) return [[row.title, '', { text: '-', tone: 'dim' }, { text: row.none, tone: 'dim' }]];
  const told = row.cases.map(
    (each): Told => ({
      what: each.what,
      nodes: nodesText(each.outcome, cluster),
      services: servicesText(each),
      tone: toneOf(each.outcome),
    }),
  );
  const kinds = alike(told);
  return kinds.flatMap((kind, index): Cell[][] => {
    const [{ nodes, services, tone } = noTold] = kind;
    return [
      [index === 0 ? row.title : '', whichText(kind, told.length), 'nodes', nodes],
      ['', '', 'services', { text: services, tone }],
    ];
  });
}

function alike(told: readonly Told[]): readonly (readonly Told[])[] {
  const kinds = new Map<string, Told[]>();
  for (const each of told) {
    const key = `${each.nodes}\n${each.services}`;
    kinds.set(key, [...(kinds.get(key) ?? []), each]);
  }
  return [...kinds.values()];
}

const noTold: Told = { what: '', nodes: '', services: '', tone: 'plain' };

function whichText(kind: readonly Told[], all: number): string {
  if (kind.length === all) return all === 1 ? (kind[0]?.what ?? '') : 'any';
  return kind.length > 2 ? 'any other' : kind.map(({ what }) => what).join(', ');
}

// ---------------------------------------------------------------- nodes

function nodesText(outcome: Outcome, cluster: Cluster): string {
  const witnesses = cluster.nodes.filter(({ witness }) => witness).map(({ id }) => id);
  const parts = [
    ...outcome.fencings.map((fencing) => fencingText(fencing, outcome)),
    ...outcome.nodes.flatMap((node) => powerText(node)),
    ...actingText(outcome, witnesses),
    ...outcome.nodes.flatMap((node) => standingText(node, witnesses)),
    ...holdingText(outcome),
  ];
  return parts.length === 0 ? 'go on' : parts.join('; ');
}

function fencingText(fencing: Outcome['fencings'][number], { nodes }: Outcome): string {
  const { by, target, device, outcome, verified, tookMs, failure } = fencing;
  if (outcome === 'failed') return `${by} cannot make sure that ${target} is off: ${failure ?? 'no reason'}`;
  if (outcome === 'under way') return `${by} is still trying to switch ${target} off`;
  const isHit = nodes.some(({ node, state }) => node === target && state === 'hit');
  const what = isHit ? `makes sure that ${target} is off` : `switches ${target} off`;
  return `${by} ${what} (${device}, ${verified ? 'verified, ' : ''}${seconds(tookMs)})`;
}

function powerText({ node, lostPower }: Outcome['nodes'][number]): string[] {
  if (lostPower === null) return [];
  const back = lostPower.back ? [`${node} comes back and joins when it hears the others`] : [];
  const after = `after ${seconds(lostPower.afterMs)}`;
  if (lostPower.by === 'machine') return [`${node} ends with its machine ${after}`, ...back];
  return lostPower.by === 'watchdog' ? [`${node} is reset by its watchdog ${after}`, ...back] : back;
}

/** Who acts, where not all do so together. */
function actingText({ nodes }: Outcome, witnesses: readonly NodeId[]): string[] {
  const acting = nodes.filter(({ state, node }) => state === 'acts' && !witnesses.includes(node));
  const [first] = acting;
  if (first === undefined) return [];
  const apart = acting.filter(({ with: members }) => members.join() !== first.with.join());
  if (apart.length > 0) return [`${acting.map(({ node }) => node).join(' and ')} both act, each without the other`];
  const count = nodes.filter(({ node }) => !witnesses.includes(node)).length;
  return acting.length < count
    ? [`${acting.map(({ node }) => node).join(', ')} act${acting.length === 1 ? 's' : ''}`]
    : [];
}

function standingText({ node, state, lostPower }: Outcome['nodes'][number], witnesses: readonly NodeId[]): string[] {
  if (state === 'runs on') return [`${node} may start nothing; what it runs goes on`];
  if (state === 'off') return [`${node} stays off`];
  if (state !== 'idle' || lostPower !== null) return [];
  return [witnesses.includes(node) ? `${node} is left out` : `${node} stops what it runs and waits`];
}

function holdingText({ nodes }: Outcome): string[] {
  const holding = nodes.filter(({ state }) => state === 'holds').map(({ node }) => node);
  if (holding.length > 1) return [`${holding.join(' and ')} keep what they run and take nothing over`];
  return holding.map((node) => `${node} keeps what it runs and takes nothing over`);
}

// ---------------------------------------------------------------- services

function servicesText({ outcome, cutOff }: WhatIfCase): string {
  const sentences = new Map<string, string[]>();
  for (const service of outcome.services) {
    const text = serviceText(service);
    sentences.set(text, [...(sentences.get(text) ?? []), service.service]);
  }
  const parts = [...sentences].map(([text, names]) => {
    const isAll = names.length === outcome.services.length;
    return `${isAll && names.length > 1 ? 'all' : names.join(', ')} ${text}`;
  });
  const lost = cutOff.length === 0 ? [] : [`clients do not reach ${cutOff.join(', ')}`];
  return [...parts, ...lost].join('; ') || 'there are none';
}

function serviceText({ before, after, downMs, twiceMs }: Outcome['services'][number]): string {
  const where = after.join(' and ');
  if (downMs === null || after.length === 0) return 'down until it is healed or an operator acts';
  const twice = twiceMs !== null && twiceMs > 0 ? `, twice for ${seconds(twiceMs)}` : '';
  if (twiceMs === null) return `on ${where} at once until it is healed`;
  if (downMs > 0) return `on ${where} after ${seconds(downMs)}${twice}`;
  return before.join() === after.join() ? `on ${where}, without a break${twice}` : `on ${where}${twice}`;
}

function toneOf({ services }: Outcome): Tone {
  if (services.some(({ downMs }) => downMs === null)) return 'bad';
  return services.some(({ downMs, twiceMs }) => downMs !== 0 || twiceMs !== 0) ? 'warn' : 'plain';
}
