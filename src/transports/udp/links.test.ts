import { createSocket, type Socket } from 'node:dgram';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { must } from '../../lib/assert.ts';
import { byNumber } from '../../lib/compare.ts';
import { testBeat, testOrder, until } from '../contract.ts';
import { makeUdpSite, type UdpSite } from './site.testing.ts';

describe('UdpTransport and its links', () => {
  let site: UdpSite;
  let blocker: Socket | null = null;

  beforeEach(async () => {
    site = await makeUdpSite();
  });
  afterEach(async () => {
    blocker?.close();
    blocker = null;
    await site.close();
  });

  /** Holds the UDP port of one link of a node, as if the interface were not up. */
  async function block(node: string, link: number): Promise<void> {
    const socket = createSocket('udp4');
    blocker = socket;
    await new Promise<void>((done) => socket.bind(site.port, site.addressOf(node, link), () => done()));
  }

  function beat(): void {
    site.member('n1').transport.send('n2', testBeat('n1', 1));
    site.member('n2').transport.send('n1', testBeat('n2', 1));
  }
  const linksHeardBy = (node: string): number[] =>
    [...new Set(site.member(node).received.map(({ link }) => link))].sort(byNumber);

  test('a link that cannot be opened is said once, tried again, and used when it works', async () => {
    await block('n2', 0);
    await site.start('n1');
    const { transport, notes } = await site.start('n2');
    await until('the other link works', () => linksHeardBy('n1').includes(1) && linksHeardBy('n2').includes(1), beat);
    expect(linksHeardBy('n1')).toEqual([1]);
    expect(notes).toEqual([expect.stringMatching(/^UDP .* cannot be used: .*EADDRINUSE.*; tried again every second$/)]);
    const first = must(transport.stats().links[0], 'a link');
    expect(first.open).toBe(false);
    expect(first.sendFailures).toBeGreaterThan(0);
    blocker?.close();
    blocker = null;
    await until('the first link works', () => linksHeardBy('n1').includes(0) && linksHeardBy('n2').includes(0), beat);
    expect(notes.slice(1)).toEqual([expect.stringMatching(/open again$/)]);
  });

  test('other messages take the link on which the peer was heard', async () => {
    await block('n2', 0);
    await site.start('n1');
    await site.start('n2');
    await until('they hear each other', () => linksHeardBy('n1').includes(1) && linksHeardBy('n2').includes(1), beat);
    const orders = (): number => site.member('n2').received.filter(({ message }) => message.kind === 'order').length;
    for (let i = 1; i <= 20; i++) site.member('n1').transport.send('n2', testOrder('n1', i));
    await until('all orders are there at the first attempt', () => orders() === 20);
  });

  test('a link that did not change stays open when the file changes', async () => {
    await site.start('n1');
    await site.start('n2');
    const { transport, received } = site.member('n1');
    await until('both links work', () => linksHeardBy('n1').length === 2 && linksHeardBy('n2').length === 2, beat);
    const before = transport.stats().links[1]?.received ?? 0;
    const oneLink = {
      ...site.cluster,
      nodes: site.cluster.nodes.map((node) => ({ ...node, links: node.links.slice(1) })),
    };
    transport.configure(oneLink);
    const links = transport.stats().links;
    expect(links.length).toBe(1);
    // What was the second link is the first one now; its socket and its counters are the same.
    expect(links[0]).toMatchObject({ address: site.addressOf('n1', 1), open: true });
    expect(links[0]?.received).toBeGreaterThanOrEqual(before);
    received.length = 0;
    await until('heartbeats come on it, under its new number', () => received.some(({ link }) => link === 0), beat);
  });

  test('a node that the file does not know opens nothing', async () => {
    const without = { ...site.cluster, nodes: site.cluster.nodes.slice(1) };
    const { transport } = await site.start('n1', without);
    transport.send('n2', testBeat('n1', 1));
    expect(transport.stats()).toMatchObject({ links: [], sentToNobody: 1 });
    expect(await transport.ask('n2', 'anything', 100)).toMatchObject({ ok: false });
  });
});
