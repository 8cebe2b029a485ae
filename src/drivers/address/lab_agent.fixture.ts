/** An address driver in a network namespace, for the lab test: orders come in and results go out as messages of the parent. */
import type { AddressResource } from '../../core/model.ts';
import type { AgentOp } from '../../core/ports.ts';
import type { DriverContext } from '../driver.ts';
import { createAddressDriver } from './index.ts';

const [runDirectory = '', way] = process.argv.slice(2);
const context: DriverContext = {
  node: 'lab',
  clusterNodes: () => [],
  runDirectory,
  died: () => {},
  log: (_id, line) => process.send?.({ line }),
};
const driver =
  way === 'arping' ? createAddressDriver(context, Promise.resolve('no raw sockets')) : createAddressDriver(context);

process.on('message', (op: AgentOp) => {
  const startMs = performance.now();
  void driver.perform(op, op.service.resource as AddressResource).then((result) => {
    process.send?.({ opId: op.opId, result, tookMs: performance.now() - startMs });
  });
});
process.on('disconnect', () => void driver.close?.().then(() => process.exit(0)));
