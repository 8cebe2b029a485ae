/** A few rounds: that the torture itself works, and that the daemons stand it. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { setFenceFaults } from '../keeper/faults.ts';
import { canMakeNamespaces } from '../namespaces.ts';
import { run } from '../run.ts';
import { clusterFile } from './cluster-file.ts';
import { Injector } from './inject.ts';
import { judge, play, Tape } from './round.ts';
import { lower, raise } from './stage.ts';

const possible = await canMakeNamespaces();
const main = join(import.meta.dirname, 'main.ts');

const lab = `torture-test-${process.pid}`;

describe.skipIf(!possible)('torture (needs root and network namespaces)', () => {
  test.each([
    { nodes: '2', rounds: '4' },
    { nodes: 'witness', rounds: '3' },
    { nodes: '3', rounds: '3' },
  ])('$rounds rounds of $nodes', { timeout: 400_000 }, async ({ nodes, rounds }) => {
    const argv = [process.execPath, main, '--seed', '1', '--nodes', nodes, '--rounds', rounds, '--bound', '60'];
    const ran = await run(argv, { timeoutMs: 390_000 });
    expect(ran.stdout + ran.stderr).toContain(`${rounds} rounds in`);
    expect(ran.stdout).not.toContain('FAILED');
    expect(ran.code).toBe(0);
  });

  test('two writers are seen: nothing helps against a device that says off and lies', {
    timeout: 200_000,
  }, async () => {
    const stage = await raise(lab, clusterFile('2'));
    try {
      const [injector, tape] = [new Injector(stage), new Tape(stage.stamps)];
      expect((await judge(stage, tape, 60_000)).problems).toEqual([]);
      const lies = stage.nodes.map((from) => ({ from, target: null, delayMs: 0, mode: 'lie' as const }));
      setFenceFaults(lab, lies);
      await play(injector, [{ kind: 'split', atMs: 0, forMs: 6000 }]);
      await injector.healAll();
      expect((await judge(stage, tape, 60_000)).problems.join()).toContain('two writers');
    } finally {
      await lower(stage);
    }
  });

  test('what was acknowledged outlives daemons that are killed', { timeout: 300_000 }, async () => {
    const argv = [process.execPath, join(import.meta.dirname, 'kill/main.ts'), '--seed', '1', '--changes', '60'];
    const ran = await run([...argv, '--kills', '20', '--bound', '60'], { timeoutMs: 290_000 });
    expect(ran.stdout + ran.stderr).toContain('every acknowledged change is there on all nodes');
    expect(ran.code).toBe(0);
  });
});
