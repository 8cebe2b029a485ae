/** The suite that every balancer passes (imported by tests only): what clients and the core may rely on, whatever the engine. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { BalanceResource } from '../../core/model.ts';
import type { AgentOp, OpResult, Verb } from '../../core/ports.ts';
import { testContext, testOp, testService } from '../contract.ts';
import type { Driver, DriverContext } from '../driver.ts';
import {
  balance,
  freePort,
  get,
  serverAt,
  startEchoServer,
  startWebServer,
  steadyClient,
  type WebServer,
} from './balance_bench.ts';
import { parseRecord } from './record.ts';

type Make = (context: DriverContext) => Driver<BalanceResource>;

export function balanceContract(engine: BalanceResource['engine'], make: Make): void {
  describe(`${engine}: balancer contract`, () => {
    let folder: string;
    let driver: Driver<BalanceResource>;
    let died: ReturnType<typeof testContext>['died'];
    let webs: WebServer[];
    let port: number;
    let resource: BalanceResource;

    beforeEach(async () => {
      folder = mkdtempSync(join(tmpdir(), 'sempre-balance-'));
      const made = testContext(folder);
      died = made.died;
      driver = make(made.context);
      webs = await Promise.all(['web1', 'web2'].map((id) => startWebServer(id)));
      port = await freePort();
      resource = balance(
        engine,
        port,
        webs.map((web) => serverAt(web.id, web.port)),
      );
    });
    afterEach(async () => {
      await run('stop');
      await driver.close?.();
      for (const web of webs) web.kill();
      rmSync(folder, { recursive: true, force: true });
    });

    const run = (verb: Verb, of = resource, more: Partial<AgentOp> = {}): Promise<OpResult> =>
      driver.perform(testOp(verb, testService('site', of, { digest: JSON.stringify(of) }), more), of);
    const bodies = async (count: number): Promise<string[]> => {
      const answers: string[] = [];
      for (let i = 0; i < count; i += 1) answers.push((await get(port)).body);
      return answers.sort();
    };
    const stateOf = async (id: string): Promise<string | undefined> => {
      const details = (await driver.details?.(testService('site', resource), resource)) as {
        servers: { id: string; state: string }[];
      } | null;
      return details?.servers.find((server) => server.id === id)?.state;
    };

    test('requests go round, and the start is quick', async () => {
      const beginMs = performance.now();
      expect(await run('start')).toEqual({ outcome: 'ok' });
      expect(performance.now() - beginMs).toBeLessThan(1000);
      expect(await bodies(6)).toEqual(['web1', 'web1', 'web1', 'web2', 'web2', 'web2']);
    });

    test('a drained server gets nothing new, and comes back', async () => {
      await run('start');
      expect(await run('tune', resource, { drained: ['web1'] })).toEqual({ outcome: 'ok' });
      expect(await bodies(4)).toEqual(['web2', 'web2', 'web2', 'web2']);
      expect(await stateOf('web1')).toBe('drain');
      expect(await run('tune', resource, { drained: [] })).toEqual({ outcome: 'ok' });
      expect(await bodies(4)).toContain('web1');
    });

    test('a server that dies fails no request beyond those in flight to it', async () => {
      await run('start');
      const client = steadyClient(port, 5, 900);
      await new Promise((resolve) => setTimeout(resolve, 250));
      const inFlight = webs[0]?.inFlight() ?? 0;
      webs[0]?.kill();
      const { total, failed } = await client;
      expect(total).toBeGreaterThan(50);
      expect(failed.length, failed.join(', ')).toBeLessThanOrEqual(inFlight);
      await expect.poll(() => stateOf('web1'), { timeout: 2000 }).toBe('down');
      expect(await bodies(3)).toEqual(['web2', 'web2', 'web2']);
    });

    test('a reload takes the new servers and breaks no open connection', async () => {
      await run('start');
      const slow = get(port, { path: '/slow' });
      await new Promise((resolve) => setTimeout(resolve, 50));
      const third = await startWebServer('web3');
      webs.push(third);
      const next = { ...resource, servers: [serverAt('web3', third.port)] };
      const client = steadyClient(port, 5, 500);
      expect(await run('reload', next)).toEqual({ outcome: 'ok' });
      expect((await client).failed).toEqual([]);
      expect((await slow).status).toBe(200);
      expect(await bodies(3)).toEqual(['web3', 'web3', 'web3']);
      expect(await run('check', next)).toEqual({ outcome: 'running', digest: JSON.stringify(next) });
    });

    test('a definition that cannot work is refused for the whole cluster, and the old one goes on', async () => {
      await run('start');
      const bad = { ...resource, servers: [serverAt('web1', 99_999)] };
      expect(await run('reload', bad)).toMatchObject({ outcome: 'failed', scope: 'cluster' });
      expect(await run('check')).toEqual({ outcome: 'running', digest: JSON.stringify(resource) });
      expect(await bodies(2)).toEqual(['web1', 'web2']);
    });

    test('drained servers stay drained over a reload', async () => {
      await run('start');
      await run('tune', resource, { drained: ['web1'] });
      expect(await run('reload', { ...resource, idleTimeoutMs: 4000 })).toEqual({ outcome: 'ok' });
      expect(await bodies(3)).toEqual(['web2', 'web2', 'web2']);
    });

    test('kill -9 is noticed within 300 ms, also by a daemon that only found the balancer', async () => {
      await run('start');
      const pid = parseRecord(JSON.parse(readFileSync(join(folder, engine, 'site.json'), 'utf8')))?.pid ?? 0;
      await driver.close?.();
      const again = testContext(folder);
      driver = make(again.context);
      expect((await run('probe')).outcome).toBe('running');
      process.kill(-pid, 'SIGKILL');
      await expect.poll(() => again.died.length, { timeout: 300, interval: 5 }).toBe(1);
      expect((await run('check')).outcome).toMatch(/^(stopped|failed)$/);
      expect(died).toEqual([]);
    });

    test('a stop frees the port', async () => {
      await run('start');
      expect(await run('stop')).toEqual({ outcome: 'ok' });
      await expect(get(port)).rejects.toThrow('ECONNREFUSED');
    });

    test('a stop of a planned move lets requests end', async () => {
      await run('start');
      const slow = get(port, { path: '/slow' });
      await new Promise((resolve) => setTimeout(resolve, 100));
      expect(await run('stop', resource, { handTo: 'n2', timeoutMs: 4000 })).toEqual({ outcome: 'ok' });
      expect((await slow).status).toBe(200);
    });

    test('a port that another program has is a failure in words', async () => {
      const taken = { ...resource, listen: { address: '127.0.0.1', port: webs[0]?.port ?? 0 } };
      const result = await run('start', taken);
      expect(result).toMatchObject({ outcome: 'failed', scope: 'soft' });
      expect(JSON.stringify(result)).toMatch(/in use/i);
    });

    test('no server is up: 503 at once', async () => {
      await run('start');
      for (const web of webs) web.kill();
      await expect
        .poll(async () => [await stateOf('web1'), await stateOf('web2')], { timeout: 2000 })
        .toEqual(['down', 'down']);
      expect((await get(port)).status).toBe(503);
    });

    test('a cookie ties a client to its server, unseen by the server', async () => {
      resource = { ...resource, cookie: 'SITE', forwardFor: true };
      await run('start');
      const first = await get(port);
      const cookie = String(first.headers['set-cookie']?.[0]).split(';')[0] ?? '';
      expect(cookie).toBe(`SITE=${first.body}`);
      for (let i = 0; i < 4; i += 1) {
        const { body, headers } = await get(port, { headers: { cookie: `a=b; ${cookie}` } });
        expect(body).toBe(first.body);
        expect(headers['set-cookie']).toBeUndefined();
        expect(JSON.parse(String(headers['x-seen']))).toEqual({ forwarded: '127.0.0.1', cookie: 'a=b' });
      }
    });

    test('a body reaches the server whole, with and without a length', async () => {
      await run('start');
      const body = 'x'.repeat(200_000);
      const whole = await get(port, { method: 'POST', body, headers: { 'content-length': String(body.length) } });
      expect(whole.body.length).toBe('web1 '.length + body.length);
      const chunked = await get(port, { method: 'POST', body, headers: { 'transfer-encoding': 'chunked' } });
      expect(chunked.body.length).toBe('web1 '.length + body.length);
    });

    test('TCP passes bytes and the end of each direction on', async () => {
      const echo = await startEchoServer();
      const tcp: BalanceResource = {
        ...resource,
        mode: 'tcp',
        servers: [serverAt('echo', echo.port)],
        check: { ...resource.check, kind: 'tcp' },
      };
      expect(await run('start', tcp)).toEqual({ outcome: 'ok' });
      expect(await exchangeText(port, 'hello')).toBe('HELLO');
      expect((await exchangeText(port, 'y'.repeat(1_000_000))).length).toBe(1_000_000);
      echo.close();
    });

    test('the statistics page asks for its password', async () => {
      const statsPort = await freePort();
      resource = { ...resource, stats: { port: statsPort, user: 'admin', password: 'a b#c"d\\e$f\'g' } };
      expect(await run('start')).toEqual({ outcome: 'ok' });
      expect((await get(statsPort)).status).toBe(401);
      const authorization = `Basic ${Buffer.from(`admin:${resource.stats?.password}`).toString('base64')}`;
      const page = await get(statsPort, { headers: { authorization } });
      expect(page.status).toBe(200);
      expect(page.body).toContain('web1');
    });
  });
}

function exchangeText(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true }, () => socket.end(text));
    const chunks: Buffer[] = [];
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', reject);
    socket.on('end', () => resolve(Buffer.concat(chunks).toString()));
  });
}
