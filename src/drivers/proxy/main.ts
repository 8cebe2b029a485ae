/**
 * The embedded balancer, a program of its own so that it outlives the daemon: `node main.ts SETTINGS.json`.
 *
 * It speaks over a UNIX socket, one JSON line for a request and one for its answer, and ends on SIGTERM.
 */
import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { Balancer } from './balancer.ts';
import { type ControlAnswer, parseRequest, readSettings } from './settings.ts';

const requestBytesMax = 64 * 1024;
const path = process.argv[2] ?? '';
const settings = readSettings(path);
if (typeof settings === 'string') {
  console.error(`[ALERT] ${settings}`);
  process.exit(1);
}

process.on('SIGTERM', () => process.exit(0));
const balancer = new Balancer(settings);
openControl(settings.controlSocket);

function openControl(socketPath: string): void {
  rmSync(socketPath, { force: true });
  const server = createServer(serve);
  server.on('error', (error) => {
    console.error(`[ALERT] cannot open the control socket ${socketPath}: ${error.message}`);
    process.exit(1);
  });
  // In a folder that only the owner can enter; the mode is a second lock.
  server.listen(socketPath, () => chmodSync(socketPath, 0o600));
}

function serve(socket: Socket): void {
  let text = '';
  socket.setEncoding('utf8');
  socket.setTimeout(5000, () => socket.destroy());
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk: string) => {
    text += chunk;
    const end = text.indexOf('\n');
    if (end >= 0) socket.end(`${JSON.stringify(answer(text.slice(0, end)))}\n`);
    else if (text.length > requestBytesMax) socket.destroy();
  });
}

function answer(line: string): ControlAnswer {
  const request = parseRequest(line);
  if (request === null) return { ok: false, because: 'this is no request' };
  if (request.do !== 'reload') return balancer.answer(request);
  const next = readSettings(path);
  if (typeof next === 'string') return { ok: false, because: next };
  balancer.configure(next);
  return balancer.answer(request);
}
