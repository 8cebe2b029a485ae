import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { sleep } from '../clock.ts';
import { startProbe } from './client.ts';
import { type Answer, measure } from './window.ts';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

async function listen(server: Server | ReturnType<typeof createTcpServer>): Promise<URL> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => server.close());
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
}

async function probeFor(url: URL, forMs: number, keepAlive = false): Promise<Answer[]> {
  const answers: Answer[] = [];
  const probe = startProbe({ url, intervalMs: 10, limitMs: 200, keepAlive, who: /served by (\S+)/ }, (answer) =>
    answers.push(answer),
  );
  await sleep(forMs);
  await probe.stop();
  return answers;
}

describe('startProbe', () => {
  it('asks on its schedule, on a new connection each time, and reads who answered', async () => {
    let connections = 0;
    const server = createServer((_, answer) => answer.end('<p>served by one </p>'));
    server.on('connection', () => connections++);
    const answers = await probeFor(await listen(server), 500);
    expect(answers.length).toBeGreaterThan(45);
    expect(answers.length).toBeLessThan(60);
    expect(connections).toBe(answers.length);
    expect(answers.every((answer) => answer.ok && answer.by === 'one')).toBe(true);
    const due = answers.map((answer) => answer.atMs).sort((a, b) => a - b);
    expect(due.slice(1).every((atMs, i) => Math.abs(atMs - (due[i] ?? 0) - 10) < 0.01)).toBe(true);
  });

  it('reuses connections when told to', async () => {
    let connections = 0;
    const server = createServer((_, answer) => answer.end('served by one'));
    server.on('connection', () => connections++);
    const answers = await probeFor(await listen(server), 300, true);
    expect(answers.length).toBeGreaterThan(25);
    expect(connections).toBeLessThan(10);
  });

  it('goes on asking while a server holds its answers back, and gives each up at the limit', async () => {
    const answers = await probeFor(await listen(createServer(() => {})), 400);
    expect(answers.length).toBeGreaterThan(35);
    expect(answers.every((answer) => answer.error === 'timeout' && answer.tookMs < 300)).toBe(true);
  });

  it('counts errors, refusals and torn answers as failures', async () => {
    const broken = await probeFor(
      await listen(createServer((_, answer) => answer.writeHead(503).end('served by one'))),
      100,
    );
    expect(measure(broken, 0, Infinity).errors[0]?.name).toBe('status 503');
    const torn = await probeFor(
      await listen(
        createTcpServer((socket) =>
          socket.on('error', () => {}).end('HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nserved'),
        ),
      ),
      100,
    );
    expect(torn.length).toBeGreaterThan(5);
    expect(torn.every((answer) => !answer.ok)).toBe(true);
    const refused = await probeFor(new URL('http://127.0.0.1:1/'), 100);
    expect(refused.every((answer) => answer.error === 'ECONNREFUSED')).toBe(true);
  });

  it('does not blame the service for the time in which the probe itself was held up', async () => {
    const server = createServer((_, answer) => answer.end('served by one'));
    const url = await listen(server);
    setTimeout(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 400), 200);
    const answers = await probeFor(url, 900);
    expect(answers.filter((answer) => !answer.ok)).toEqual([]);
    expect(measure(answers, 0, Infinity).lateMsMax).toBeGreaterThan(300);
    expect(answers.length).toBeLessThan(70);
  });
});
