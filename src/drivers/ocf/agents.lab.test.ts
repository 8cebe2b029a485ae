/** Agents of Debian's resource-agents, unchanged, in namespaces of their own. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { OcfResource, Service } from '../../core/model.ts';
import type { AgentOp, Verb } from '../../core/ports.ts';
import { type Bench, driverContract, testOp, testService } from '../contract.ts';
import { openStage, type Stage } from './stage.testing.ts';

const agents = '/usr/lib/ocf/resource.d';
const whyNot = (...files: readonly string[]): string | null => {
  if (process.getuid?.() !== 0) return 'namespaces need root';
  const missing = files.find((file) => !existsSync(file));
  return missing === undefined ? null : `${missing} is not installed`;
};
const resourceOf = (type: string, params: Record<string, string> = {}): OcfResource => ({
  kind: 'ocf',
  provider: 'heartbeat',
  type,
  params,
  paramsOn: {},
});

let stage: Stage;
beforeAll(() => {
  stage = openStage('/run/sempre');
});
afterAll(async () => {
  await stage.end();
});

const run = (verb: Verb, resource: OcfResource, timeoutMs = 20_000) =>
  stage.driver.perform(testOp(verb, testService('contract', resource), { timeoutMs }), resource);
/** Leaves nothing of the agent behind for the next test, whatever failed. */
const stopped =
  (resource: OcfResource): Bench<OcfResource>['cleanUp'] =>
  async () => {
    await run('stop', resource);
  };

function withAgent(type: string, files: readonly string[], tests: () => void, provider = 'heartbeat'): void {
  const because = whyNot(join(agents, provider, type), ...files);
  if (because !== null) console.log(`skipped ocf:${provider}:${type}: ${because}`);
  describe.skipIf(because !== null)(`ocf:${provider}:${type}`, tests);
}

withAgent('Dummy', [], () => {
  const dummy = resourceOf('Dummy');
  driverContract('Dummy', async () => ({
    driver: stage.driver,
    resource: dummy,
    tellsDigest: true,
    harm: async () => {
      await stage.inside('rm', '/run/resource-agents/Dummy-contract.state');
    },
    nonsense: [resourceOf('Dummy', { state: '/no/such/folder/state' }), resourceOf('NoSuchAgent')],
    endless: null,
    cleanUp: stopped(dummy),
  }));

  test("passes on the agent's own reason", async () => {
    expect(await run('start', dummy)).toEqual({ outcome: 'ok' });
    expect(await run('stop', dummy)).toEqual({ outcome: 'ok' });
    expect(await run('check', dummy)).toEqual({ outcome: 'stopped' });
  });
});

withAgent('Dummy', [], () => {
  const dummy = resourceOf('Dummy');
  const ask = (verb: Verb, more: Partial<AgentOp> = {}) =>
    stage.driver.perform(testOp(verb, testService('wanderer', dummy), more), dummy);

  test('is given away and taken over', async () => {
    expect(await ask('start')).toEqual({ outcome: 'ok' });
    expect(await ask('migrateTo', { peer: 'n2' })).toEqual({ outcome: 'ok' });
    expect(await ask('probe')).toEqual({ outcome: 'stopped' });
    expect(await ask('stop')).toEqual({ outcome: 'ok' });
    expect(await ask('migrateFrom', { peer: 'n2' })).toEqual({ outcome: 'ok' });
    expect(await ask('check')).toEqual({ outcome: 'running', digest: 'digest-1' });
    expect(await ask('stop')).toEqual({ outcome: 'ok' });
  });
});

const nobody = { start: [], stop: [], promote: [], demote: [], promoted: [], unpromoted: [], inactive: [] };
const notice = {
  ...nobody,
  type: 'pre',
  operation: 'promote',
  promote: ['lab'],
  active: ['lab'],
  available: ['lab'],
} as const;

