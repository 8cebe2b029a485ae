/**
 * Questions of one peer, each answered once. A dialler asks again with the same id when a connection failed under a
 * question; it then gets the answer to the first one, so that nothing is carried out twice. The newest answers are kept
 * for that, within bounds: only after `answersKept` newer ones would the same id be taken for a new question.
 */
import { frameBodyBytesMax, frameKind } from './frames.ts';
import { answerBytesKept, answersKept, questionsMax } from './limits.ts';

export const idBytes = 8;

export interface Reply {
  readonly kind: number;
  /** The id of the question, then the answer as JSON or the failure as a sentence. */
  readonly body: Buffer;
}

type Known = { readonly reply: Promise<Reply>; bytes: number | null };

export class Answers {
  readonly #answer: (question: unknown) => Promise<unknown>;
  /** In the order in which they were asked. */
  readonly #known = new Map<string, Known>();
  #running = 0;
  #bytes = 0;

  constructor(answer: (question: unknown) => Promise<unknown>) {
    this.#answer = answer;
  }

  /** The reply to a question frame. Never rejects. */
  take(body: Buffer): Promise<Reply> {
    const id = body.subarray(0, idBytes);
    const key = id.toString('latin1');
    const known = this.#known.get(key);
    if (known !== undefined) return known.reply;
    if (this.#running >= questionsMax) return Promise.resolve(failed(id, 'too many questions are under way'));
    return this.#start(key, id, body.subarray(idBytes));
  }

  #start(key: string, id: Buffer, question: Buffer): Promise<Reply> {
    this.#running += 1;
    const reply = this.#run(id, question);
    const known: Known = { reply, bytes: null };
    this.#known.set(key, known);
    void reply.then(({ body }) => {
      this.#running -= 1;
      known.bytes = body.length;
      this.#bytes += body.length;
      this.#forgetOldest();
    });
    return reply;
  }

  async #run(id: Buffer, question: Buffer): Promise<Reply> {
    try {
      const answer = await this.#answer(JSON.parse(question.toString('utf8')));
      const json = Buffer.from(JSON.stringify(answer) ?? 'null', 'utf8');
      if (json.length + idBytes > frameBodyBytesMax) return failed(id, `the answer is too large: ${json.length} bytes`);
      return { kind: frameKind.answer, body: Buffer.concat([id, json]) };
    } catch (error) {
      return failed(id, error instanceof Error ? error.message : String(error));
    }
  }

  /** Questions under way are never forgotten: they would be carried out twice. */
  #forgetOldest(): void {
    for (const [key, { bytes }] of this.#known) {
      if (this.#known.size <= answersKept + this.#running && this.#bytes <= answerBytesKept) return;
      if (bytes === null) continue;
      this.#known.delete(key);
      this.#bytes -= bytes;
    }
  }
}

const failed = (id: Buffer, because: string): Reply => ({
  kind: frameKind.failure,
  body: Buffer.concat([id, Buffer.from(because.slice(0, 4096), 'utf8')]),
});
