/** The thread in which a running daemon reads cluster files: a large one takes longer than a heartbeat may wait. */
import { parentPort, workerData } from 'node:worker_threads';
import { becomeOrdinary } from './priority.ts';

const { source, fileName } = workerData as { readonly source: string; readonly fileName: string };

// First of all: loading the parser alone takes longer than other threads of our class may wait.
await becomeOrdinary();
const { parseClusterFile } = await import('../config/parse.ts');
parentPort?.postMessage(parseClusterFile(source, fileName));
