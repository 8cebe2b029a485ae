/**
 * The lab's switch: one bridge for each link, one port for each cable, and the faults of cables.
 *
 * A cut port stops forwarding but keeps its carrier, as when a switch further away fails: the harder fault to notice.
 */
import { familyOf, networkHolds } from '../src/config/network.ts';
import { failure, type Result, success } from '../src/lib/errors.ts';
import { inNetwork } from './namespaces.ts';
import type { ProcessId } from './process-id.ts';
import { run } from './run.ts';
import type { LabHost, LabInterface, Topology } from './topology.ts';

/** Lines for `ip -batch`. */
export function bridgeLines(topology: Topology): string[] {
  return [
    'link set lo up',
    ...topology.bridges.map((bridge) => `link add ${bridge} type bridge forward_delay 0 stp_state 0 mcast_snooping 0`),
    ...topology.bridges.map((bridge) => `link set ${bridge} up`),
  ];
}

/** Cables from the switch to a host whose network namespace is that of process `pid`. */
export function cableLines(topology: Topology, host: LabHost, pid: number): string[] {
  return host.interfaces.flatMap((i) => [
    `link add ${i.port} type veth peer name ${i.name} address ${i.mac} netns ${pid}`,
    `link set ${i.port} master ${topology.bridges[i.link]} up`,
  ]);
}

/** Run inside of the host. IPv6 addresses skip duplicate detection: the lab knows that they are unique. */
export function addressLines(host: LabHost, topology: Topology): string[] {
  return [
    'link set lo up',
    ...host.interfaces.map(
      (i) => `address add ${i.address}/${i.prefix} ${i.address.includes(':') ? 'nodad' : 'broadcast +'} dev ${i.name}`,
    ),
    ...host.interfaces.map((i) => `link set ${i.name} up`),
    ...host.interfaces.flatMap((i) => routeLines(i, topology)),
  ];
}

/** To machines that are elsewhere in real life, such as a witness: the lab has no routers between. */
const routeLines = (from: LabInterface, { hosts }: Topology): string[] =>
  hosts
    .flatMap(({ interfaces }) => interfaces)
    .filter(({ link, address }) => link === from.link && address !== from.address)
    .filter((i) => familyOf(i.address) === familyOf(from.address) && !networkHolds(from, i.address))
    .map(({ address }) => `route add ${address} dev ${from.name}`);

export const unplugLines = (host: LabHost): string[] => host.interfaces.map((i) => `link set ${i.port} down`);

export const removeLines = (host: LabHost): string[] => host.interfaces.map((i) => `link delete ${i.port}`);

/** Lines for `bridge -batch`: port states as in <linux/if_bridge.h>, 0 disabled, 3 forwarding. */
export const forwardLines = (interfaces: readonly LabInterface[], forward: boolean): string[] =>
  interfaces.map((i) => `link set dev ${i.port} state ${forward ? 3 : 0}`);

/** `force` goes on after a line that fails. */
export async function batch(
  where: ProcessId,
  tool: 'ip' | 'bridge',
  lines: readonly string[],
  options: { readonly force?: boolean } = {},
): Promise<Result<null>> {
  const argv = [tool, ...(options.force ? ['-force'] : []), '-batch', '-'];
  const ran = await run(inNetwork(where, argv), { input: `${lines.join('\n')}\n` });
  if (ran.code === 0 || options.force) return success(null);
  return failure('INTERNAL', `${tool} refused the lab's network: ${ran.stderr.trim()}`);
}

/** Which of these interfaces' ports are cut now. */
export async function cutPorts(where: ProcessId): Promise<ReadonlySet<string>> {
  const ran = await run(inNetwork(where, ['bridge', '-json', 'link', 'show']));
  if (ran.code !== 0) return new Set();
  const ports = JSON.parse(ran.stdout || '[]') as { ifname: string; state: string }[];
  return new Set(ports.filter((port) => port.state === 'disabled').map((port) => port.ifname));
}
