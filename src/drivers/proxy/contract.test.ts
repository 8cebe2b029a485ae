import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { driverContract, testContext } from '../contract.ts';
import { balance, freePort, serverAt } from '../engine/balance_bench.ts';
import { balanceContract } from '../engine/contract.ts';
import { parseRecord } from '../engine/record.ts';
import { createProxyDriver } from './index.ts';

balanceContract('proxy', createProxyDriver);

driverContract('proxy', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sempre-proxy-'));
  const resource = balance('proxy', await freePort(), [serverAt('web1', await freePort())]);
  const pid = (): number => {
    const text = readFileSync(join(folder, 'proxy', 'contract.json'), 'utf8');
    return parseRecord(JSON.parse(text))?.pid ?? 0;
  };
  return {
    driver: createProxyDriver(testContext(folder).context),
    resource,
    tellsDigest: true,
    harm: async () => void process.kill(pid(), 'SIGKILL'),
    nonsense: [{ ...resource, servers: [serverAt('web1', 99_999)] }],
    endless: null,
    cleanUp: async () => rmSync(folder, { recursive: true, force: true }),
  };
});
