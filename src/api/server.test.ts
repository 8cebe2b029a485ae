import { mkdtemp, rm, stat } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Answer, Command } from '../core/ports.ts';
import { connect } from './client.ts';
import type { ApiHost } from './host.ts';
import { route } from './routes.ts';
import { answerOf, sampleHost } from './sample.testing.ts';
import { type ApiServer, serveApi } from './server.ts';
import type { ClusterStatus, CommandAnswer, EventLine, EventsAnswer, PlanAnswer, WhyAnswer } from './status.ts';

let directory = '';
let socket = '';
let servers: ApiServer[] = [];
let bugs: string[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), `sempre-api-${process.pid}-`));
  socket = join(directory, 'api.sock');
  bugs = [];
});

afterEach(async () => {
  await Promise.all(servers.map((server) => server.close()));
  servers = [];
  await rm(directory, { recursive: true, force: true });
});

async function serve(patch: Partial<ApiHost> = {}) {
  const served = await serveApi(sampleHost(patch), socket, (bug) => bugs.push(bug));
  if (!served.ok) throw new Error(served.failure.message);
  servers.push(served.value);
  return connect(socket);
}

const event = (node: string, seq: number, at: string): EventLine => ({
  seq,
  at,
  node,
  what: 'view',
  from: '1',
  to: '2',
  because: 'x',
});

