import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { renderWhatIf } from '../../src/cli/render-what-if.ts';
import { plainLook } from '../../src/cli/terminal.ts';
import { boundsOf } from '../../src/config/bounds.ts';
import { parseClusterFile } from '../../src/config/parse.ts';
import { foresee, type WhatIf, type WhatIfRow } from './index.ts';

function read(text: string) {
  const { cluster, problems } = parseClusterFile(text, 'f');
  if (cluster === null) throw new Error(problems.map(({ message }) => message).join('\n'));
  const whatIf = foresee(cluster, { horizonMs: 200_000, seeds: 2 });
  if (whatIf === null) throw new Error('it does not come up');
  return { cluster, whatIf };
}

const example = (name: string): string =>
  readFileSync(join(import.meta.dirname, '../../examples', name, 'cluster.yaml'), 'utf8');

function casesOf(whatIf: WhatIf, fault: WhatIfRow['fault']): WhatIfRow['cases'] {
  return whatIf.rows.find((row) => row.fault === fault)?.cases ?? [];
}

const servicesAt = (whatIf: WhatIf, fault: WhatIfRow['fault']) =>
  casesOf(whatIf, fault).flatMap(({ outcome }) => outcome.services);

describe('two nodes that fence each other', () => {
  const { whatIf, cluster } = read(example('two-node-fence'));

  test('nothing ever runs twice, and all runs again after each fault', () => {
    const all = whatIf.rows.flatMap(({ fault }) => servicesAt(whatIf, fault));
    expect(all.length).toBeGreaterThan(15);
    expect(all.filter(({ twiceMs }) => twiceMs !== 0)).toEqual([]);
    expect(all.filter(({ downMs }) => downMs === null)).toEqual([]);
  });

  test('a board without power is no proof: the second level is, after its time', () => {
    const [alpha] = casesOf(whatIf, 'power');
    expect(alpha?.outcome.fencings).toMatchObject([
      { by: 'beta', target: 'alpha', device: 'pdu', outcome: 'off', verified: true },
    ]);
    // A head start of 5 s, and a board that does not answer within its 20 s.
    const downMs = alpha?.outcome.services[0]?.downMs ?? 0;
    expect(downMs).toBeGreaterThan(25_000);
    expect(downMs).toBeLessThan(30_000);
  });

  test('cut off from each other, one of them is switched off', () => {
    const [split] = casesOf(whatIf, 'split');
    expect(split?.outcome.nodes).toMatchObject([
      { node: 'alpha', state: 'acts', lostPower: null },
      { node: 'beta', lostPower: { by: 'fencing', back: true } },
    ]);
  });

  test('the table says it in words', () => {
    const text = renderWhatIf(whatIf, cluster, plainLook);
    expect(text).toContain('beta makes sure that alpha is off (pdu, verified, 2');
    expect(text).toContain('all on alpha, without a break; clients do not reach address');
    expect(text).toContain('the file names no witness');
    const narrow = renderWhatIf(whatIf, cluster, { ...plainLook, width: 100 });
    expect(Math.max(...narrow.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
  });
});

test('with boards alone, a node without power is down until an operator acts', () => {
  const text = example('two-node-fence')
    .replaceAll(', [pdu]', '')
    .replace(/ {4}pdu:[\s\S]*?\n\n/, '\n');
  const services = servicesAt(read(text).whatIf, 'power');
  expect(services.filter(({ downMs }) => downMs === null).map(({ service }) => service)).toEqual([
    'disk',
    'postfix',
    'address',
  ]);
});

test('ping: both go on when only the links between them are cut', () => {
  const { whatIf } = read(example('two-node-ping'));
  expect(servicesAt(whatIf, 'split')).toMatchObject([
    { service: 'proxy', twiceMs: 0 },
    { service: 'proxy-address', after: ['alpha', 'beta'], twiceMs: null },
  ]);
  expect(servicesAt(whatIf, 'power').filter(({ downMs }) => downMs === null)).toEqual([]);
});

test('a witness: one side goes on, within the bound, and never both', () => {
  const { whatIf, cluster } = read(example('two-node-witness'));
  const all = whatIf.rows.flatMap(({ fault }) => servicesAt(whatIf, fault));
  expect(all.filter(({ twiceMs, downMs }) => twiceMs !== 0 || downMs === null)).toEqual([]);
  // The bound counts from the loss of the node; a loss timeout goes before it, and starting takes a moment.
  const latestMs = Math.max(...boundsOf(cluster).takeovers.map((each) => each.latestMs ?? 0));
  expect(Math.max(...all.map(({ downMs }) => downMs ?? 0))).toBeLessThan(latestMs + cluster.heartbeat.deadMs + 1000);
  expect(casesOf(whatIf, 'witness')).toHaveLength(1);
});

test('tie: none takes nothing over, and stops nothing', () => {
  const { whatIf } = read(example('two-node-ping').replace(/ {2}tie: ping\n {2}ping: .*\n/, '  tie: none\n'));
  const address = (fault: WhatIfRow['fault']) => servicesAt(whatIf, fault).filter(({ service }) => service !== 'proxy');
  expect(address('power')).toMatchObject([{ downMs: null }, { downMs: 0 }]);
  expect(address('split')).toMatchObject([{ downMs: 0, twiceMs: 0, after: ['alpha'] }]);
});

test('more than two nodes', () => {
  const { whatIf } = read(example('web-server-pair'));
  expect(casesOf(whatIf, 'power')).toHaveLength(4);
  expect(casesOf(whatIf, 'split')).toHaveLength(4);
  expect(servicesAt(whatIf, 'power').filter(({ downMs }) => downMs === null)).toEqual([]);
});
