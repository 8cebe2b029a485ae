/** Asks the daemon over its UNIX socket. Every way in which that can fail is a value with words for a person. */
import { type IncomingMessage, request } from 'node:http';
import { type Failure, failure, isErrorCode, type Result, success } from '../lib/errors.ts';

const answerBytesMax = 64 * 1024 * 1024;

export interface Call {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: unknown;
  readonly timeoutMs?: number;
}

/** What the daemon refused, with the mistakes of a cluster file where it was about one. */
export type Refusal = Failure & { readonly problems: readonly unknown[] };

export type Called<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly failure: Failure | Refusal };

export interface Client {
  /** The answer is trusted to have the shape that `status.ts` names: it comes from the same software. */
  call<T>(call: Call): Promise<Called<T>>;
  /** Calls `onLine` for each JSON line until the daemon ends the stream (a failure) or the signal does. */
  follow(path: string, onLine: (line: string) => void, signal?: AbortSignal): Promise<Result<null>>;
}

export function connect(socketPath: string): Client {
  return {
    call: <T>(call: Call) => ask<T>(socketPath, call),
    follow: (path, onLine, signal) => follow(socketPath, path, onLine, signal),
  };
}

function ask<T>(socketPath: string, call: Call): Promise<Called<T>> {
  const timeoutMs = call.timeoutMs ?? 15_000;
  return new Promise((resolve) => {
    const body = call.body === undefined ? '' : JSON.stringify(call.body);
    const outgoing = request(
      {
        socketPath,
        method: call.method,
        path: call.path,
        timeout: timeoutMs,
        agent: false,
        headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
      },
      (incoming) => void readAnswer<T>(incoming).then(resolve),
    );
    outgoing.on('timeout', () => {
      resolve(
        failure(
          'TIMED_OUT',
          `the daemon at ${socketPath} gave no answer within ${timeoutMs / 1000} s`,
          'systemctl status sempre',
        ),
      );
      outgoing.destroy();
    });
    outgoing.on('error', (error) => resolve({ ok: false, failure: unreachable(socketPath, error) }));
    outgoing.end(body);
  });
}

async function readAnswer<T>(incoming: IncomingMessage): Promise<Called<T>> {
  try {
    const value: unknown = JSON.parse(await readAll(incoming));
    if (incoming.statusCode === 200) return { ok: true, value: value as T };
    return { ok: false, failure: refusalOf(value) };
  } catch (error) {
    return failure('INTERNAL', `the daemon's answer could not be read: ${(error as Error).message}`, 'sempre version');
  }
}

async function readAll(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > answerBytesMax) throw new Error('it is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function refusalOf(value: unknown): Refusal {
  const error = (value as { error?: Partial<Refusal> } | null)?.error;
  return {
    code: isErrorCode(error?.code) ? error.code : 'INTERNAL',
    message: error?.message ?? 'the daemon refused without a reason',
    next: error?.next ?? null,
    problems: error?.problems ?? [],
  };
}

function follow(
  socketPath: string,
  path: string,
  onLine: (line: string) => void,
  signal: AbortSignal | undefined,
): Promise<Result<null>> {
  return new Promise((resolve) => {
    const outgoing = request({ socketPath, path, agent: false, ...(signal && { signal }) }, (incoming) => {
      if (incoming.statusCode !== 200) {
        void readAnswer(incoming).then((answer) => resolve(answer.ok ? success(null) : answer));
        return;
      }
      let rest = '';
      incoming.setEncoding('utf8');
      incoming.on('data', (text: string) => {
        const lines = (rest + text).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) onLine(line);
      });
      incoming.on('error', () => {});
      incoming.on('close', () =>
        resolve(failure('DAEMON_UNREACHABLE', 'the daemon ended the stream of events', 'sempre events --follow')),
      );
    });
    outgoing.on('error', (error) => {
      resolve(signal?.aborted ? success(null) : { ok: false, failure: unreachable(socketPath, error) });
    });
    outgoing.end();
  });
}

function unreachable(socketPath: string, error: NodeJS.ErrnoException): Failure {
  if (error.code === 'EACCES' || error.code === 'EPERM') {
    return {
      code: 'NOT_PERMITTED',
      message: `you may not use the daemon's socket ${socketPath}`,
      next: 'sudo sempre …, or join the group of the socket',
    };
  }
  const why =
    error.code === 'ENOENT'
      ? 'there is no such socket'
      : error.code === 'ECONNREFUSED'
        ? 'nobody listens there'
        : error.message;
  return {
    code: 'DAEMON_UNREACHABLE',
    message: `no daemon answers on ${socketPath}: ${why}`,
    next: 'systemctl status sempre, or name another socket with --socket or SEMPRE_SOCKET',
  };
}
