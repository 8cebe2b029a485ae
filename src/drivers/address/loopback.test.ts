/** The stand-in for real addresses passes the suite of all drivers, without root. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AddressResource } from '../../core/model.ts';
import { driverContract, testContext } from '../contract.ts';
import { holderPath } from '../loopback/holder.ts';
import { createAddressDriver } from './index.ts';

driverContract('address on loopback', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sempre-loopback-'));
  process.env['SEMPRE_LOOPBACK_DIR'] = folder;
  const resource: AddressResource = {
    kind: 'address',
    address: '127.0.0.51',
    prefix: 8,
    family: 4,
    interface: null,
    probeMs: 50,
    drainMs: 0,
  };
  return {
    driver: createAddressDriver(testContext(folder).context),
    resource,
    tellsDigest: false,
    harm: async () => rmSync(holderPath(resource.address)),
    nonsense: [],
    endless: null,
    cleanUp: async () => {
      delete process.env['SEMPRE_LOOPBACK_DIR'];
      rmSync(folder, { recursive: true, force: true });
    },
  };
});
