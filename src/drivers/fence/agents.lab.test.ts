/** Agents of Debian's package fence-agents, as they are. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { FenceCall, FenceResult } from '../../core/ports.ts';
import { describeAgent } from './agent.ts';
import { listAgents } from './find.ts';
import { FenceDriver } from './index.ts';

const folder = mkdtempSync(join(tmpdir(), 'fence-real-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const possible = existsSync('/usr/sbin/fence_dummy');

function run(action: FenceCall['action'], agent: string, params: Record<string, string>): Promise<FenceResult> {
  const device = { id: 'd', agent, params, plugs: {}, delayMs: 0, timeoutMs: 20_000, verify: true, unfence: false };
  return new Promise((resolve) => {
    const driver = new FenceDriver({
      extraFolder: null,
      callFolder: join(folder, 'calls'),
      done: (_, result) => resolve(result),
      log: () => undefined,
    });
    driver.call({ callId: 1, action, device, target: 'n1', plug: null, timeoutMs: 20_000 });
  });
}

describe.skipIf(!possible)("agents of Debian (needs the package 'fence-agents')", () => {
  test('fence_dummy switches off, on, and tells', async () => {
    const params = { status_file: join(folder, 'status') };
    expect(await run('on', 'fence_dummy', params)).toEqual({ ok: true, power: null });
    expect(readFileSync(params.status_file, 'utf8')).toContain('on');
    expect(await run('status', 'fence_dummy', params)).toEqual({ ok: true, power: 'on' });
    expect(await run('off', 'fence_dummy', params)).toEqual({ ok: true, power: null });
    expect(await run('status', 'fence_dummy', params)).toEqual({ ok: true, power: 'off' });
  });

  test('fence_dummy that fails', async () => {
    expect(await run('on', 'fence_dummy', { type: 'fail', power_timeout: '1' })).toMatchObject({ ok: false });
  });

  test('fence_ipmilan says what it misses, and no password', async () => {
    const result = await run('status', 'fence_ipmilan', { username: 'admin', password: 'geheim' });
    expect(result).toMatchObject({ ok: false });
    expect(JSON.stringify(result)).toContain('fence address');
    expect(JSON.stringify(result)).not.toContain('geheim');
  });

  test('every one of them describes itself', { timeout: 120_000 }, async () => {
    // A script for operators, without the API.
    const all = listAgents().filter(({ name, path }) => name !== 'fence_ack_manual' && path.startsWith('/usr/sbin'));
    const described = [];
    for (const { path } of all) described.push({ path, ...(await describeAgent(path)) });
    expect(described.filter((each) => !each.ok)).toEqual([]);
    for (const each of described) if (each.ok) expect(each.agent.actions.length).toBeGreaterThan(0);
    expect(described.length).toBeGreaterThan(60);
  });
});
