/** What hostile or clumsy clients send must neither reach a server in a second reading nor end the balancer. */
import { type AddressInfo, connect, createServer } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { balance, freePort, get, serverAt, startWebServer, type WebServer } from '../engine/balance_bench.ts';
import { createHttpServer } from './http.ts';
import { Pool } from './pool.ts';

let web: WebServer;
let port: number;
let close: () => void;

beforeEach(async () => {
  web = await startWebServer('web1');
  port = await freePort();
  const resource = balance('proxy', port, [serverAt('web1', web.port)]);
  const pool = new Pool(resource);
  const server = createHttpServer(pool, () => resource);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  close = () => {
    server.close();
    server.closeAllConnections();
    pool.close();
    web.kill();
  };
});
afterEach(() => close());

function send(text: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port }, () => socket.write(text));
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk.toString();
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(answer));
    socket.setTimeout(1000, () => socket.destroy());
  });
}

const smuggled = 'GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n';

it.each([
  [
    'two lengths',
    `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: ${smuggled.length}\r\n\r\n${smuggled}`,
  ],
  [
    'a length and chunks',
    `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
  ],
  ['an unknown encoding', `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${smuggled}`],
  ['a space before the colon', `POST / HTTP/1.1\r\nHost: a\r\nContent-Length : 5\r\n\r\nhello`],
  ['two hosts', 'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n'],
  ['no host', 'GET / HTTP/1.1\r\n\r\n'],
  ['no HTTP', '\u0016\u0003\u0001\u0000\u0000'],
])('%s: refused with 400, and the balancer goes on', async (_name, text) => {
  const answer = await send(text);
  expect(answer).toMatch(/^HTTP\/1\.1 400 /);
  expect(answer).not.toContain('web1');
  expect((await get(port)).body).toBe('web1');
});

it('headers without end are refused', async () => {
  expect(await send(`GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(64 * 1024)}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 431 /);
  expect((await get(port)).status).toBe(200);
});

it('a client that goes away in the middle harms nobody', async () => {
  const socket = connect({ host: '127.0.0.1', port }, () => {
    socket.write('POST /slow HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nhello');
    setTimeout(() => socket.resetAndDestroy(), 30);
  });
  await new Promise((resolve) => socket.once('close', resolve));
  expect((await get(port)).body).toBe('web1');
});

it.each([
  ['no status', 'HTTP/1.1 000 x', /^HTTP\/1\.1 50[23] /],
  ['a status below all', 'HTTP/1.1 099 x', /^HTTP\/1\.1 50[23] /],
  ['control characters in the status line', 'HTTP/1.1 200 a\u0001b', /^HTTP\/1\.1 200 ab\r/],
])('a server that answers with %s does not end the balancer', async (_name, line, expected) => {
  const odd = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.end(`${line}\r\nContent-Length: 2\r\n\r\nok`));
  });
  await new Promise<void>((resolve) => odd.listen(0, '127.0.0.1', resolve));
  const resource = balance('proxy', port, [serverAt('odd', (odd.address() as AddressInfo).port)]);
  const pool = new Pool({ ...resource, check: { ...resource.check, kind: 'tcp' } });
  const front = createHttpServer(pool, () => resource);
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
  const socket = connect((front.address() as AddressInfo).port, '127.0.0.1');
  socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  let answer = '';
  for await (const chunk of socket) answer += String(chunk);
  expect(answer).toMatch(expected);
  pool.close();
  front.close();
  odd.close();
});
