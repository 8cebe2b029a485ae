/**
 * Program of `abuse.lab.test.ts`: misuses one TCP port in one way for so long. Prints how many connections it tried.
 *
 *   crowd.fixture.ts WAY FROM TO PORT SECONDS
 */
import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { connect as tlsConnect } from 'node:tls';

const [way = '', from = '', to = '', port = '', seconds = ''] = process.argv.slice(2);
const target = { host: to, port: Number(port), localAddress: from };
const atOnceMax = 500;

const open = new Set<Socket>();
let tried = 0;

function keep(socket: Socket): Socket {
  open.add(socket);
  socket.on('error', () => {});
  socket.on('close', () => open.delete(socket));
  return socket;
}

const ways: Readonly<Record<string, () => void>> = {
  /** Connects and goes away, as fast as it can. */
  flood: () => {
    const socket = keep(connect(target));
    socket.on('connect', () => socket.resetAndDestroy());
  },
  /** Connects and says nothing. */
  silent: () => void keep(connect(target)),
  /** Begins a handshake, a byte at a time. */
  slow: () => {
    const socket = keep(connect(target));
    const hello = Buffer.concat([Buffer.of(0x16, 3, 1, 0, 200, 1, 0, 0, 196, 3, 3), randomBytes(190)]);
    let sent = 0;
    const timer = setInterval(() => socket.write(hello.subarray(sent, ++sent)), 50);
    socket.on('close', () => clearInterval(timer));
  },
  garbage: () => void keep(connect(target)).write(randomBytes(2000)),
  /** A record and a handshake message that announce far more than anybody may send. */
  oversize: () => {
    const socket = keep(connect(target));
    socket.write(Buffer.concat([Buffer.of(0x16, 3, 1, 0xff, 0xff, 1, 0xff, 0xff, 0xff), Buffer.alloc(500_000)]));
  },
  /** Whole handshakes, without a certificate. */
  handshakes: () => {
    const options = { ...target, rejectUnauthorized: false, ALPNProtocols: ['sempre/1'] };
    keep(tlsConnect(options as object));
  },
  /** Whole handshakes, and a wrong token in each. */
  tokens: () => {
    const socket = tlsConnect({ ...target, rejectUnauthorized: false, ALPNProtocols: ['sempre-join/1'] } as object);
    keep(socket);
    const secret = randomBytes(32).toString('base64url');
    socket.on('secureConnect', () => socket.write(`${JSON.stringify({ secret, node: 'n2', machine: 'x' })}\n`));
  },
};

const attack = ways[way];
if (attack === undefined) throw new Error(`no such way: ${way}`);
const endMs = performance.now() + Number(seconds) * 1000;
function turn(): void {
  if (performance.now() > endMs) {
    for (const socket of open) socket.destroy();
    process.stdout.write(`${JSON.stringify({ tried })}\n`);
    return;
  }
  for (let i = 0; i < 50 && open.size < atOnceMax; i++) {
    tried += 1;
    attack?.();
  }
  setImmediate(turn);
}
turn();
