/** One question to a program over its UNIX socket, and all that it answers until it closes. */
import { connect } from 'node:net';
import type { Ms } from '../../core/model.ts';

const answerBytesMax = 4 * 1024 * 1024;

/** Null: there is no such socket, nobody answers, or not in time. */
export function askSocket(path: string, question: string, timeoutMs: Ms): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const chunks: Buffer[] = [];
    let bytes = 0;
    const finish = (answer: string | null): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(finish, timeoutMs, null);
    // The master of HAProxy closes only after we have closed our half.
    socket.on('connect', () => socket.end(`${question}\n`));
    socket.on('data', (chunk) => {
      bytes += chunk.length;
      if (bytes > answerBytesMax) finish(null);
      chunks.push(chunk);
    });
    socket.on('end', () => finish(Buffer.concat(chunks).toString('utf8')));
    socket.on('error', () => finish(null));
  });
}
