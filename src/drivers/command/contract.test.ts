import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { CommandResource } from '../../core/model.ts';
import { driverContract, testContext } from '../contract.ts';
import { processNow, signalGroup } from '../process/group.ts';
import { CommandDriver } from './index.ts';

driverContract('command', async () => {
  const folder = mkdtempSync(join(tmpdir(), `sempre-command-${process.pid}-`));
  const resource: CommandResource = {
    kind: 'command',
    argv: ['sleep', '300'],
    env: {},
    directory: folder,
    stopSignal: 'SIGTERM',
    checkArgv: ['true'],
  };
  const pid = (): number => JSON.parse(readFileSync(join(folder, 'command/contract.json'), 'utf8')).pid;
  return {
    driver: new CommandDriver(testContext(folder).context),
    resource,
    tellsDigest: true,
    harm: async () => {
      const killed = pid();
      signalGroup(killed, 'SIGKILL');
      await expect.poll(() => processNow(killed)).toBeNull();
    },
    nonsense: [
      { ...resource, argv: [] },
      { ...resource, argv: [''] },
      { ...resource, argv: ['sleep', '\0'] },
      { ...resource, argv: ['/no/such/program'] },
      { ...resource, argv: ['false'] },
      { ...resource, directory: '/no/such/directory' },
      { ...resource, env: { BAD: '\0' } },
      { ...resource, checkArgv: [] },
      { ...resource, checkArgv: ['/no/such/check'] },
    ],
    endless: { ...resource, checkArgv: ['false'] },
    cleanUp: async () => {
      try {
        signalGroup(pid(), 'SIGKILL');
      } catch {
        // Already stopped: the pid file is gone.
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
});
