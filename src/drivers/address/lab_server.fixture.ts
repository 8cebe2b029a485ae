/**
 * A balancer's stand-in for the lab test: answers on port 80 with its name, and on port 7 each message with its name.
 *
 * Listens on the address before it is here, as HAProxy does with `transparent`.
 */
import { writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';

const [address = '', name = ''] = process.argv.slice(2);
for (const family of ['ipv4', 'ipv6']) writeFileSync(`/proc/sys/net/${family}/ip_nonlocal_bind`, '1');
createHttpServer((_incoming, answer) => answer.end(name)).listen(80, address);
createServer((socket) => {
  socket.on('error', () => {});
  socket.on('data', () => socket.write(name));
}).listen(7, address);
process.on('disconnect', () => process.exit(0));
