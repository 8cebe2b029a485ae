/** The drivers of a real node: the one place that knows them all. */
import { createAddressDriver } from '../drivers/address/index.ts';
import { CommandDriver } from '../drivers/command/index.ts';
import { ContainerDriver } from '../drivers/container/index.ts';
import type { DriverContext, Drivers } from '../drivers/driver.ts';
import { createHaproxyDriver } from '../drivers/haproxy/index.ts';
import { OcfDriver } from '../drivers/ocf/index.ts';
import { createProxyDriver } from '../drivers/proxy/index.ts';
import { SystemdDriver } from '../drivers/systemd/index.ts';

export function createDrivers(context: DriverContext): Drivers {
  const address = createAddressDriver(context);
  return {
    ocf: new OcfDriver(context),
    systemd: new SystemdDriver(context),
    command: new CommandDriver(context),
    address,
    haproxy: createHaproxyDriver(context),
    proxy: createProxyDriver(context),
    container: new ContainerDriver(context, { address }),
  };
}
