import { createSecretKey, randomBytes } from 'node:crypto';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { authorityOf, issue, type NodeCertificate, validFrom } from '../../identity/certificate.ts';
import { must } from '../../lib/assert.ts';
import { testBeat, testDoc, until } from '../contract.ts';
import { makeUdpSite, type UdpSite } from './site.testing.ts';

describe('reliable channel', () => {
  let site: UdpSite;
  const servers: Server[] = [];
  const sockets: Socket[] = [];
  let beating: NodeJS.Timeout | null = null;

  beforeEach(async () => {
    site = await makeUdpSite();
  });
  afterEach(async () => {
    if (beating !== null) clearInterval(beating);
    beating = null;
    for (const socket of sockets.splice(0)) socket.destroy();
    for (const server of servers.splice(0)) server.close();
    await site.close();
  });

  /** n1 and n2 with heartbeats going to and fro. */
  async function pair(): Promise<void> {
    await site.start('n1');
    await site.start('n2');
    beating = setInterval(() => {
      site.member('n1').transport.send('n2', testBeat('n1', 1));
      site.member('n2').transport.send('n1', testBeat('n2', 1));
    }, 20);
    await until('they hear each other', () => ['n1', 'n2'].every((node) => site.member(node).received.length > 2));
  }
  const n1 = () => site.member('n1');
  const n2 = () => site.member('n2');
  const docsAt = (node: string): number =>
    site.member(node).received.filter(({ message }) => message.kind === 'doc').length;
  const ended = (node: string, because: string): number =>
    site.member(node).transport.stats().channel.ended[because] ?? 0;

  /** Holds a TCP port and says nothing: a link that swallows everything. */
  async function swallow(node: string, link: number): Promise<{ readonly taken: Socket[] }> {
    const taken: Socket[] = [];
    const server = createServer((socket) => {
      socket.on('error', () => {});
      taken.push(socket);
      sockets.push(socket);
    });
    servers.push(server);
    await new Promise<void>((done) => server.listen(site.port, site.addressOf(node, link), () => done()));
    return { taken };
  }

  /** Connects to the channel of n1 as whoever has the address of n2. */
  async function intrude(): Promise<{ readonly socket: Socket; readonly got: Buffer[]; isClosed: () => boolean }> {
    const socket = connect({ host: site.addressOf('n1', 0), port: site.port, localAddress: site.addressOf('n2', 0) });
    sockets.push(socket);
    const got: Buffer[] = [];
    let closed = false;
    socket.on('data', (chunk) => got.push(chunk));
    socket.on('error', () => {});
    socket.on('close', () => {
      closed = true;
    });
    await until('connected', () => socket.readyState === 'open' || closed);
    return { socket, got, isClosed: () => closed };
  }

  test('questions are answered, many at once, over one connection', async () => {
    await pair();
    n2().answer = async (from, question) => ({ from, doubled: (question as number) * 2 });
    const asked = await Promise.all(Array.from({ length: 50 }, (_, i) => n1().transport.ask('n2', i, 5000)));
    expect(asked).toEqual(asked.map((_, i) => ({ ok: true, answer: { from: 'n1', doubled: i * 2 } })));
    expect(n1().transport.stats().channel.dialled).toBe(1);
    expect(n2().transport.stats().channel.accepted).toBe(1);
  });

  test('questions and answers may be large, and nothing is a question too', async () => {
    await pair();
    const large = 'é'.repeat(500_000);
    n2().answer = async (_, question) => question;
    expect(await n1().transport.ask('n2', large, 5000)).toEqual({ ok: true, answer: large });
    expect(await n1().transport.ask('n2', null, 5000)).toEqual({ ok: true, answer: null });
    n2().answer = async () => undefined;
    expect(await n1().transport.ask('n2', 1, 5000)).toEqual({ ok: true, answer: null });
    expect(await n1().transport.ask('n2', 'x'.repeat(5_000_000), 5000)).toMatchObject({ ok: false });
    n2().answer = async () => 'x'.repeat(5_000_000);
    expect(await n1().transport.ask('n2', 1, 5000)).toMatchObject({
      ok: false,
      because: expect.stringContaining('too large'),
    });
  });

  test('a question ends in a reason: refused by the peer, too late, no such peer, too many', async () => {
    await pair();
    n2().answer = () => Promise.reject(new Error('no such service: web'));
    expect(await n1().transport.ask('n2', 1, 5000)).toEqual({ ok: false, because: 'no such service: web' });
    expect(await n1().transport.ask('n9', 1, 5000)).toEqual({ ok: false, because: 'n9 is no peer of this node' });
    expect(await n1().transport.ask('n3', 1, 200)).toEqual({ ok: false, because: 'n3 gave no answer within 200 ms' });
    n2().answer = () => new Promise(() => {});
    const many = Array.from({ length: 70 }, () => n1().transport.ask('n2', 1, 1000));
    const reasons = (await Promise.all(many)).map((it) => (it.ok ? '' : it.because));
    expect(reasons.filter((because) => because.includes('are under way')).length).toBe(6);
  });

  test('moves to another link when the current one swallows everything', async () => {
    const { taken } = await swallow('n2', 1);
    await pair();
    // n2 says that it hears n1 on the second link, which makes that one the best to n1.
    const echo = { node: 'n1', boot: 1, sentAtMs: 1, heldMs: 0, links: [1] };
    const beat = { ...testBeat('n2', 2), echoes: [echo] };
    const isBest = (): boolean => n1().received.some(({ message }) => message.kind === 'beat' && message.seq === 2);
    await until('n1 knows', isBest, () => n2().transport.send('n1', beat));
    const startedAt = performance.now();
    expect(await n1().transport.ask('n2', 'hello', 10_000)).toMatchObject({ ok: true });
    expect(taken.length).toBe(1);
    expect(performance.now() - startedAt).toBeLessThan(2500);
  });

  test('a question whose connection fails is asked again, and carried out once', async () => {
    await pair();
    let carriedOut = 0;
    let finish: (() => void) | null = null;
    n2().answer = async () => {
      carriedOut += 1;
      await new Promise<void>((done) => {
        finish = done;
      });
      return 'done';
    };
    const asked = n1().transport.ask('n2', 'once', 10_000);
    await until('the question is there', () => finish !== null);
    // n1 forgets where it spoke on, as when its connection is reset.
    const elsewhere = site.cluster.nodes.map((node) => ({ ...node, links: [...node.links].reverse() }));
    n1().transport.configure({ ...site.cluster, nodes: elsewhere });
    await until('it was asked again', () => n2().transport.stats().channel.accepted >= 2);
    must(finish as (() => void) | null, 'a question under way')();
    expect(await asked).toEqual({ ok: true, answer: 'done' });
    expect(carriedOut).toBe(1);
  });

  test('a connection on a link that leaves the file is closed, and the next question takes another link', async () => {
    await pair();
    const before = testDoc('n1', site.cluster, 'x'.repeat(5000));
    n1().transport.send('n2', before);
    await until('the document is there', () => docsAt('n2') === 1);
    const used = must(
      n2().received.find(({ message }) => message.kind === 'doc'),
      'the document',
    ).link;
    const nodes = site.cluster.nodes.map((node) => ({ ...node, links: node.links.filter((_, link) => link !== used) }));
    for (const { transport } of [n2(), n1()]) transport.configure({ ...site.cluster, nodes });
    await until('it is closed', () => ended('n2', 'the cluster file changed') === 1);
    expect(await n1().transport.ask('n2', 1, 5000)).toMatchObject({ ok: true });
    expect(n2().transport.stats().links.length).toBe(1);
  });

  test('a newer document takes the place of one that waits; what is too old is dropped', async () => {
    await site.start('n1');
    for (let i = 0; i < 10; i++) n1().transport.send('n2', testDoc('n1', site.cluster, `${i}`.repeat(5000)));
    expect(n1().transport.stats().channel.dropped).toBe(9);
    await site.start('n2');
    await until('one document is there', () => docsAt('n2') === 1);
    const [only] = n2().received.filter(({ message }) => message.kind === 'doc');
    expect(only?.message).toMatchObject({ doc: { source: '9'.repeat(5000) } });
  });

  test('whoever does not finish the handshake is cut off within its deadline', async () => {
    await pair();
    const silent = await intrude();
    const slow = await intrude();
    // The beginning of a record of TLS, then a byte now and then.
    const hello = Buffer.concat([Buffer.of(0x16, 3, 1, 0, 200, 1, 0, 0, 196, 3, 3), Buffer.alloc(190)]);
    let sent = 0;
    const dribble = setInterval(() => {
      sent += 1;
      if (!slow.isClosed()) slow.socket.write(hello.subarray(sent - 1, sent));
    }, 100);
    await until('both are cut off', () => silent.isClosed() && slow.isClosed());
    clearInterval(dribble);
    expect(ended('n1', 'the handshake took too long')).toBe(2);
  });

  /** Shakes hands with n1 at the address of n2, with a certificate of our choice; gives how n1 ended it. */
  async function show(certificate: Pick<NodeCertificate, 'certificate' | 'key'> | null): Promise<string> {
    const before = n1().transport.stats().channel.ended;
    const socket = tlsConnect({
      ...({ localAddress: site.addressOf('n2', 0) } as object),
      host: site.addressOf('n1', 0),
      port: site.port,
      rejectUnauthorized: false,
      ALPNProtocols: ['sempre/1'],
      ...(certificate && {
        cert: certificate.certificate.toString(),
        key: certificate.key.export({ format: 'pem', type: 'pkcs8' }),
      }),
    });
    socket.on('error', () => {});
    sockets.push(socket);
    const reasons = (): string[] =>
      Object.entries(n1().transport.stats().channel.ended)
        .filter(([because, count]) => count > (before[because] ?? 0))
        .map(([because]) => because);
    await until('it is ended or accepted', () => reasons().length > 0 || n1().transport.stats().channel.accepted > 0);
    return reasons().join(', ');
  }

  test('a stranger, another cluster, another node and a certificate out of its time are refused, each counted', async () => {
    await pair();
    const dayMs = 86_400_000;
    const mine = authorityOf(site.key, 'contract');
    const other = authorityOf(createSecretKey(randomBytes(32)), 'contract');
    const now = validFrom(Date.now());
    const past = { fromMs: Date.now() - 2 * dayMs, untilMs: Date.now() - dayMs };
    const future = { fromMs: Date.now() + dayMs, untilMs: Date.now() + 2 * dayMs };
    expect(await show(null)).toBe('it showed no certificate');
    expect(await show(issue(other, 'n2', now))).toBe('its certificate is not of this cluster');
    expect(await show(issue(authorityOf(site.key, 'another'), 'n2', now))).toBe(
      'its certificate is not of this cluster',
    );
    expect(await show(mine)).toBe('its certificate is not of this cluster');
    expect(await show(issue(mine, 'n3', now))).toBe("its certificate is another node's");
    expect(await show(issue(mine, 'n2', past))).toBe('its certificate has ended: is a clock wrong?');
    expect(await show(issue(mine, 'n2', future))).toBe('its certificate does not hold yet: is a clock wrong?');
    // Shown without the key that belongs to it.
    expect(
      await show({ certificate: issue(mine, 'n2', now).certificate, key: other.key }).catch(() => 'no handshake'),
    ).toBe('no handshake');
    expect(n1().transport.stats().channel.accepted).toBe(0);
    expect(await show(issue(mine, 'n2', now))).toBe('');
    expect(n1().transport.stats().channel.accepted).toBe(1);
  });

  test('the dialler refuses as well', async () => {
    await site.start('n1');
    const other = await site.start('n2', site.cluster, createSecretKey(randomBytes(32)));
    const asked = await n1().transport.ask('n2', 1, 1000);
    expect(asked.ok).toBe(false);
    expect(ended('n1', 'its certificate is not of this cluster')).toBeGreaterThan(0);
    expect(other.transport.stats().channel.accepted).toBe(0);
  });

  test('handshakes from one address are bounded', async () => {
    await pair();
    for (let i = 0; i < 40; i++) await intrude();
    await until('some are turned away', () => ended('n1', 'too many handshakes') >= 15);
    expect(ended('n1', 'too many connections of one peer')).toBeGreaterThan(10);
  });

  test('garbage, a wrong key and a stranger are cut off at once; a crowd of them does not disturb the peer', async () => {
    await pair();
    expect(await n2().transport.ask('n1', 1, 5000)).toMatchObject({ ok: true });
    for (let i = 0; i < 20; i++) {
      const intruder = await intrude();
      if (i % 2 === 0) intruder.socket.write(Buffer.alloc(200, i));
      if (i % 4 === 0) await until('garbage is cut off', intruder.isClosed);
    }
    const stranger = connect({ host: site.addressOf('n1', 0), port: site.port, localAddress: '127.0.0.1' });
    sockets.push(stranger);
    stranger.on('error', () => {});
    await until('the stranger is cut off', () => ended('n1', 'not the address of a peer') === 1);
    expect(await n2().transport.ask('n1', 2, 5000)).toMatchObject({ ok: true });
    expect(n2().transport.stats().channel.dialled).toBe(1);
  });

  test('a peer that died and came back is found again', async () => {
    await pair();
    expect(await n1().transport.ask('n2', 1, 5000)).toMatchObject({ ok: true });
    await site.stop('n2');
    const asked = n1().transport.ask('n2', 2, 10_000);
    await site.start('n2');
    expect(await asked).toMatchObject({ ok: true });
  });
});