describe('the API', () => {
  it('answers for the whole cluster, and shows a node that does not answer in time', async () => {
    const host = sampleHost();
    const client = await serve({
      ask: (node, question, ms) => (node === 'web1' ? new Promise(() => {}) : host.ask(node, question, ms)),
    });
    const before = performance.now();
    const answer = await client.call<ClusterStatus>({ method: 'GET', path: '/v1/status' });
    expect(performance.now() - before).toBeLessThan(2000);
    expect(answer.ok && answer.value.nodes.map((node) => node.answered)).toEqual([true, true, false]);
  });

  it('is open to its owner and group only', async () => {
    await serve();
    expect((await stat(socket)).mode & 0o777).toBe(0o660);
  });

  it('takes over a socket that nobody serves, and refuses one that somebody does', async () => {
    await serve();
    const second = await serveApi(sampleHost(), socket, () => {});
    expect(second).toMatchObject({ ok: false, failure: { code: 'ALREADY_RUNNING' } });
  });

  it('explains a service and names the known ones when there is none of that name', async () => {
    const client = await serve();
    const why = await client.call<WhyAnswer>({ method: 'GET', path: '/v1/why?service=site' });
    expect(why.ok && why.value.chosen).toEqual(['bal1']);
    const none = await client.call({ method: 'GET', path: '/v1/why?service=stie' });
    expect(none).toMatchObject({
      ok: false,
      failure: { code: 'NO_SUCH_OBJECT', message: 'there is no service "stie"; there are: site, web' },
    });
  });

  it('hands commands to the core and answers as it answers', async () => {
    const seen: Command[] = [];
    let answer: Answer = { ok: true, version: { view: 4, counter: 3 }, changed: true };
    const client = await serve({
      command: async (command) => {
        seen.push(command);
        return answer;
      },
    });
    const body = { kind: 'standby', node: 'bal1', on: true, because: 'new\n disk' };
    expect(await client.call<CommandAnswer>({ method: 'POST', path: '/v1/command', body })).toMatchObject({
      ok: true,
      value: { changed: true },
    });
    expect(seen).toEqual([{ kind: 'standby', node: 'bal1', on: true, because: 'new disk' }]);
    answer = { ok: false, code: 'NO_QUORUM', because: 'no majority was reached' };
    expect(await client.call({ method: 'POST', path: '/v1/command', body })).toMatchObject({
      ok: false,
      failure: { code: 'NO_QUORUM' },
    });
  });

  it('refuses a bad cluster file with its problems and hands nothing to the core', async () => {
    const client = await serve({ command: () => Promise.reject(new Error('not to be called')) });
    for (const path of ['/v1/command', '/v1/plan']) {
      const answer = await client.call({ method: 'POST', path, body: { kind: 'apply', source: 'bad' } });
      expect(answer).toMatchObject({
        ok: false,
        failure: { code: 'CONFIG_INVALID', problems: [{ message: 'it is bad' }] },
      });
    }
  });

  it('plans with another file or a command, and not without quorum', async () => {
    const client = await serve();
    const command = { kind: 'move', service: 'site', to: null };
    expect(await client.call<PlanAnswer>({ method: 'POST', path: '/v1/plan', body: { command } })).toMatchObject({
      ok: true,
      value: { actions: [] },
    });
    expect(
      await client.call({ method: 'POST', path: '/v1/plan', body: { command: { ...command, service: 'x' } } }),
    ).toMatchObject({ ok: false, failure: { code: 'NO_SUCH_OBJECT' } });
    const alone = sampleHost({}, { quorum: false });
    expect(
      (await route(alone, { method: 'POST', path: '/v1/plan', query: new URLSearchParams(), body: '{}' })).status,
    ).toBe(503);
  });

  it('merges the events of all nodes by time', async () => {
    const client = await serve({
      journal: { lastSeq: 2, read: () => [event('bal1', 2, '2026-11-20T21:00:02.000Z')] },
      ask: async (node) => ({
        events: [event(node, 9, `2026-11-20T21:00:0${node === 'web1' ? 1 : 3}.000Z`)],
        lastSeq: 9,
      }),
    });
    const answer = await client.call<EventsAnswer>({ method: 'GET', path: '/v1/events?since=2026-11-20T20:00:00Z' });
    expect(answer.ok && answer.value.events.map((line) => line.node)).toEqual(['web1', 'bal1', 'bal2']);
  });

  it('streams what happens from now on, in the order of time, until the reader goes away', async () => {
    const own: EventLine[] = [event('bal1', 1, '1')];
    let peer: EventLine[] = [];
    let asked = 0;
    const client = await serve({
      journal: {
        get lastSeq() {
          return own.length;
        },
        read: (after) => own.filter((line) => line.seq > after),
      },
      ask: async (node, question) => {
        asked += 1;
        const after = 'after' in question ? question.after : 0;
        const lines = node === 'bal2' ? peer.filter((line) => line.seq > after) : [];
        return { events: lines, lastSeq: lines.at(-1)?.seq ?? after };
      },
    });
    const stop = new AbortController();
    const lines: EventLine[] = [];
    const done = client.follow('/v1/events?follow=1', (line) => lines.push(JSON.parse(line) as EventLine), stop.signal);
    await expect.poll(() => asked).toBeGreaterThan(1);
    own.push(event('bal1', 2, '4'));
    peer = [event('bal2', 8, '3')];
    await expect.poll(() => lines.map((line) => line.node)).toEqual(['bal2', 'bal1']);
    stop.abort();
    await done;
    const askedThen = asked;
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(asked).toBeLessThanOrEqual(askedThen + 2);
  });

  it('says whether this node is ready and runs a service, for balancers in front', async () => {
    const status = async (path: string, quorum = true): Promise<number> =>
      (await route(sampleHost({}, { quorum }), { method: 'GET', path, query: new URLSearchParams(), body: '' })).status;
    expect(await status('/healthz')).toBe(200);
    expect([await status('/readyz'), await status('/readyz', false)]).toEqual([200, 503]);
    expect([
      await status('/service/site/active'),
      await status('/service/web/active'),
      await status('/service/x/active'),
    ]).toEqual([200, 503, 404]);
  });

  it('answers a mistake of its own with 500 and tells the log', async () => {
    const client = await serve({
      report: () => {
        throw new Error('broken');
      },
    });
    expect(await client.call({ method: 'GET', path: '/v1/status' })).toMatchObject({
      ok: false,
      failure: { code: 'INTERNAL' },
    });
    expect(bugs[0]).toContain('broken');
  });

  it('takes an answer whose inner parts have another shape for silence', async () => {
    const client = await serve({
      ask: async (node) => ({
        ...answerOf(node),
        peers: [{ node: 'bal1', state: 'member' }],
        record: { node, services: 7 },
      }),
    });
    const status = await client.call<ClusterStatus>({ method: 'GET', path: '/v1/status' });
    expect(status.ok && status.value.nodes.map(({ answered }) => answered)).toEqual([true, false, false]);
    expect(bugs).toEqual([]);
  });

  it('does not take a client that goes away in the middle of its body for a mistake of its own', async () => {
    const client = await serve();
    await new Promise<void>((resolve) => {
      const raw = createConnection(socket, () =>
        raw.end('POST /v1/plan HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{'),
      );
      raw.on('error', () => undefined).on('close', () => resolve());
      raw.resume();
    });
    expect((await client.call({ method: 'GET', path: '/healthz' })).ok).toBe(true);
    expect(bugs).toEqual([]);
  });

  it('refuses a body that is too large, and goes on', async () => {
    const client = await serve();
    const large = await client.call({
      method: 'POST',
      path: '/v1/plan',
      body: { source: 'x'.repeat(3 * 1024 * 1024) },
    });
    expect(large).toMatchObject({ ok: false, failure: { code: 'TOO_LARGE' } });
    expect((await client.call({ method: 'GET', path: '/healthz' })).ok).toBe(true);
  });
});

