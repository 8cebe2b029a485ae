/** A UNIX socket on which lines come and go. */
import { rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';

const lineCharsMax = 4096;

/** `take` gets each connection, and returns what hears its lines. */
export function serveLines(path: string, take: (socket: Socket) => (line: string) => void): Promise<Server> {
  rmSync(path, { force: true });
  const server = createServer((socket) => {
    socket.on('error', () => {});
    const hear = take(socket);
    let rest = '';
    socket.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = (lines.pop() ?? '').slice(0, lineCharsMax);
      for (const line of lines) hear(line);
    });
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => resolve(server));
  });
}
