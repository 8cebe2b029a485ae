/** Runs in a network namespace of its own: a balancer, two servers, a steady client; one server falls silent. Prints JSON. */
import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { testContext, testOp, testService } from '../contract.ts';
import { createHaproxyDriver } from '../haproxy/index.ts';
import { createProxyDriver } from '../proxy/index.ts';
import { balance, freePort, serverAt, startWebServer, steadyClient } from './balance_bench.ts';

const [engine, folder = ''] = process.argv.slice(2);
const create = engine === 'haproxy' ? createHaproxyDriver : createProxyDriver;
const driver = create(testContext(folder).context);
const webs = await Promise.all(['web1', 'web2'].map((id) => startWebServer(id)));
const port = await freePort();
const resource = balance(
  engine === 'haproxy' ? 'haproxy' : 'proxy',
  port,
  webs.map((web) => serverAt(web.id, web.port)),
);
const service = testService('site', resource);

const started = await driver.perform(testOp('start', service), resource);
const client = steadyClient(port, 10, 2000, { limitMs: 200 });
await sleep(500);
const inFlight = webs[0]?.inFlight() ?? 0;
// As a machine without power: packets are lost, and nobody says so.
const rules = ['d', 's'].map((side) => `add rule ip dark in tcp ${side}port ${webs[0]?.port} drop`);
execFileSync('nft', [
  ['add table ip dark', 'add chain ip dark in { type filter hook input priority 0; }', ...rules].join('\n'),
]);
const { total, failed } = await client;
const details = await driver.details?.(service, resource);
await driver.perform(testOp('stop', service), resource);
console.log(JSON.stringify({ started, inFlight, total, failed, details }));
process.exit(0);
