import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { processNow } from '../process/group.ts';
import { holderPath, isLoopback, readHolder, releaseHold, takeHold } from './holder.ts';

let folder: string;
let path: string;
const before = process.env['SEMPRE_LOOPBACK_DIR'];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sempre-hold-'));
  process.env['SEMPRE_LOOPBACK_DIR'] = folder;
  path = holderPath('127.0.0.50');
});
afterEach(() => {
  if (before === undefined) delete process.env['SEMPRE_LOOPBACK_DIR'];
  else process.env['SEMPRE_LOOPBACK_DIR'] = before;
  rmSync(folder, { recursive: true, force: true });
});

it('knows its addresses', () => {
  expect(isLoopback('127.3.2.1')).toBe(true);
  expect(isLoopback('192.0.2.1')).toBe(false);
  expect(isLoopback('::1')).toBe(false);
});

it('is held by one node at a time, and handed over in a planned move', () => {
  expect(takeHold(path, 'n1', [])).toBeNull();
  expect(takeHold(path, 'n1', [])).toBeNull();
  expect(takeHold(path, 'n2', [])?.node).toBe('n1');
  expect(takeHold(path, 'n2', ['n1'])).toBeNull();
  releaseHold(path, 'n1');
  expect(readHolder(path)?.node).toBe('n2');
  releaseHold(path, 'n2');
  expect(readHolder(path)?.node).toBe('');
  expect(existsSync(path)).toBe(true);
  expect(takeHold(path, 'n1', [])).toBeNull();
});

it('is free when its holder has died, or the file is damaged', async () => {
  const child = spawn('sleep', ['60']);
  const pid = child.pid ?? 0;
  writeFileSync(path, JSON.stringify({ node: 'n1', pid, startTicks: processNow(pid)?.startTicks }));
  expect(takeHold(path, 'n2', [])?.node).toBe('n1');
  child.kill('SIGKILL');
  await new Promise((resolve) => child.once('exit', resolve));
  expect(takeHold(path, 'n2', [])).toBeNull();
  writeFileSync(path, '{"node":');
  expect(takeHold(path, 'n1', [])).toBeNull();
});
