/** The thread in which the drivers work: see `agents-thread.ts`. */
import { parentPort, workerData } from 'node:worker_threads';
import { RealAgents } from '../drivers/agents.ts';
import { must } from '../lib/assert.ts';
import type { DriversData, FromDrivers, ToDrivers } from './agents-thread.ts';
import { createDrivers } from './drivers.ts';
import { startOrdinaryChildren } from './priority.ts';

const port = must(parentPort, 'a parent thread');
const data = workerData as DriversData;
let nodes = data.clusterNodes;

const say = (message: FromDrivers): void => port.postMessage(message);

const agents = new RealAgents(
  createDrivers({
    node: data.node,
    clusterNodes: () => nodes,
    runDirectory: data.runDirectory,
    died: (serviceId, because) => say({ kind: 'died', serviceId, because }),
    log: (serviceId, line) => say({ kind: 'log', serviceId, line }),
  }),
  (opId, result) => say({ kind: 'done', opId, result }),
);

port.on('message', (message: ToDrivers) => {
  switch (message.kind) {
    case 'run':
      return agents.run(message.op);
    case 'nodes':
      nodes = message.nodes;
      return;
    case 'details':
      return void agents.details(message.service).then((facts) => say({ kind: 'details', id: message.id, facts }));
    case 'close':
      return void agents.close().then(() => say({ kind: 'closed' }));
  }
});

await startOrdinaryChildren();
say({ kind: 'ready' });
