/** A thread that fuzzes one target after the other. What it is busy with stands in shared memory, for the case that it never ends. */
import { parentPort, workerData } from 'node:worker_threads';
import { targetNamed } from './list.ts';
import { runTarget } from './run.ts';

export interface Task {
  readonly name: string;
  readonly seed: number;
  readonly forMs: number;
}

/** Two numbers: inputs so far, and the length of the one under way, which follows. */
const shared = workerData as SharedArrayBuffer;
const [counters, bytes] = [new Int32Array(shared, 0, 2), new Uint8Array(shared, 8)];

function onInput(input: Buffer): void {
  bytes.set(input);
  Atomics.store(counters, 1, input.length);
  Atomics.add(counters, 0, 1);
}

parentPort?.on('message', ({ name, seed, forMs }: Task) => {
  void runTarget(targetNamed(name), { seed, forMs, onInput }).then((outcome) => parentPort?.postMessage(outcome));
});
