/** A thread that runs batches of seeds; started by `jobs.ts`. */
import { parentPort } from 'node:worker_threads';
import { type Batch, runBatch } from './batch.ts';

parentPort?.on('message', (batch: Batch) => parentPort?.postMessage(runBatch(batch)));
