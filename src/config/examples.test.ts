/** Every example that we give away must hold. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseClusterFile, renderProblems } from './parse.ts';

const folder = join(import.meta.dirname, '../../examples');
const policies = readdirSync(join(folder, 'policy')).map((name) => join(folder, 'policy', name));
const files = [
  ...readdirSync(folder)
    .map((name) => join(folder, name, 'cluster.yaml'))
    .filter((file) => existsSync(file)),
  ...policies,
];
const guide = join(import.meta.dirname, '../../docs/guide/policy');

describe('examples', () => {
  test.each(files)('%s has no mistakes and no warnings', (file) => {
    const text = readFileSync(file, 'utf8');
    const { cluster, problems } = parseClusterFile(text, file);
    expect(renderProblems(problems, text)).toBe('');
    expect(cluster).not.toBeNull();
    expect(JSON.parse(JSON.stringify(cluster))).toEqual(cluster);
    expect(text.split('\n').length).toBeLessThanOrEqual(60);
  });

  test('each policy has its page in the guide, which names it', () => {
    for (const file of policies) {
      const name = basename(file, '.yaml');
      expect(readFileSync(join(guide, `${name}.md`), 'utf8')).toContain(`../../../examples/policy/${name}.yaml`);
      expect(readFileSync(file, 'utf8')).toContain(`docs/guide/policy/${name}.md`);
      expect(readFileSync(join(guide, 'README.md'), 'utf8')).toContain(`(${name}.md)`);
    }
  });

  test('there are some', () => {
    expect(files.length).toBeGreaterThanOrEqual(2);
  });
});
