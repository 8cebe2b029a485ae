/** Every example that we give away must hold. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseClusterFile, renderProblems } from './parse.ts';

const folder = join(import.meta.dirname, '../../examples');
const files = readdirSync(folder)
  .map((name) => join(folder, name, 'cluster.yaml'))
  .filter((file) => existsSync(file));

describe('examples', () => {
  test.each(files)('%s has no mistakes and no warnings', (file) => {
    const text = readFileSync(file, 'utf8');
    const { cluster, problems } = parseClusterFile(text, file);
    expect(renderProblems(problems, text)).toBe('');
    expect(cluster).not.toBeNull();
    expect(JSON.parse(JSON.stringify(cluster))).toEqual(cluster);
    expect(text.split('\n').length).toBeLessThanOrEqual(60);
  });

  test('there are some', () => {
    expect(files.length).toBeGreaterThanOrEqual(2);
  });
});
