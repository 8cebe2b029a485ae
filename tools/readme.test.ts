import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseClusterFile } from '../src/config/parse.ts';

test('the cluster file in the README has no mistakes', () => {
  const text = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8');
  const yaml = /```yaml\n([\s\S]*?)```/.exec(text)?.[1] ?? '';
  const { cluster, problems } = parseClusterFile(yaml.replace(/^ {3}/gm, ''), 'README.md');
  expect(problems).toEqual([]);
  expect(cluster?.services).toHaveLength(3);
});
