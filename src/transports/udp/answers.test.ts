import { describe, expect, test } from 'vitest';
import { Answers, idBytes } from './answers.ts';
import { frameKind } from './frames.ts';
import { answerBytesKept, answersKept, questionsMax } from './limits.ts';

function question(id: number, value: unknown): Buffer {
  const head = Buffer.alloc(idBytes);
  head.writeUInt32BE(id, 4);
  return Buffer.concat([head, Buffer.from(JSON.stringify(value))]);
}

const textOf = ({ body }: { readonly body: Buffer }): string => body.toString('utf8', idBytes);

describe('Answers', () => {
  test('carries a question out once, however often it is asked', async () => {
    let carriedOut = 0;
    const answers = new Answers(async (it) => {
      carriedOut += 1;
      return it;
    });
    const replies = await Promise.all([1, 1, 1, 2].map((id) => answers.take(question(id, { id }))));
    expect(replies.map(textOf)).toEqual(['{"id":1}', '{"id":1}', '{"id":1}', '{"id":2}']);
    expect(textOf(await answers.take(question(1, { id: 1 })))).toBe('{"id":1}');
    expect(carriedOut).toBe(2);
  });

  test('answers what cannot be read, what fails and what is too much with a failure', async () => {
    const answers = new Answers((it) => (it === 'hang' ? new Promise(() => {}) : Promise.reject(new Error('no'))));
    const torn = await answers.take(Buffer.concat([Buffer.alloc(idBytes), Buffer.from('{')]));
    expect(torn.kind).toBe(frameKind.failure);
    expect((await answers.take(Buffer.from('abc'))).kind).toBe(frameKind.failure);
    expect(textOf(await answers.take(question(1, 1)))).toBe('no');
    for (let id = 10; id < 10 + questionsMax; id++) void answers.take(question(id, 'hang'));
    expect(textOf(await answers.take(question(9, 1)))).toContain('too many');
  });

  test('keeps the newest answers, within a number and a size', async () => {
    let carriedOut = 0;
    const answers = new Answers(async (bytes) => {
      carriedOut += 1;
      return 'x'.repeat(bytes as number);
    });
    for (let id = 0; id <= answersKept; id++) await answers.take(question(id, 1));
    await answers.take(question(answersKept, 1));
    expect(carriedOut).toBe(answersKept + 1);
    await answers.take(question(0, 1));
    expect(carriedOut).toBe(answersKept + 2);
    for (let id = 1000; id < 1003; id++) await answers.take(question(id, answerBytesKept / 2));
    await answers.take(question(1002, 1));
    expect(carriedOut).toBe(answersKept + 5);
    await answers.take(question(1000, 1));
    expect(carriedOut).toBe(answersKept + 6);
  });
});
