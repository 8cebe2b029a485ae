/** The thread in which fence agents are called and addresses are asked: see `fence-thread.ts`. */
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { FenceDriver } from '../drivers/fence/index.ts';
import { PingDriver } from '../drivers/ping/index.ts';
import { must } from '../lib/assert.ts';
import type { FencesData, FromFences, ToFences } from './fence-thread.ts';
import { monotonicMs } from './monotonic.ts';
import { startOrdinaryChildren } from './priority.ts';

const port = must(parentPort, 'a parent thread');
const { runDirectory, agentFolder } = workerData as FencesData;
const say = (message: FromFences): void => port.postMessage(message);
let pingMs = 1000;

const fences = new FenceDriver({
  extraFolder: agentFolder,
  callFolder: join(runDirectory, 'fence-calls'),
  done: (callId, result) => say({ kind: 'fenceDone', callId, result }),
  log: (line) => say({ kind: 'log', line }),
});
const pinger = new PingDriver({ nowMs: monotonicMs, timeoutMs: () => pingMs, deliver: say });

const ordinary = startOrdinaryChildren();
port.on('message', (message: ToFences) => {
  if (message.kind === 'fence') return void ordinary.then(() => fences.call(message.call));
  pingMs = message.timeoutMs;
  return pinger.ping(message.addresses);
});
