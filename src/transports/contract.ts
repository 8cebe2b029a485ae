/**
 * The suite that every transport passes (imported by tests only): what the core and the daemon may rely on.
 *
 * A transport's test makes a site: nodes on one machine that share a cluster of two links.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { plainOrder } from '../core/execute/plainOrder.ts';
import { type Cluster, type NodeId, plainCluster } from '../core/model.ts';
import {
  type Beat,
  type DocMessage,
  firstDoc,
  type Message,
  type OrderMessage,
  type Transport,
} from '../core/ports.ts';
import { must } from '../lib/assert.ts';

export interface Received {
  readonly link: number;
  readonly message: Message;
}

export interface Member {
  readonly transport: Transport;
  readonly received: Received[];
}

export interface Site {
  /** Three nodes `n1`, `n2`, `n3` with two links each. */
  readonly cluster: Cluster;
  /** Starts a node with a cluster of its own, or the common one. */
  readonly start: (node: NodeId, cluster?: Cluster) => Promise<Member>;
  /** Stops it as a crash would: without a word to the others. */
  readonly stop: (node: NodeId) => Promise<void>;
  readonly close: () => Promise<void>;
}

export function testCluster(nodes: readonly (readonly string[])[], port: number, name = 'contract'): Cluster {
  return plainCluster(
    name,
    { intervalMs: 20, deadMs: 400, port },
    nodes.map((addresses, i) => ({
      id: `n${i + 1}`,
      links: addresses.map((address) => ({ address, prefix: 8 })),
    })),
    [],
  );
}

export function testBeat(from: NodeId, seq: number): Beat {
  const version = { view: 1, counter: 1 };
  return {
    kind: 'beat',
    from,
    boot: 1,
    seq,
    sentAtMs: seq,
    echoes: [],
    hears: [],
    promised: { number: 0, members: [], coordinator: '' },
    continuous: [],
    installed: null,
    recordVersion: 0,
    holds: [],
    docVersion: version,
    docContent: version,
    docOnDisk: version,
  };
}

export function testOrder(from: NodeId, action: number, because = 'a test'): OrderMessage {
  const id = { view: 1, plan: 1, action };
  const order = { id, verb: 'start', serviceId: 'site', ...plainOrder, because } as const;
  return { kind: 'order', from, boot: 1, order };
}

export function testDoc(from: NodeId, cluster: Cluster, source: string): DocMessage {
  const version = { view: 1, counter: 1 };
  return { kind: 'doc', from, boot: 1, doc: { ...firstDoc(source, cluster), version, content: version } };
}

/** Waits until it is so; `step` is done in between, every 20 ms, because messages may be lost. */
export async function until(
  what: string,
  isSo: () => boolean,
  step: () => void = () => {},
  limitMs = 8000,
): Promise<void> {
  const endMs = performance.now() + limitMs;
  while (!isSo()) {
    if (performance.now() > endMs) throw new Error(`not within ${limitMs} ms: ${what}`);
    step();
    await new Promise((done) => setTimeout(done, 20));
  }
}

export function transportContract(name: string, make: () => Promise<Site>): void {
  describe(`${name}: transport contract`, () => {
    let site: Site;
    const members = new Map<NodeId, Member>();
    let seq = 0;

    beforeEach(async () => {
      site = await make();
      members.clear();
    });
    afterEach(() => site.close());

    async function start(...nodes: readonly NodeId[]): Promise<readonly Member[]> {
      for (const node of nodes) members.set(node, await site.start(node));
      return nodes.map((node) => member(node));
    }
    const member = (node: NodeId): Member => must(members.get(node), `node ${node}`);
    /** One heartbeat of every node to every other one. */
    function beat(): void {
      seq += 1;
      for (const [from, { transport }] of members)
        for (const to of members.keys()) if (to !== from) transport.send(to, testBeat(from, seq));
    }
    const heard = (at: NodeId, from: NodeId, link: number): boolean =>
      member(at).received.some((it) => it.message.kind === 'beat' && it.message.from === from && it.link === link);
    const all = ['n1', 'n2', 'n3'];
    const everybodyHears = (): boolean =>
      all.every((at) => all.every((from) => at === from || [0, 1].every((link) => heard(at, from, link))));
    const has = (at: NodeId, message: Message): boolean =>
      member(at).received.some((it) => JSON.stringify(it.message) === JSON.stringify(message));

    test('carries heartbeats between all nodes, on every link', async () => {
      await start(...all);
      await until('everybody hears everybody on both links', everybodyHears, beat);
      for (const { received } of members.values())
        for (const { message } of received) expect(message).toEqual(testBeat(message.from, (message as Beat).seq));
    });

    test('carries other messages to the one they are for', async () => {
      await start(...all);
      await until('everybody hears everybody', everybodyHears, beat);
      const order = testOrder('n1', 7);
      const send = (): void => member('n1').transport.send('n2', order);
      await until('the order is there', () => has('n2', order), send);
      expect(has('n3', order)).toBe(false);
    });

    test('carries messages far larger than a packet, exactly', async () => {
      await start(...all);
      const docs = [2_000, 60_000, 1_000_000].map((length) => testDoc('n3', site.cluster, 'é'.repeat(length / 2)));
      for (const doc of docs) {
        const send = (): void => {
          beat();
          member('n3').transport.send('n1', doc);
        };
        await until(`a document of ${doc.doc.source.length} is there`, () => has('n1', doc), send);
      }
    });

    test('keeps quiet about nodes that are not there or not known, and finds them when they come', async () => {
      await start('n1');
      const { transport } = member('n1');
      transport.send('n2', testBeat('n1', 1));
      transport.send('nobody', testBeat('n1', 1));
      transport.send('n1', testBeat('n1', 1));
      transport.send('n2', testDoc('n1', site.cluster, 'x'.repeat(10_000)));
      await start('n2', 'n3');
      await until('everybody hears everybody', everybodyHears, beat);
    });

    test('finds a node again that started anew', async () => {
      await start(...all);
      await until('everybody hears everybody', everybodyHears, beat);
      await site.stop('n2');
      members.delete('n2');
      beat();
      await start('n2');
      for (const { received } of members.values()) received.length = 0;
      await until('everybody hears everybody again', everybodyHears, beat);
    });

    test('takes a node in and out with the cluster file, without losing the others', async () => {
      const two = { ...site.cluster, nodes: site.cluster.nodes.slice(0, 2) };
      for (const node of all) members.set(node, await site.start(node, node === 'n3' ? site.cluster : two));
      const pair = (): boolean => heard('n1', 'n2', 1) && heard('n2', 'n1', 1);
      await until('two hear each other', pair, beat);
      expect(heard('n1', 'n3', 0) || heard('n3', 'n1', 0)).toBe(false);
      for (const node of ['n1', 'n2']) member(node).transport.configure(site.cluster);
      await until('three hear each other', everybodyHears, beat);
      for (const node of ['n1', 'n2']) member(node).transport.configure(two);
      for (const { received } of members.values()) received.length = 0;
      await until('two hear each other', pair, beat);
      expect(heard('n1', 'n3', 0) || heard('n3', 'n1', 0)).toBe(false);
    });
  });
}
