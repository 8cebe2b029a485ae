/**
 * Program of `flood.lab.test.ts`: throws packets at one UDP port, so many a second, for so long. Prints how many went out.
 *
 *   flood.fixture.ts FROM TO PORT PER_SECOND SECONDS [PREFIX_IN_HEX]
 *
 * Through libc and without waiting: Node's own sockets are too slow for this.
 */
import { randomBytes } from 'node:crypto';
import koffi from 'koffi';

const [from = '', to = '', port = '', perSecond = '', seconds = '', prefix = ''] = process.argv.slice(2);

const libc = koffi.load('libc.so.6');
const call = (definition: string) => libc.func(definition) as unknown as (...args: readonly unknown[]) => number;
const [socket, bind, connect, send] = [
  call('int socket(int family, int type, int protocol)'),
  call('int bind(int fd, const void *address, uint32_t bytes)'),
  call('int connect(int fd, const void *address, uint32_t bytes)'),
  call('int64_t send(int fd, const void *bytes, size_t count, int flags)'),
] as const;

const family = 2;
const dontWait = 0x40;

function addressOf(ip: string, number: number): Buffer {
  const address = Buffer.alloc(16);
  address.writeUInt16LE(family, 0);
  address.writeUInt16BE(number, 2);
  for (const [i, part] of ip.split('.').entries()) address.writeUInt8(Number(part), 4 + i);
  return address;
}

const fd = socket(family, 2, 0);
if (bind(fd, addressOf(from, 0), 16) !== 0) throw new Error(`cannot bind to ${from}`);
if (connect(fd, addressOf(to, Number(port)), 16) !== 0) throw new Error(`cannot connect to ${to}`);

const begin = Buffer.from(prefix, 'hex');
const magic = Buffer.from('SMP\u0001', 'latin1');
const packets =
  begin.length > 0
    ? [100, 250, 1100].map((bytes) => Buffer.concat([begin, randomBytes(bytes)]))
    : [Buffer.alloc(0), randomBytes(40), randomBytes(200), Buffer.concat([magic, randomBytes(196)]), randomBytes(1400)];

let sent = 0;
const startedAtMs = performance.now();
const timer = setInterval(() => {
  const passedMs = performance.now() - startedAtMs;
  const due = Math.floor((Math.min(passedMs, Number(seconds) * 1000) / 1000) * Number(perSecond));
  for (; sent < due; sent++) {
    const packet = packets[sent % packets.length] ?? begin;
    send(fd, packet, packet.length, dontWait);
  }
  if (passedMs < Number(seconds) * 1000) return;
  clearInterval(timer);
  process.stdout.write(`${JSON.stringify({ sent, tookMs: Math.round(passedMs) })}\n`);
}, 1);
