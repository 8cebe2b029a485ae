/** What the tests of the keeper share: calls of its agent, waiting, its log. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FenceCall, FenceResult } from '../../src/core/ports.ts';
import { FenceDriver } from '../../src/drivers/fence/index.ts';
import { sleep } from '../clock.ts';
import { labDirectory } from '../record.ts';

export function callAgent(
  folder: string,
  agents: string,
  action: FenceCall['action'],
  target: string,
  params: Record<string, string> = {},
): Promise<FenceResult> {
  const device = { id: 'd', agent: 'fence_sempre_lab', params, plugs: {}, delayMs: 0, timeoutMs: 1, verify: true };
  return new Promise((resolve) => {
    const driver = new FenceDriver({
      extraFolder: agents,
      callFolder: join(folder, `calls-${target}-${action}`),
      done: (_, result) => resolve(result),
      log: () => undefined,
    });
    driver.call({ callId: 1, action, device: { ...device, unfence: false }, target, plug: null, timeoutMs: 15_000 });
  });
}

export async function until(holds: () => boolean | Promise<boolean>, forMs = 15_000): Promise<void> {
  const endMs = performance.now() + forMs;
  while (!(await holds())) {
    if (performance.now() > endMs) throw new Error(`not within ${forMs} ms: ${holds}`);
    await sleep(20);
  }
}

export const keeperLog = (lab: string): Record<string, unknown>[] => {
  try {
    const lines = readFileSync(join(labDirectory(lab), 'keeper.log'), 'utf8')
      .trim()
      .split('\n');
    return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  } catch {
    return [];
  }
};

export const textIn = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};
