/** An address driver in a network namespace, for the lab test: orders come in and results go out as messages of the parent. */
import type { AddressResource } from '../../core/model.ts';
import type { AgentOp } from '../../core/ports.ts';
import { createAddressDriver } from './index.ts';

const driver = createAddressDriver({
  node: 'lab',
  clusterNodes: () => [],
  runDirectory: process.argv[2] ?? '',
  died: () => {},
  log: (_id, line) => process.send?.({ line }),
});

process.on('message', (op: AgentOp) => {
  const startMs = performance.now();
  void driver.perform(op, op.service.resource as AddressResource).then((result) => {
    process.send?.({ opId: op.opId, result, tookMs: performance.now() - startMs });
  });
});
process.on('disconnect', () => void driver.close?.().then(() => process.exit(0)));
