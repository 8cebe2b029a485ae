/** What clients of the API and other nodes' daemons say. */
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { answerPeer } from '../../src/api/question.ts';
import { type Response, route } from '../../src/api/routes.ts';
import { answerOf, sampleHost } from '../../src/api/sample.testing.ts';
import { serveApi } from '../../src/api/server.ts';
import { noAdmin } from '../../src/core/ports.ts';
import { success } from '../../src/lib/errors.ts';
import { firstOf, isTooDeep, jsonOf, type Note, type Prepared, type Target } from '../target.ts';

const line = { seq: 4, at: '2026-11-20T21:00:00.000Z', node: 'bal2', what: 'a', from: 'b', to: 'c', because: 'd' };
const version = { view: 4, counter: 2 };
const historyLine = { version, at: line.at, what: ['x'], because: '', withdrawn: false };

const host = sampleHost({
  identity: {
    status: () => ({}) as never,
    rotate: async () => success({}) as never,
    createToken: () => success({ token: 't' }) as never,
  },
});

interface Asked {
  readonly method?: unknown;
  readonly path?: unknown;
  readonly query?: unknown;
  readonly body?: unknown;
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));

function wrongAnswer({ status, body }: Response, note: Note): string | null {
  note(`${status} ${(body as { error?: { message?: string } } | null)?.error?.message ?? ''}`);
  return firstOf(
    !(Number.isInteger(status) && status >= 200 && status < 600) && `answers with status ${status}`,
    typeof JSON.stringify(body) !== 'string' && 'answers with no JSON',
  );
}

function requests(): Prepared {
  const because = 'a reason';
  const commands = [
    { kind: 'apply', source: 'x', ifVersion: version, because },
    { kind: 'standby', node: 'bal1', on: true, because },
    { kind: 'move', service: 'balance', to: 'bal2', because },
    { kind: 'run', service: 'balance', wanted: 'stopped', because },
    { kind: 'cleanup', service: 'balance', node: null },
    { kind: 'confirmOff', node: 'bal2', because },
    { kind: 'disarm', forMs: 60_000, because },
    { kind: 'maintain', node: 'bal1', on: true, because },
  ];
  const gets = [
    '/v1/status',
    '/v1/local',
    '/v1/why?service=balance',
    '/v1/events?limit=5&after=bal1:3',
    '/v1/history?version=4.2',
  ];
  const get = (url: string) => ({ method: 'GET', path: url.split('?')[0], query: url.split('?')[1] ?? '', body: '' });
  return {
    examples: [
      ...gets.map(get),
      get('/service/balance/active'),
      ...commands.map((body) => ({ method: 'POST', path: '/v1/command', query: '', body })),
      ...commands
        .slice(0, 4)
        .map((command) => ({ method: 'POST', path: '/v1/plan', query: '', body: { source: null, command } })),
      { method: 'POST', path: '/v1/token', query: '', body: { node: null, ttlMs: 60_000 } },
    ].map((each) => JSON.stringify(each)),
    check: async (input, note) => {
      const { method, path, query, body } = (jsonOf(input) ?? {}) as Asked;
      const request = {
        method: textOf(method),
        path: textOf(path),
        query: new URLSearchParams(textOf(query)),
        body: textOf(body),
      };
      return wrongAnswer(await route(host, request), note);
    },
  };
}

function peerQuestions(): Prepared {
  return {
    examples: [
      { kind: 'status' },
      { kind: 'history' },
      { kind: 'historyEntry', version },
      { kind: 'events', after: 0, since: '', limit: 9 },
    ].map((each) => JSON.stringify(each)),
    check: async (input, note) => {
      const answer = await answerPeer(host, jsonOf(input));
      note(Object.keys(answer ?? {}).join(' '));
      return typeof JSON.stringify(answer) === 'string' ? null : 'answers with no JSON';
    },
  };
}

