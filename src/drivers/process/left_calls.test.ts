import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { processNow, signalGroup } from './group.ts';
import { endLeftCalls, noteCall } from './left_calls.ts';

let folder: string;
let groups: number[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'left-calls-'));
  groups = [];
});
afterEach(() => {
  for (const group of groups) signalGroup(group, 'SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

function launch(): number {
  const child = spawn('sleep', ['60'], { detached: true, stdio: 'ignore' });
  groups.push(child.pid ?? 0);
  return child.pid ?? 0;
}

it('ends what a former life left, and forgets it', async () => {
  const pid = launch();
  noteCall(folder, 'mail start', pid);
  expect(await endLeftCalls(folder)).toEqual(['mail start']);
  expect(processNow(pid)).toBeNull();
  expect(readdirSync(folder)).toEqual([]);
});

it('leaves calls alone that have ended', async () => {
  const pid = launch();
  noteCall(folder, 'mail start', pid)();
  expect(await endLeftCalls(folder)).toEqual([]);
  expect(processNow(pid)).not.toBeNull();
});

it('never touches another process that has the id now', async () => {
  const pid = launch();
  writeFileSync(join(folder, 'mail start.json'), JSON.stringify({ pid, startTicks: '1' }));
  expect(await endLeftCalls(folder)).toEqual([]);
  expect(processNow(pid)).not.toBeNull();
});

it.each(['', '{', 'null', '{"pid":1,"startTicks":"0"}', '{"pid":-1,"startTicks":"0"}'])(
  'survives a note that says %j',
  async (text) => {
    writeFileSync(join(folder, 'x.json'), text);
    expect(await endLeftCalls(folder)).toEqual([]);
  },
);
