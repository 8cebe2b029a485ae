/** The thread in which a running daemon reads cluster files: a large one takes longer than a heartbeat may wait. */
import { parentPort, workerData } from 'node:worker_threads';
import { parseClusterFile } from '../config/parse.ts';
import { becomeOrdinary } from './priority.ts';

const { source, fileName } = workerData as { readonly source: string; readonly fileName: string };
await becomeOrdinary();
parentPort?.postMessage(parseClusterFile(source, fileName));
