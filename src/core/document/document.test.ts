import { expect, test } from 'vitest';
import { plainCluster } from '../model.ts';
import { boot } from '../node.ts';
import { type Doc, firstDoc, type Version } from '../ports.ts';
import type { Turn } from '../state.ts';
import { absorbDoc } from './index.ts';

const cluster = plainCluster('test', { intervalMs: 200, deadMs: 1000, port: 7354 }, [{ id: 'a', links: [] }], []);

const docAt = (view: number, counter: number): Doc => {
  const version: Version = { view, counter };
  return { ...firstDoc(`# ${view}.${counter}`, cluster), version, content: version };
};

test.each([
  [4, 9, '# 5.2'],
  [5, 1, '# 5.2'],
  [5, 2, '# 5.2'],
  [5, 3, '# 5.3'],
  [6, 0, '# 6.0'],
])('a node with document 5.2 is sent %i.%i and has %s', (view, counter, source) => {
  const state = boot({ self: 'a', boot: 1, doc: docAt(5, 2), reserved: 0, noted: null, ledger: [] }, 0);
  const turn: Turn = { nowMs: 10, state, effects: [] };
  absorbDoc(turn, 'n2', docAt(view, counter));
  expect(turn.state.doc.source).toBe(source);
  expect(turn.effects.some(({ kind }) => kind === 'saveDoc')).toBe(source !== '# 5.2');
});
