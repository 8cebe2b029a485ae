import { describe, expect, test } from 'vitest';
import { overlapsIn, readStamps, runsOf } from './stamps.ts';

const stamped = (...starts: string[]) =>
  starts.map((start, i) => ({ host: start.slice(0, 2), start, seconds: i / 50 }));
const overlaps = (...starts: string[]) => overlapsIn(runsOf(stamped(...starts)));

describe('stamps', () => {
  test('one writer after the other is well, also on the same host', () => {
    expect(overlaps('n1-1', 'n1-1', 'n2-1', 'n2-1', 'n1-2', 'n1-2')).toEqual([]);
  });

  test('a writer that stamps after another one began is an overlap', () => {
    expect(overlaps('n1-1', 'n2-1', 'n1-1', 'n2-1')).toEqual([
      { first: 'n1-1', second: 'n2-1', fromSeconds: 0.02, toSeconds: 0.06 },
    ]);
  });

  test('two starts on one host are two writers', () => {
    expect(overlaps('n1-1', 'n1-2', 'n1-1')).toHaveLength(1);
  });

  test('a line that is not whole is left for the next time', () => {
    const read = readStamps('n1 n1-1 5.5\nn1 n1-1 5.52\nn1 n1');
    expect(read.stamps).toEqual([
      { host: 'n1', start: 'n1-1', seconds: 5.5 },
      { host: 'n1', start: 'n1-1', seconds: 5.52 },
    ]);
    expect(read.length).toBe('n1 n1-1 5.5\nn1 n1-1 5.52\n'.length);
  });
});
