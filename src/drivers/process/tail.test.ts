import { describe, expect, test } from 'vitest';
import { appendTail, emptyTail, lastLine, linesOf, tailText } from './tail.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text);

describe('tail', () => {
  test('keeps everything while it fits', () => {
    const tail = emptyTail(8);
    appendTail(tail, bytes('abc'));
    appendTail(tail, bytes('defgh'));
    expect(tailText(tail)).toBe('abcdefgh');
  });

  test('keeps the end, cut to the byte', () => {
    const tail = emptyTail(4);
    for (const part of ['ab', 'cdefghij', 'k', 'l']) appendTail(tail, bytes(part));
    expect(tailText(tail)).toBe('ijkl');
  });

  test('holds no more than the bound and one chunk', () => {
    const tail = emptyTail(100);
    for (let i = 0; i < 1000; i++) appendTail(tail, new Uint8Array(30));
    expect(tail.bytes).toBeLessThanOrEqual(130);
  });

  test('an empty chunk and no chunk at all are harmless', () => {
    const tail = emptyTail(4);
    expect(tailText(tail)).toBe('');
    appendTail(tail, new Uint8Array(0));
    expect(tailText(tail)).toBe('');
  });
});

describe('lastLine', () => {
  test('skips blank lines at the end', () => expect(lastLine('one\n two \n\n  \n')).toBe('two'));
  test('is empty when nothing was said', () => expect(lastLine('\n')).toBe(''));
  test('is cut to what fits a message', () => expect(lastLine('x'.repeat(5000)).length).toBe(400));
});

test('linesOf leaves blank lines out', () => expect(linesOf('a\n\n b\r\n')).toEqual(['a', 'b']));