/** A peer of another version answers in another shape: it must not take the whole answer with it. */
function peerAnswers(): Prepared {
  const answers = {
    status: answerOf('bal2'),
    events: { events: [line, { ...line, seq: 5 }], lastSeq: 5 },
    history: { lines: [historyLine] },
    historyEntry: { entry: { ...historyLine, source: 'x', admin: noAdmin } },
  };
  const asked = ['/v1/status', '/v1/why', '/v1/events', '/v1/history', '/v1/plan'];
  return {
    examples: [answers, { ...answers, status: answerOf('web1') }].map((each) => JSON.stringify(each)),
    check: async (input, note) => {
      const told = ((isTooDeep(input) ? null : jsonOf(input)) ?? {}) as Record<string, unknown>;
      const own = sampleHost({ ask: async (_node, { kind }) => told[kind] });
      for (const path of asked) {
        const query = new URLSearchParams(path === '/v1/why' ? 'service=balance' : '');
        const method = path === '/v1/plan' ? 'POST' : 'GET';
        const broken = wrongAnswer(await route(own, { method, path, query, body: '' }), note);
        if (broken !== null) return `${path}: ${broken}`;
      }
      const query = new URLSearchParams('version=4.2');
      return wrongAnswer(await route(own, { method: 'GET', path: '/v1/history', query, body: '' }), note);
    },
  };
}

/** Raw bytes on the socket. */
async function http(): Promise<Prepared> {
  const folder = mkdtempSync(join(tmpdir(), 'sempre-fuzz-api-'));
  const path = join(folder, 's');
  const bugs: string[] = [];
  const server = await serveApi(host, path, (text) => void bugs.push(text));
  if (!server.ok) throw new Error(server.failure.message);
  const ask = (head: string, body = ''): string =>
    `${head} HTTP/1.1\r\nHost: sempre\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  return {
    examples: [
      ask('GET /v1/status'),
      ask('GET /v1/events?limit=3&since=2026-11-20T21:04:00Z'),
      ask('POST /v1/command', '{"kind":"arm","because":"x"}'),
      'POST /v1/plan HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n',
    ],
    check: async (input, note) => {
      note((await say(path, input)).toString('latin1').replace(/^Date: .*$/m, ''));
      const bug = bugs.pop();
      return bug === undefined ? null : `a handler throws: ${bug}`;
    },
    close: async () => {
      await server.value.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const quietMs = 40;
const sayMs = 200;

/** Says it all, and waits until the other side closes, or for a moment. */
export function say(where: string | number, input: Buffer): Promise<Buffer> {
  return new Promise((resolve) => {
    const socket = typeof where === 'number' ? connect(where, '127.0.0.1') : connect(where);
    const chunks: Buffer[] = [];
    // Node's server drops a request whose client has closed its half: it is closed only when no answer comes.
    const quiet = setTimeout(() => socket.end(), quietMs);
    const timer = setTimeout(() => socket.destroy(), sayMs);
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearTimeout(quiet);
      clearTimeout(timer);
      resolve(Buffer.concat(chunks));
    });
    socket.write(input);
  });
}

const httpWords = [
  'HTTP/1.1',
  'HTTP/1.0',
  'Host: a\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Content-Length: 9\r\n',
  '\r\n\r\n',
  'GET ',
  'POST ',
];

export const apiTargets: readonly Target[] = [
  {
    name: 'api-request',
    reads: 'requests of the API, after HTTP',
    form: 'json',
    words: [
      '/v1/command',
      '/v1/plan',
      '/v1/why',
      '/service/%FF/active',
      'POST',
      'GET',
      'kind',
      'service=balance',
      'version=4.2',
    ],
    prepare: requests,
  },
  {
    name: 'api-http',
    reads: 'HTTP on the socket of the API',
    form: 'bytes',
    words: httpWords,
    inputMsMax: 1000,
    prepare: http,
  },
  {
    name: 'peer-question',
    reads: "other daemons' questions",
    form: 'json',
    words: ['status', 'events'],
    prepare: peerQuestions,
  },
  {
    name: 'peer-answer',
    reads: "other daemons' answers",
    form: 'json',
    words: ['status', 'events'],
    // Seven questions about the whole cluster; deep values cost their writer the square of their depth.
    inputMsMax: 500,
    prepare: peerAnswers,
  },
];
