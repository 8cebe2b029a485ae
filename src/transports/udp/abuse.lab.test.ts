/** The TCP port of one of three real daemons, misused in every way we could think of. Nobody may notice but the counters. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { IdentityStatus } from '../../api/identity.ts';
import { type Daemons, startDaemons } from './daemons.testing.ts';

const seconds = Number(process.env.ABUSE_SECONDS ?? '4');

describe('the TCP port', () => {
  let site: Daemons;
  beforeAll(async () => {
    site = await startDaemons('abuse');
  });
  afterAll(() => site.close());

  /** What changed while it lasted; the nodes go on talking over the channel all the time. */
  async function under(way: string, from: string) {
    const before = await site.measure();
    const { tried } = await site.program<{ tried: number }>(
      'crowd.fixture.ts',
      ...[way, `${site.net}.${from}`, `${site.net}.1`, site.port, seconds],
    );
    const after = await site.measure();
    const counts = Object.entries(after.packets.channel.ended).map(
      ([because, count]) => [because, count - (before.packets.channel.ended[because] ?? 0)] as const,
    );
    const measured = {
      way,
      from,
      tried,
      ended: Object.fromEntries(counts.filter(([, count]) => count > 0)),
      newViews: after.views - before.views,
      grewMiB: Math.round((after.residentBytes - before.residentBytes) / 1024 / 102.4) / 10,
      stallMs: after.stallMs,
      elsewhereMs: after.elsewhereMs,
    };
    console.log(JSON.stringify(measured));
    expect(measured.newViews).toBe(0);
    // Thousands of connections that were kept would be hundreds of MiB; how much a collector leaves lying for a moment varies.
    expect(measured.grewMiB).toBeLessThan(160);
    // As under a flood of packets: the machine may be busy with something else. A quiet one shows less than 50.
    expect(measured.stallMs).toBeLessThan(Math.max(250, 3 * measured.elsewhereMs));
    const status = await site.call<{ nodes: readonly { state: string }[] }>('n2', '/v1/status');
    expect(status.nodes.map(({ state }) => state)).toEqual(['online', 'online', 'online']);
    return measured;
  }

  test.each(['flood', 'silent', 'garbage'])('from a stranger: %s', async (way) => {
    const { ended } = await under(way, '77');
    expect(ended['not the address of a peer']).toBeGreaterThan(100);
  });

  test.each(['flood', 'silent', 'slow', 'garbage', 'oversize', 'handshakes'])(
    'from the address of a peer: %s',
    async (way) => {
      const { ended } = await under(way, '2');
      expect(ended['too many handshakes']).toBeGreaterThan(100);
    },
  );

  test('tokens are guessed while one is open, from a stranger', async () => {
    await site.call('n1', '/v1/token', { node: null, ttlMs: 60_000 });
    await under('tokens', '77');
    const { door } = await site.call<IdentityStatus>('n1', '/v1/identity');
    console.log(JSON.stringify(door));
    expect(door.refused['no such token']).toBeLessThanOrEqual(6);
    expect(door.refused['too many wrong tokens']).toBeGreaterThan(0);
    expect(door).toMatchObject({ joined: 0, openTokens: 1 });
  });
});
