/** A few rounds: that the torture itself works, and that the daemons stand it. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { canMakeNamespaces } from '../namespaces.ts';
import { run } from '../run.ts';

const possible = await canMakeNamespaces();
const main = join(import.meta.dirname, 'main.ts');

describe.skipIf(!possible)('torture (needs root and network namespaces)', () => {
  test.each([
    { nodes: '2', rounds: '6' },
    { nodes: '3', rounds: '4' },
  ])('$rounds rounds with $nodes nodes', { timeout: 400_000 }, async ({ nodes, rounds }) => {
    const argv = [process.execPath, main, '--seed', '1', '--nodes', nodes, '--rounds', rounds, '--bound', '60'];
    const ran = await run(argv, { timeoutMs: 390_000 });
    expect(ran.stdout + ran.stderr).toContain(`${rounds} rounds in`);
    expect(ran.stdout).not.toContain('FAILED');
    expect(ran.code).toBe(0);
  });

  test('what was acknowledged outlives daemons that are killed', { timeout: 300_000 }, async () => {
    const argv = [process.execPath, join(import.meta.dirname, 'kill/main.ts'), '--seed', '1', '--changes', '60'];
    const ran = await run([...argv, '--kills', '20', '--bound', '60'], { timeoutMs: 290_000 });
    expect(ran.stdout + ran.stderr).toContain('every acknowledged change is there on all nodes');
    expect(ran.code).toBe(0);
  });
});
