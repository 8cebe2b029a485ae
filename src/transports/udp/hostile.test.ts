import { createSecretKey, randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Message } from '../../core/ports.ts';
import { must } from '../../lib/assert.ts';
import { testBeat, testOrder, until } from '../contract.ts';
import { encodeMessage } from '../wire.ts';
import { Keys } from './keys.ts';
import { type Header, inspectPacket, largestDatagramBytes } from './packet.ts';
import { Session } from './session.ts';
import { makeUdpSite, type UdpMember, type UdpSite } from './site.testing.ts';
import type { Refusal } from './stats.ts';

/** A socket at any address, with whatever it received. */
class Stranger {
  readonly socket: Socket = createSocket('udp4');
  readonly got: Buffer[] = [];

  async bind(address: string, port: number): Promise<this> {
    this.socket.on('message', (packet) => this.got.push(packet));
    await new Promise<void>((done) => this.socket.bind(port, address, () => done()));
    return this;
  }
}

describe('UdpTransport among hostile packets', () => {
  let site: UdpSite;
  let n1: UdpMember;
  const strangers: Stranger[] = [];

  beforeEach(async () => {
    // What the kernel would throw away has to be refused all the same, on machines where it does not.
    site = await makeUdpSite(undefined, false);
    n1 = await site.start('n1');
    await until('the links are open', () => n1.transport.stats().links.every(({ open }) => open));
  });
  afterEach(async () => {
    for (const { socket } of strangers.splice(0)) socket.close();
    await site.close();
  });

  async function at(address: string): Promise<Stranger> {
    const stranger = await new Stranger().bind(address, site.port);
    strangers.push(stranger);
    return stranger;
  }
  const send = (stranger: Stranger, packet: Uint8Array, link = 0): void =>
    stranger.socket.send(packet, site.port, site.addressOf('n1', link));
  const refused = (refusal: Refusal, link = 0): number =>
    must(n1.transport.stats().links[link], 'a link').refused[refusal];
  const session = (self: string, peer: string): Session => new Session(new Keys(site.key, 'contract'), self, peer);
  const bytes = (message: Message): Uint8Array => encodeMessage(message);

  async function expectRefused(stranger: Stranger, packet: Uint8Array, refusal: Refusal): Promise<void> {
    const before = refused(refusal);
    send(stranger, packet);
    await until(`counted as ${refusal}`, () => refused(refusal) === before + 1);
    expect(n1.received).toEqual([]);
  }

  /** A session of n2 that n1 believes, at the address of n2. */
  async function n2(): Promise<{ peer: Stranger; mine: Session }> {
    const peer = await at(site.addressOf('n2', 0));
    const mine = session('n2', 'n1');
    send(peer, mine.seal(bytes(testBeat('n2', 0))));
    await until('a greeting', () => peer.got.length === 1);
    const greeting = must(peer.got[0], 'a greeting');
    const opened = mine.open(greeting, inspectPacket(new Keys(site.key, 'contract'), greeting) as Header);
    expect(opened.outcome).toBe('accepted');
    send(peer, mine.seal(new Uint8Array(0)));
    return { peer, mine };
  }

  test('counts every kind of packet that is not ours, and delivers none', async () => {
    const peer = await at(site.addressOf('n2', 0));
    const beat = bytes(testBeat('n2', 1));
    await expectRefused(peer, Buffer.alloc(0), 'short');
    await expectRefused(peer, randomBytes(30), 'short');
    await expectRefused(peer, randomBytes(1000), 'foreign');
    await expectRefused(peer, randomBytes(largestDatagramBytes + 1), 'oversize');
    await expectRefused(peer, new Session(new Keys(site.key, 'other'), 'n2', 'n1').seal(beat), 'wrongCluster');
    const otherKey = new Keys(createSecretKey(randomBytes(32)), 'contract');
    await expectRefused(peer, new Session(otherKey, 'n2', 'n1').seal(beat), 'wrongCluster');
    await expectRefused(peer, session('n9', 'n1').seal(beat), 'unknownSender');
    await expectRefused(peer, session('n1', 'n2').seal(beat), 'reflected');
    await expectRefused(peer, session('n3', 'n1').seal(beat), 'foreign');
    await expectRefused(peer, session('n2', 'n3').seal(beat), 'badTag');
    await expectRefused(peer, session('n2', 'n1').seal(beat), 'unproven');
  });

  test('accepts no packet from an address that the peer does not have, nor from its address on another link', async () => {
    const stranger = await at(site.addressOf('n1', 0).replace(/\d+$/, '77'));
    await expectRefused(stranger, session('n2', 'n1').seal(bytes(testBeat('n2', 1))), 'foreign');
    const crossed = await at(site.addressOf('n2', 1));
    await expectRefused(crossed, session('n2', 'n1').seal(bytes(testBeat('n2', 1))), 'foreign');
  });

  test('takes each packet once, however often it comes and on whichever link', async () => {
    const { peer, mine } = await n2();
    const packet = mine.seal(bytes(testOrder('n2', 1)));
    for (let i = 0; i < 5; i++) send(peer, packet);
    await until('replays are counted', () => refused('replay') === 4);
    expect(n1.received.length).toBe(1);
    const other = await at(site.addressOf('n2', 1));
    send(other, packet, 1);
    await until('the replay on the other link', () => refused('replay', 1) === 1);
    expect(n1.received.length).toBe(1);
  });

  test('takes nothing that was recorded before it started anew', async () => {
    const { peer, mine } = await n2();
    const recorded = [1, 2, 3].map((i) => mine.seal(bytes(testOrder('n2', i))));
    for (const packet of recorded) send(peer, packet);
    await until('the orders', () => n1.received.length === 3);
    await site.stop('n1');
    n1 = await site.start('n1');
    await until('the link is open', () => n1.transport.stats().links.every(({ open }) => open));
    for (const packet of recorded) send(peer, packet);
    await until('they are refused', () => refused('unproven') === 3);
    expect(n1.received).toEqual([]);
  });

  test('refuses bits that flipped, and goes on', async () => {
    const { peer, mine } = await n2();
    const packet = mine.seal(bytes(testOrder('n2', 1)));
    const flipped = Buffer.from(packet);
    flipped[80] = (flipped[80] ?? 0) ^ 4;
    send(peer, flipped);
    send(peer, packet.subarray(0, packet.length - 1));
    await until('both are refused', () => refused('badTag') === 2);
    send(peer, packet);
    await until('the true one is taken', () => n1.received.length === 1);
  });

  test('refuses authentic packets that hold no message of their sender, and says so once', async () => {
    const { peer, mine } = await n2();
    for (const body of [Buffer.from('{}'), Buffer.from('\u0000'), bytes(testOrder('n3', 1))]) {
      const before = refused('malformed');
      send(peer, mine.seal(body));
      await until('it is refused', () => refused('malformed') === before + 1);
    }
    expect(n1.received).toEqual([]);
    for (let i = 0; i < 100; i++) send(peer, mine.seal(Buffer.from('{}')));
    await until('all are refused', () => refused('malformed') === 103);
    expect(n1.notes.filter((note) => note.includes('version')).length).toBeLessThan(5);
  });

  test('answers an unproven packet with one that is no larger', async () => {
    const peer = await at(site.addressOf('n2', 0));
    const packet = session('n2', 'n1').seal(new Uint8Array(0));
    for (let i = 0; i < 10; i++) send(peer, packet);
    await until('ten greetings', () => peer.got.length === 10);
    for (const greeting of peer.got) expect(greeting.length).toBeLessThanOrEqual(packet.length);
  });

  test('hears its peer through a flood of garbage, with level memory', async () => {
    const { peer, mine } = await n2();
    const second = await at(site.addressOf('n2', 1));
    const flooder = await at(site.addressOf('n1', 0).replace(/\d+$/, '78'));
    const cookie = mine.seal(new Uint8Array(0)).subarray(0, 20);
    const garbage = [randomBytes(200), Buffer.concat([cookie, randomBytes(180)]), randomBytes(1200)];
    const beats = (link: number): number => n1.received.filter((it) => it.link === link).length;
    const rssBefore = process.memoryUsage().rss;
    for (let burst = 1; burst <= 20; burst++) {
      for (let i = 0; i < 1000; i++) send(flooder, must(garbage[i % garbage.length], 'garbage'));
      send(peer, mine.seal(bytes(testBeat('n2', burst))));
      send(second, mine.seal(bytes(testBeat('n2', burst))), 1);
      await new Promise((done) => setImmediate(done));
    }
    // The kernel's buffer of the flooded link overflows and takes heartbeats with it; the other link loses none.
    await until('all heartbeats of the other link', () => beats(1) === 20);
    await until(
      'a heartbeat on the flooded link',
      () => beats(0) > 0,
      () => send(peer, mine.seal(bytes(testBeat('n2', 21)))),
    );
    expect(refused('foreign')).toBeGreaterThan(100);
    expect(process.memoryUsage().rss - rssBefore).toBeLessThan(150 * 1024 * 1024);
  });
});
