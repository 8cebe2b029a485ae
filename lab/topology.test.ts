import { describe, expect, it } from 'vitest';
import { type Cluster, plainCluster } from '../src/core/model.ts';
import { freeAddress, topologyOf } from './topology.ts';

const cluster = (nodes: Record<string, string[]>): Cluster =>
  plainCluster(
    'test',
    { intervalMs: 100, deadMs: 600, port: 5700 },
    Object.entries(nodes).map(([id, addresses]) => ({
      id,
      links: addresses.map((address) => ({ address, prefix: 24 })),
    })),
    [],
  );

describe('topologyOf', () => {
  it('gives each node an interface a link and adds a client with an address in each network', () => {
    const topology = topologyOf(cluster({ a: ['10.1.0.1', '10.2.0.1'], b: ['10.1.0.254', '10.2.0.2'] }));
    if (!topology.ok) throw new Error(topology.failure.message);
    expect(topology.value.bridges).toEqual(['link0', 'link1']);
    const flat = topology.value.hosts.map((host) => [
      host.name,
      ...host.interfaces.map((i) => `${i.name} ${i.address} ${i.port} ${i.mac}`),
    ]);
    expect(flat).toEqual([
      ['a', 'eth0 10.1.0.1 h0l0 02:5e:00:00:00:01', 'eth1 10.2.0.1 h0l1 02:5e:00:01:00:01'],
      ['b', 'eth0 10.1.0.254 h1l0 02:5e:00:00:00:02', 'eth1 10.2.0.2 h1l1 02:5e:00:01:00:02'],
      ['client', 'eth0 10.1.0.253 h2l0 02:5e:00:00:00:03', 'eth1 10.2.0.254 h2l1 02:5e:00:01:00:03'],
    ]);
  });

  it('makes a host of each address that is pinged, and reaches a witness on the first link', () => {
    const plain = cluster({ a: ['10.1.0.1', '10.2.0.1'], b: ['10.1.0.2', '10.2.0.2'] });
    const witness = { ...plain.nodes[0], id: 'w', links: [{ address: '172.16.0.5', prefix: 32 }], witness: true };
    const topology = topologyOf({
      ...plain,
      nodes: [...plain.nodes, witness as Cluster['nodes'][number]],
      quorum: { ...plain.quorum, ping: ['10.2.0.254', '10.1.0.254', '10.9.9.9'] },
    });
    if (!topology.ok) throw new Error(topology.failure.message);
    const flat = topology.value.hosts.map(({ name, role, interfaces }) =>
      [name, role, ...interfaces.map((i) => `${i.name} ${i.address}/${i.prefix} ${i.port}`)].join(' '),
    );
    expect(flat.slice(2)).toEqual([
      'w witness eth0 172.16.0.5/32 h2l0',
      'client outside eth0 10.1.0.253/24 h3l0 eth1 10.2.0.253/24 h3l1',
      'gateway outside eth1 10.2.0.254/24 h4l1',
      'gateway2 outside eth0 10.1.0.254/24 h5l0',
    ]);
  });

  it('refuses a node that is called like the client', () => {
    const topology = topologyOf(cluster({ client: ['10.1.0.1'] }));
    expect(topology.ok).toBe(false);
  });
});

describe('freeAddress', () => {
  it('works in IPv6 networks', () => {
    expect(freeAddress({ address: 'fd00::1', prefix: 64 }, new Set(['fd00::ffff:ffff:ffff:fffe']))).toBe(
      'fd00::ffff:ffff:ffff:fffd',
    );
  });

  it('skips what is taken', () => {
    expect(freeAddress({ address: '192.168.1.1', prefix: 30 }, new Set(['192.168.1.2']))).toBe('192.168.1.1');
  });
});
