/** The thread in which a running daemon reads cluster files: a large one takes longer than a heartbeat may wait. */
import { parentPort, workerData } from 'node:worker_threads';
import { parseClusterFile } from '../config/parse.ts';

const { source, fileName } = workerData as { readonly source: string; readonly fileName: string };
parentPort?.postMessage(parseClusterFile(source, fileName));
