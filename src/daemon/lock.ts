/**
 * One daemon for a run directory. Held as an abstract socket named after the directory's inode: the kernel lets it go with
 * the process, however that ends, and no two can hold it at the same moment.
 */
import { stat } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { failure, type Result, success } from '../lib/errors.ts';
import { makeDirectory } from './directory.ts';
import { reasonOf } from './reason.ts';

export async function lockRunDirectory(directory: string): Promise<Result<Server>> {
  try {
    await makeDirectory(directory, 0o755);
    const { dev, ino } = await stat(directory);
    return success(await hold(`\0sempre-daemon-${dev}-${ino}`));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') {
      return failure('ALREADY_RUNNING', `another daemon uses ${directory}`, 'sempre status');
    }
    return failure('CANNOT_LISTEN', `the run directory ${directory} cannot be used: ${reasonOf(error)}`);
  }
}

function hold(name: string): Promise<Server> {
  const server = createServer((socket) => socket.destroy());
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(name, () => {
      server.unref();
      resolve(server);
    });
  });
}
