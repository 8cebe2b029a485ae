import { expect, test } from 'vitest';
import { testCluster } from '../contract.ts';
import { canonicalAddress, topologyOf } from './topology.ts';

test('canonicalAddress writes an address as the kernel does', () => {
  expect(canonicalAddress('10.0.0.1')).toBe('10.0.0.1');
  expect(canonicalAddress('2001:DB8:0:0::0001')).toBe('2001:db8::1');
  expect(canonicalAddress('fe80::1%eth0')).toBe('fe80::1%eth0');
  expect(canonicalAddress('nonsense')).toBe('nonsense');
});

test('topologyOf knows the peers on the links that both have', () => {
  const cluster = testCluster([['10.0.0.1', 'FD00::0001'], ['10.0.0.2', 'fd00::2', '10.9.0.2'], ['10.0.0.3']], 694);
  const topology = topologyOf(cluster, 'n1');
  expect(topology.own).toEqual(['10.0.0.1', 'fd00::1']);
  expect([...topology.peers]).toEqual([
    ['n2', { port: 694, addresses: ['10.0.0.2', 'fd00::2'] }],
    ['n3', { port: 694, addresses: ['10.0.0.3'] }],
  ]);
  expect(topology.peerAt.get('fd00::2')).toBe('n2');
  expect(topology.peerAt.has('10.9.0.2')).toBe(false);
  expect(topology.peerAt.has('10.0.0.1')).toBe(false);
  expect(topologyOf(cluster, 'n9')).toMatchObject({ own: [], peers: new Map(), peerAt: new Map() });
});

test('topologyOf knows the port of each node', () => {
  const plain = testCluster([['10.0.0.1'], ['10.0.0.2'], ['10.0.0.3']], 694);
  const cluster = { ...plain, nodes: plain.nodes.map((node, i) => (i === 2 ? { ...node, port: 7000 } : node)) };
  expect(topologyOf(cluster, 'n1')).toMatchObject({ port: 694 });
  expect(topologyOf(cluster, 'n1').peers.get('n3')?.port).toBe(7000);
  expect(topologyOf(cluster, 'n3')).toMatchObject({ port: 7000 });
  expect(topologyOf(cluster, 'n3').peers.get('n1')?.port).toBe(694);
});
