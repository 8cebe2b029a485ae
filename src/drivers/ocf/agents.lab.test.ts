/** Agents of Debian's resource-agents, unchanged, in namespaces of their own. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { OcfResource } from '../../core/model.ts';
import type { Verb } from '../../core/ports.ts';
import { type Bench, driverContract, testOp, testService } from '../contract.ts';
import { openStage, type Stage } from './stage.testing.ts';

const agents = '/usr/lib/ocf/resource.d/heartbeat';
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

function withAgent(type: string, files: readonly string[], tests: () => void): void {
  const because = whyNot(join(agents, type), ...files);
  if (because !== null) console.log(`skipped ocf:heartbeat:${type}: ${because}`);
  describe.skipIf(because !== null)(`ocf:heartbeat:${type}`, tests);
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
