import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { byText } from '../lib/compare.ts';
import { inputOf } from './cases/cluster.ts';
import { readStory } from './cases/story.ts';
import { tell } from './cases/told.ts';

/**
 * Each file: a question and why it is asked, a cluster, and after the line what is decided. `UPDATE=1` writes the answers anew;
 * read the difference.
 */
const folder = new URL('./cases/', import.meta.url);
const line = '----\n';

describe('policy cases', () => {
  for (const name of readdirSync(folder)
    .filter((file) => file.endsWith('.txt'))
    .sort(byText)) {
    test(name, () => {
      const path = new URL(name, folder);
      const [question = '', answer = ''] = readFileSync(path, 'utf8').split(line);
      expect(question, 'the first line asks the question').toMatch(/^# .+\?\n/);
      const told = tell(inputOf(readStory(question)));
      if (process.env.UPDATE === '1') writeFileSync(path, `${question}${line}${told}`);
      else expect(told).toBe(answer);
    });
  }
});
