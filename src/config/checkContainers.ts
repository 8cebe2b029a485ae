/** Containers: options that the cluster itself gives them, and the numbers of copies in their texts, addresses and ports. */
import type { AddressResource, ContainerResource, Service } from '../core/model.ts';
import type { Checked } from './check.ts';
import { withAddress } from './copies.ts';
import { parseAddress } from './network.ts';
import { asksForNumber, numbered } from './numbers.ts';
import { atKey, atValue, type Path } from './places.ts';
import type { Report } from './report.ts';
import { quote } from './show.ts';

export type ContainerOwner = Service & { readonly resource: ContainerResource };

export const isContainer = (service: Service): service is ContainerOwner => service.resource.kind === 'container';

export function checkContainers({ cluster }: Checked, report: Report): void {
  for (const service of cluster.services) {
    if (!isContainer(service)) continue;
    checkNumbers(service, report);
    checkOptions(service, report);
    checkNetworks(service, report);
    checkAddress(service, report);
    checkPorts(service, report);
    checkRoles(service, report);
  }
}

/** The resource of each copy, as far as its texts go; of copies that are alike, one. */
export const eachCopy = ({ resource, copyOf }: Service): readonly Service['resource'][] =>
  copyOf === undefined
    ? [resource]
    : Array.from({ length: copyOf.max }, (_, number) => withAddress(numbered(resource, number), number));

/** What runs in it may have such words for itself. */
function checkNumbers({ id, resource: { ports, mounts, options }, copyOf }: ContainerOwner, report: Report): void {
  if (copyOf !== undefined || !asksForNumber(JSON.stringify([ports, mounts, options]))) return;
  const message = `${quote(id)} asks for the number of its copy, but has no copies that differ`;
  report.error('COPY_NUMBER', atKey('services', id, 'container'), message, 'say unique: true');
}

/** A container that comes back by itself, or under another name, would run where nobody knows of it. */
const ours = [
  'name',
  'restart',
  'rm',
  'detach',
  'replace',
  'pull',
  'label',
  'pod',
  'cidfile',
  'stop-timeout',
  'network',
  'net',
];

const instead: Readonly<Record<string, string>> = {
  pull: 'say container: {pull: missing} or {pull: never}',
  label: 'leave it out: labels tell whose container it is',
  network: 'say container: {network: NAME}',
  'stop-timeout': 'say stop-timeout at the service',
};

function checkOptions({ id, resource }: ContainerOwner, report: Report): void {
  resource.options.forEach((option, index) => {
    const name = /^--([a-z0-9-]+)/.exec(option)?.[1] ?? '';
    if (!ours.includes(name)) return;
    const message = `the option --${name} of ${quote(id)} is given by the cluster`;
    report.error(
      'CONTAINER_OPTION',
      atValue('services', id, 'container', 'options', index),
      message,
      instead[name] ?? 'leave it out',
    );
  });
}

function checkNetworks({ id, resource: { network, ports } }: ContainerOwner, report: Report): void {
  if (ports.length === 0 || (network !== 'host' && network !== 'none')) return;
  const message = `with network: ${network} no port of ${quote(id)} is mapped`;
  const hint = network === 'host' ? 'leave «ports» out: it listens on those of the node' : 'leave «ports» out';
  report.error('CONTAINER_OPTION', atKey('services', id, 'container', 'ports'), message, hint);
}

/** Virtual addresses that a service brings, with those of all its copies. */
export const addressesOf = (service: Service): readonly AddressResource[] =>
  eachCopy(service).flatMap((each) =>
    each.kind === 'address' ? [each] : each.kind === 'container' && each.address !== null ? [each.address] : [],
  );

/** As it is written: an address in a word stands for one with its ip. */
const ipPath = (id: string): Path => ['services', id, 'container', 'address', 'ip'];

function checkAddress(service: ContainerOwner, report: Report): void {
  const { id, resource, clone } = service;
  if (resource.address === null) return;
  if (clone) {
    const message = `all copies of ${quote(id)} would have the address ${resource.address.address}`;
    report.error('CLONED_ADDRESS', atValue(...ipPath(id)), message, 'say unique: true: each copy has an address then');
    return;
  }
  for (const [number, address] of addressesOf(service).entries()) {
    const parsed = parseAddress(`${address.address}/${address.prefix}`);
    if (parsed.ok) continue;
    const message = `copy ${number} of ${quote(id)} would have ${address.address}, which ${parsed.because}`;
    report.error('COPY_NUMBER', atValue(...ipPath(id)), message, 'begin further down');
    return;
  }
}

function checkPorts(service: ContainerOwner, report: Report): void {
  const { id } = service;
  for (const [number, each] of eachCopy(service).entries()) {
    const ports = each.kind === 'container' ? each.ports : [];
    const at = ports.findIndex((pair) => !isPair(pair) && !asksForNumber(pair));
    if (at < 0) continue;
    const whose = service.copyOf === undefined ? quote(id) : `copy ${number} of ${quote(id)}`;
    const message = `${ports[at]} is no pair of ports, which ${whose} would have: a port is a number from 1 to 65535`;
    report.error('COPY_NUMBER', atValue('services', id, 'container', 'ports', at), message);
    return;
  }
}

function isPair(pair: string): boolean {
  const numbers = pair.split('/')[0]?.split(':').map(Number) ?? [];
  return numbers.every((port) => Number.isInteger(port) && port >= 1 && port <= 65_535);
}

/** Nothing else inside could be told. */
function checkRoles({ id, resource, promotable, notify }: ContainerOwner, report: Report): void {
  if (resource.agent !== null || (promotable === null && !notify)) return;
  const [key, what] = promotable === null ? ['notify', 'be told what its others do'] : ['promotable', 'be promoted'];
  const message = `${quote(id)} is a container without an agent inside, so that no copy can ${what}`;
  report.error('NO_ROLES', atKey('services', id, key), message, 'say agent: an OCF agent that is part of the image');
}
