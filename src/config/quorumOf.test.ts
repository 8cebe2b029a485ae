import { expect, test } from 'vitest';
import { parseClusterFile } from './parse.ts';

const read = (text: string) => {
  const { cluster, problems } = parseClusterFile(text, 'f');
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
  if (cluster === null) throw new Error('no cluster');
  return cluster;
};

test('a file that says nothing has a majority of equal votes, and its own ways', () => {
  const { quorum, nodes, fencing } = read('cluster: c\nnodes: {a: 10.0.0.1, b: 10.0.0.2, c: 10.0.0.3}\n');
  expect(quorum).toEqual({
    noQuorum: 'stop',
    tie: 'none',
    prefer: null,
    headStartMs: 5000,
    ping: [],
    startWaitMs: 30_000,
  });
  expect(nodes.map(({ votes, witness, watchdog, fence }) => ({ votes, witness, watchdog, fence }))).toEqual(
    Array.from({ length: 3 }, () => ({ votes: 1, witness: false, watchdog: null, fence: [] })),
  );
  expect(fencing).toEqual({ devices: [], powerOn: true, tries: 3 });
});

test('two nodes that fence each other', () => {
  const { quorum, nodes, fencing } = read(`cluster: mail
quorum: {tie: fence, prefer: a, head-start: 8s, ping: 10.0.0.254, no-quorum: freeze}
watchdog: /dev/watchdog
nodes:
  a: {addresses: [10.0.0.1/24, 10.1.0.1/24], watchdog: none, fence: [[ipmi-a], [pdu1, pdu2]]}
  b: [10.0.0.2, 10.1.0.2]
fencing:
  power-on: false
  tries: 5
  devices:
    ipmi-a: {agent: fence_ipmilan, params: {ip: 10.0.0.11, lanplus: true, password: file:/x}, for: a, delay: 2s, verify: false}
    pdu1: {agent: fence_apc_snmp, plugs: {a: 1, b: ["2", 3]}, unfence: true}
    pdu2: {agent: fence_apc_snmp, for: [b, a], timeout: 20s}
`);
  expect(quorum).toEqual({
    noQuorum: 'freeze',
    tie: 'fence',
    prefer: 'a',
    headStartMs: 8000,
    ping: ['10.0.0.254'],
    startWaitMs: null,
  });
  expect(nodes.map(({ id, watchdog, fence }) => ({ id, watchdog, fence }))).toEqual([
    { id: 'a', watchdog: null, fence: [['ipmi-a'], ['pdu1', 'pdu2']] },
    { id: 'b', watchdog: { device: '/dev/watchdog', timeoutMs: 10_000 }, fence: [['pdu1', 'pdu2']] },
  ]);
  const plain = { delayMs: 0, timeoutMs: 60_000, verify: true, unfence: false, params: {}, plugs: {} };
  expect(fencing).toEqual({
    powerOn: false,
    tries: 5,
    devices: [
      {
        ...plain,
        id: 'ipmi-a',
        agent: 'fence_ipmilan',
        params: { ip: '10.0.0.11', lanplus: 'true', password: 'file:/x' },
        delayMs: 2000,
        verify: false,
      },
      { ...plain, id: 'pdu1', agent: 'fence_apc_snmp', plugs: { a: ['1'], b: ['2', '3'] }, unfence: true },
      { ...plain, id: 'pdu2', agent: 'fence_apc_snmp', timeoutMs: 20_000 },
    ],
  });
});

test('a witness is the last node; services know nothing of it', () => {
  const { quorum, nodes, services } = read(`cluster: c
watchdog: {device: /dev/watchdog1, timeout: 30s}
nodes: {a: [10.0.0.1, 10.1.0.1], b: [10.0.0.2, 10.1.0.2]}
witness: {name: w, address: 10.9.0.5}
services: {s: {command: x}}
`);
  expect(quorum).toMatchObject({ tie: 'none', startWaitMs: 30_000 });
  expect(nodes[0]?.watchdog).toEqual({ device: '/dev/watchdog1', timeoutMs: 30_000 });
  expect(nodes[2]).toEqual({
    id: 'w',
    links: [{ address: '10.9.0.5', prefix: 32 }],
    port: 7355,
    votes: 1,
    witness: true,
    watchdog: null,
    fence: [],
    attributes: {},
    utilization: {},
  });
  expect(services[0]?.on).toEqual(['a', 'b']);
});

test.each([
  ['quorum: {start-wait: all}', null],
  ['quorum: {tie: none, start-wait: 45s}', 45_000],
  ['quorum: {tie: none}', null],
])('%s waits %s ms for missing nodes', (line, waitMs) => {
  const third = line.includes('tie') ? '' : ', c: 10.0.0.3';
  expect(read(`cluster: c\n${line}\nnodes: {a: 10.0.0.1, b: 10.0.0.2${third}}\n`).quorum.startWaitMs).toBe(waitMs);
});

test('the two nodes are told their choices, one in a line', () => {
  const { problems } = parseClusterFile('cluster: c\nnodes: {a: 10.0.0.1, b: 10.0.0.2}\n', 'f');
  const hint = problems.find(({ code }) => code === 'TWO_NODES_NO_CHOICE')?.hint?.split('\n') ?? [];
  expect(hint.filter((line) => /tie: fence|tie: ping|witness:/.test(line))).toHaveLength(3);
});
