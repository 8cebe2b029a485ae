/**
 * The client of the lab test: a new connection and request every 10 ms on a fixed schedule, and one connection that stays
 * open with a message every 20 ms until shortly before the end. Prints what it saw as JSON.
 */
import { request } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const [address = '', forText = '0'] = process.argv.slice(2);
const forMs = Number(forText);
const limitMs = 200;
const report = {
  requests: 0,
  failed: [] as string[],
  last: '',
  echoes: [] as string[],
  echoFailed: null as string | null,
};

function ask(): Promise<void> {
  report.requests += 1;
  return new Promise((resolve) => {
    const asked = request({ host: address, port: 80, agent: false, signal: AbortSignal.timeout(limitMs) });
    asked.on('error', (error) => {
      report.failed.push(`at ${Math.round(performance.now())} ms: ${error.message}`);
      resolve();
    });
    asked.on('response', (response) => {
      response.on('data', (chunk: Buffer) => {
        report.last = chunk.toString();
      });
      response.on('error', () => resolve());
      response.on('end', () => resolve());
    });
    asked.end();
  });
}

async function talk(): Promise<void> {
  const socket = connect({ host: address, port: 7 });
  socket.on('error', (error) => {
    report.echoFailed ??= error.message;
  });
  socket.on('data', (chunk) => report.echoes.push(...chunk.toString().split('')));
  const endMs = performance.now() + forMs - 300;
  for (let sent = 0; performance.now() < endMs; sent += 1) {
    socket.write('x');
    await sleep(20);
    // A second behind: the machine may be busy, but no retransmission takes so long.
    if (report.echoes.length < sent - 50) report.echoFailed ??= `no answer to message ${sent}`;
  }
  socket.end();
}

const talking = talk();
const asked: Promise<void>[] = [];
const startMs = performance.now();
for (let i = 0; i * 10 < forMs; i += 1) {
  asked.push(ask());
  await sleep(Math.max(0, startMs + (i + 1) * 10 - performance.now()));
}
await Promise.all([...asked, talking]);
console.log(JSON.stringify(report));
process.exit(0);