describe('nonsense', () => {
  const host = sampleHost({ command: () => Promise.reject(new Error('not to be called')) });
  const post = (path: string, body: string) =>
    route(host, { method: 'POST', path, query: new URLSearchParams(), body });

  it('as a body gives 4xx and never an exception', async () => {
    const nearly = fc.record(
      {
        kind: fc.constantFrom('apply', 'standby', 'move', 'run', 'cleanup', 'x'),
        service: fc.jsonValue(),
        node: fc.constant(7),
        to: fc.constant([]),
        on: fc.constant('no'),
        wanted: fc.constant(null),
        source: fc.constant(1),
      },
      { requiredKeys: ['service', 'node', 'to', 'on', 'wanted', 'source'] },
    );
    const bodies = fc.oneof(
      fc.string(),
      fc.json(),
      nearly.map((value) => JSON.stringify(value)),
    );
    await fc.assert(
      fc.asyncProperty(bodies, async (body) => {
        const { status } = await post('/v1/command', body);
        expect(status).toBeGreaterThanOrEqual(400);
        expect(status).toBeLessThan(500);
        expect((await post('/v1/plan', body)).status).toBeLessThan(500);
      }),
      { numRuns: 500 },
    );
  });

  it('as a path or method gives 4xx', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string(), fc.constantFrom('GET', 'POST', 'PUT', 'x'), async (text, method) => {
        const path = `/${text}`;
        const { status } = await route(host, { method, path, query: new URLSearchParams(text), body: '' });
        expect(status).toBeGreaterThanOrEqual(400);
      }),
    );
    const query = new URLSearchParams('since=yesterday');
    expect((await route(host, { method: 'GET', path: '/v1/events', query, body: '' })).status).toBe(400);
    expect((await route(host, { method: 'GET', path: '/service/%E0%A4%A/active', query, body: '' })).status).toBe(404);
  });

  it('on the wire does not stop the server', async () => {
    const client = await serve();
    await new Promise<void>((resolve) => {
      const raw = createConnection(socket, () => raw.end('\u0000\u0001 not http\r\n\r\n'));
      raw.on('close', () => resolve());
      raw.on('error', () => {});
      raw.resume();
    });
    expect((await client.call({ method: 'GET', path: '/healthz' })).ok).toBe(true);
    expect(bugs).toEqual([]);
  });
});
