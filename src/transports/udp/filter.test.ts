import { createSecretKey, randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { must } from '../../lib/assert.ts';
import { until } from '../contract.ts';
import { filterProgram } from './filter.ts';
import { Keys } from './keys.ts';
import { largestDatagramBytes } from './packet.ts';
import { Session } from './session.ts';
import { LinkSocket } from './socket.ts';

const key = (): Keys => new Keys(createSecretKey(randomBytes(32)), 'prod');
const packetOf = (keys: Keys): Buffer => new Session(keys, 'n2', 'n1').seal(Buffer.from('hello'));

let sockets: { close(): void }[] = [];
beforeEach(() => {
  sockets = [];
});
afterEach(() => {
  for (const socket of sockets) socket.close();
});

const net = `127.${220 + (process.pid % 30)}.${Math.floor(process.pid / 30) % 250}`;
const port = 21_000 + (process.pid % 10_000);

async function sender(address: string, from = port): Promise<Socket> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  sockets.push(socket);
  await new Promise<void>((done) => socket.bind(from, address, () => done()));
  return socket;
}

test('the kernel lets through what can be ours, throws the rest away, and counts it', async () => {
  const got: Buffer[] = [];
  const link = new LinkSocket(`${net}.1`, port, { packet: (packet) => got.push(packet), note: () => {} });
  sockets.push(link);
  const [one, two, three] = [key(), key(), key()];
  const sources = [`${net}.9`, `${net}.2`, `${net}.3`].map((address) => ({ address, port }));
  link.filter(filterProgram({ cookies: [one.cookie, two.cookie], sources, packetBytesMax: largestDatagramBytes }));
  await until('it is open', () => link.open && link.drops !== null);
  const [peer, stranger] = [await sender(`${net}.2`), await sender(`${net}.4`)];
  const send = (from: Socket, packet: Uint8Array): void => from.send(packet, port, `${net}.1`);

  send(peer, packetOf(one));
  send(peer, packetOf(two));
  await until('both keys', () => got.length === 2);
  const garbage = [
    randomBytes(200),
    Buffer.alloc(0),
    packetOf(three),
    packetOf(one).subarray(0, 11),
    randomBytes(9000),
  ];
  const oversize = Buffer.concat([packetOf(one), Buffer.alloc(largestDatagramBytes)]);
  for (const packet of [...garbage, oversize]) send(peer, packet);
  send(stranger, packetOf(one));
  send(await sender(`${net}.3`, port + 1), packetOf(one));
  await until('all are counted', () => link.drops === 8);
  expect(got.length).toBe(2);

  link.filter(filterProgram({ cookies: [three.cookie], sources, packetBytesMax: largestDatagramBytes }));
  send(peer, packetOf(one));
  send(peer, packetOf(three));
  await until('the new key counts, the old one does not', () => got.length === 3 && link.drops === 9);
});

test('addresses of version 6 are told apart in every word', async () => {
  const got: Buffer[] = [];
  const link = new LinkSocket('::1', port, { packet: (packet) => got.push(packet), note: () => {} });
  sockets.push(link);
  const keys = key();
  const filter = (from: number, ...addresses: readonly string[]): void => {
    const sources = addresses.map((address) => ({ address, port: from }));
    link.filter(filterProgram({ cookies: [keys.cookie], sources, packetBytesMax: largestDatagramBytes }));
  };
  const refused = ['fd00::1', '::2', '1::1', '0:0:1::1'];
  filter(port, ...refused);
  await until('it is open', () => link.open && link.drops !== null);
  const socket = createSocket('udp6');
  sockets.push(socket);
  await new Promise<void>((done) => socket.bind(0, '::1', () => done()));
  const before = must(link.drops, 'a count');
  socket.send(packetOf(keys), port, '::1');
  await until('it is thrown away', () => link.drops === before + 1);
  filter(socket.address().port, ...refused);
  socket.send(packetOf(keys), port, '::1');
  await until('it is thrown away again', () => link.drops === before + 2);
  filter(socket.address().port, 'fd00::1', '::1');
  socket.send(packetOf(keys), port, '::1');
  await until('it is let through', () => got.length === 1);
});
