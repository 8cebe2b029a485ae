/**
 * A daemon that is killed at any moment: what it acknowledged is on the disk. `KILLS=1000 npx vitest run src/daemon/storage-kill`
 * kills more often. What a power cut adds to this is in storage-faults.test.ts.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readState } from './storage.ts';

const kills = Number(process.env.KILLS ?? 15);
const fixture = join(import.meta.dirname, 'storage-kill.fixture.ts');

/** Runs until killed, a random while after its first save; gives what it said. */
function saveAndDie(directory: string, from: number): Promise<string[]> {
  const child = spawn(process.execPath, [fixture, directory, String(from)], { stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (out === '') setTimeout(() => child.kill('SIGKILL'), Math.random() * 60);
    out += text;
  });
  return new Promise((resolve) => child.once('close', () => resolve(out.split('\n').slice(0, -1))));
}

it(
  'keeps every acknowledged document and number',
  async () => {
    const directory = await mkdtemp(join(tmpdir(), `sempre-kill-${process.pid}-`));
    let last = 0;
    for (let round = 0; round < kills; round++) {
      const said = await saveAndDie(directory, last);
      expect(said.filter((line) => !/^r?\d+$/.test(line))).toEqual([]);
      const acknowledged = Number(said.findLast((line) => !line.startsWith('r')) ?? last);
      const reserved = Number(said.findLast((line) => line.startsWith('r'))?.slice(1) ?? 0);
      const state = await readState(directory, new Date());
      expect(state.remarks).toEqual([]);
      last = state.doc?.version.counter ?? 0;
      expect(last).toBeGreaterThanOrEqual(acknowledged);
      expect(last).toBeLessThanOrEqual(acknowledged + 1);
      expect(state.doc?.source).toBe(`# ${last}\n`.repeat(1 + (last % 400)));
      expect(state.reserved).toBeGreaterThanOrEqual(reserved);
    }
    await rm(directory, { recursive: true });
  },
  20_000 + kills * 1000,
);