for (const provider of ['pacemaker', 'heartbeat'])
  withAgent(
    'Stateful',
    [],
    () => {
      const stateful: OcfResource = { kind: 'ocf', provider, type: 'Stateful', params: {}, paramsOn: {} };
      const traits: Partial<Service> = { clone: true, instances: 2, promotable: { max: 1, perNode: 1 }, notify: true };
      const ask = (verb: Verb, more: Partial<AgentOp> = {}) =>
        stage.driver.perform(testOp(verb, testService(`${provider}-db`, stateful, traits), more), stateful);

      test('is promoted and demoted, and says how much it would like to be', async () => {
        expect(await ask('probe')).toEqual({ outcome: 'stopped', promotion: null });
        expect(await ask('start')).toEqual({ outcome: 'ok', promotion: 5 });
        expect(await ask('check')).toEqual({ outcome: 'running', digest: 'digest-1', promotion: 5 });
        expect(await ask('notify', { notice })).toMatchObject({ outcome: 'ok' });
        expect(await ask('promote')).toEqual({ outcome: 'ok', promotion: 10 });
        const seen = { outcome: 'running', digest: 'digest-1', promoted: true, promotion: 10 };
        expect(await ask('check', { role: 'promoted' })).toEqual(seen);
        expect(await ask('demote', { role: 'promoted' })).toEqual({ outcome: 'ok', promotion: 5 });
        expect(await ask('stop', { role: 'unpromoted' })).toEqual({ outcome: 'ok', promotion: null });
      });

      test('is stopped while it is promoted, though its agent would not', async () => {
        await ask('start');
        await ask('promote');
        expect(await ask('stop', { role: 'unpromoted' })).toMatchObject({ outcome: 'failed' });
        expect(await ask('stop', { role: 'promoted' })).toEqual({ outcome: 'ok', promotion: null });
        expect(await ask('probe')).toEqual({ outcome: 'stopped', promotion: null });
      });
    },
    provider,
  );

withAgent('IPaddr2', ['/sbin/ip'], () => {
  const address = resourceOf('IPaddr2', { ip: '192.0.2.77', cidr_netmask: '24' });
  const held = async (): Promise<boolean> =>
    (await stage.inside('ip', '-o', 'addr', 'show')).stdout.includes('192.0.2.77/24');
  driverContract('IPaddr2', async () => ({
    driver: stage.driver,
    resource: address,
    tellsDigest: true,
    harm: async () => {
      await stage.inside('ip', 'addr', 'del', '192.0.2.77/24', 'dev', 'lab0');
    },
    nonsense: [
      resourceOf('IPaddr2'),
      resourceOf('IPaddr2', { ip: 'nonsense' }),
      resourceOf('IPaddr2', { ip: '192.0.2.77', nic: 'nosuch0' }),
    ],
    endless: null,
    cleanUp: stopped(address),
  }));

  test('the address is on the interface of its network, and is taken away', async () => {
    expect(await held()).toBe(false);
    expect(await run('start', address)).toEqual({ outcome: 'ok' });
    expect(await held()).toBe(true);
    expect(await run('stop', address)).toEqual({ outcome: 'ok' });
    expect(await held()).toBe(false);
  });

  test('a missing parameter is wrong on every node', async () => {
    expect(await run('start', resourceOf('IPaddr2'))).toEqual({
      outcome: 'failed',
      because: 'IP address (the ip parameter) is mandatory',
      scope: 'cluster',
      unknown: false,
    });
  });
});

withAgent('apache', ['/usr/sbin/apache2', '/etc/apache2/apache2.conf'], () => {
  const site = resourceOf('apache', {
    configfile: '/etc/apache2/apache2.conf',
    statusurl: 'http://127.0.0.1/check.txt',
    testregex: '^ok',
  });
  const page = () => stage.inside('curl', '-s', '-m', '5', 'http://127.0.0.1/check.txt');

  driverContract('apache', async () => ({
    driver: stage.driver,
    resource: site,
    tellsDigest: true,
    harm: async () => {
      await stage.inside('pkill', '-9', 'apache2');
      await expect.poll(async () => (await stage.inside('pgrep', 'apache2')).code).toBe(1);
    },
    nonsense: [
      resourceOf('apache', { configfile: '/no/such/file' }),
      // The agent looks for HTML where it is not told what else to expect.
      resourceOf('apache', { configfile: '/etc/apache2/apache2.conf', statusurl: 'http://127.0.0.1/check.txt' }),
    ],
    endless: null,
    cleanUp: stopped(site),
  }));

  test('serves, and does no more after a stop', async () => {
    expect(await run('start', site)).toEqual({ outcome: 'ok' });
    expect(await page()).toMatchObject({ code: 0, stdout: 'ok\n' });
    expect(await run('stop', site)).toEqual({ outcome: 'ok' });
    expect((await page()).code).toBe(7);
    expect((await stage.inside('pgrep', 'apache2')).code).toBe(1);
  });

  test('sees that the page is gone although the server runs', async () => {
    expect(await run('start', site)).toEqual({ outcome: 'ok' });
    await stage.inside('mv', '/var/www/html/check.txt', '/var/www/html/away');
    expect(await run('check', site)).toMatchObject({
      outcome: 'failed',
      because: 'Failed to access httpd status page.',
      scope: 'soft',
    });
    await stage.inside('mv', '/var/www/html/away', '/var/www/html/check.txt');
    expect(await run('check', site)).toMatchObject({ outcome: 'running' });
    expect(await run('stop', site)).toEqual({ outcome: 'ok' });
  });
});
