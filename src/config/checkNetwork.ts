/** Addresses: of nodes against each other, and of virtual addresses against the nodes that may hold them. */
import type { AddressResource, ClusterNode, Service } from '../core/model.ts';
import type { Checked } from './check.ts';
import { addressesOf } from './checkContainers.ts';
import { familyOf, networkHolds, networkOf, parseAddress } from './network.ts';
import { atKey, atValue, type Spot } from './places.ts';
import type { Report } from './report.ts';
import { containerForm, prefixFrom } from './resource.ts';
import type { ServiceFile } from './serviceSchema.ts';
import { quote } from './show.ts';

export function checkNetwork(checked: Checked, report: Report): void {
  checkLinks(checked, report);
  checkDuplicates(checked, report);
  for (const service of checked.cluster.services) {
    for (const address of addressesOf(service)) if (!checkVirtual(service, address, checked, report)) break;
  }
}

/** The first node is the measure of the others. */
function checkLinks(checked: Checked, report: Report): void {
  const [first, ...others] = checked.cluster.nodes;
  if (first === undefined) return;
  for (const node of others) {
    // A witness may have fewer: it is reached over the first links only, and through routers.
    if (!node.witness && node.links.length !== first.links.length) {
      const message = `${quote(node.id)} has ${count(node.links.length, 'address')}, but ${quote(first.id)} has ${first.links.length}`;
      report.error('LINK_COUNT', atKey('nodes', node.id), message, 'every node has one address on each link');
    }
    node.links.forEach((_, link) => {
      checkLink(first, node, link, checked, report);
    });
  }
}

function checkLink(first: ClusterNode, node: ClusterNode, link: number, checked: Checked, report: Report): void {
  const [measure, own] = [first.links[link], node.links[link]];
  if (measure === undefined || own === undefined) return;
  const spot = linkSpot(checked, node.id, link);
  if (familyOf(own.address) !== familyOf(measure.address)) {
    const message = `${own.address} is IPv${familyOf(own.address)}, but link ${link} is IPv${familyOf(measure.address)} on ${quote(first.id)}`;
    report.error('ADDRESS_FAMILY', spot, message, 'addresses stand in the order of the links');
  } else if (!node.witness && networkOf(own) !== networkOf(measure)) {
    const message = `${own.address}/${own.prefix} is not in the network of link ${link} on ${quote(first.id)}, ${networkOf(measure)}`;
    report.warning('LINK_NETWORK', spot, message, 'addresses stand in the order of the links');
  }
}

function checkDuplicates(checked: Checked, report: Report): void {
  const holders = new Map<string, string>();
  const take = (address: string, holder: string, spot: Spot): void => {
    const other = holders.get(address);
    if (other === undefined) holders.set(address, holder);
    else report.error('DUPLICATE_ADDRESS', spot, `${address} is already the address of ${other}`);
  };
  for (const node of checked.cluster.nodes) {
    node.links.forEach(({ address }, link) => {
      take(address, node.witness ? 'the witness' : `node ${quote(node.id)}`, linkSpot(checked, node.id, link));
    });
  }
  for (const service of checked.cluster.services) {
    for (const { address } of addressesOf(service))
      take(address, `service ${quote(service.id)}`, addressSpot(checked, service.id));
  }
}

/** False: it was complained of. */
function checkVirtual({ id, on }: Service, resource: AddressResource, checked: Checked, report: Report): boolean {
  const spot = addressSpot(checked, id);
  const { nodes } = checked.cluster;
  if (resource.interface !== null) {
    const known = prefixWritten(checked, id) || prefixFrom(resource.address, on, nodes) !== null;
    const message = `the prefix of ${resource.address} is not known: it lies in no network of the nodes`;
    if (!known)
      report.error(
        'ADDRESS_PREFIX',
        spot,
        message,
        `write ${resource.address}/${resource.prefix}, with the prefix of its network`,
      );
    return known;
  }
  for (const node of nodes) {
    if (!on.includes(node.id) || node.links.some((link) => networkHolds(link, resource.address))) continue;
    const message = `${resource.address} is outside of every network of ${quote(node.id)}: ${node.links.map(networkOf).join(', ')}`;
    report.error(
      'ADDRESS_OUTSIDE',
      spot,
      message,
      'leave the node away from «on», or name the interface: {ip: …, interface: …}',
    );
    return false;
  }
  return true;
}

function prefixWritten(checked: Checked, id: string): boolean {
  const service = checked.file.services.get(id);
  const written = service == null ? undefined : addressFile(service);
  if (written === undefined) return false;
  const parsed = parseAddress(typeof written === 'string' ? written : written.ip);
  return parsed.ok && parsed.value.prefix !== null;
}

const addressFile = (service: ServiceFile) =>
  'container' in service
    ? containerForm(service.container).address
    : 'address' in service
      ? service.address
      : undefined;

function addressSpot(checked: Checked, id: string): Spot {
  const service = checked.file.services.get(id);
  const path = ['services', id, ...(service != null && 'container' in service ? ['container'] : []), 'address'];
  const short = service != null && typeof addressFile(service) === 'string';
  return short ? atValue(...path) : atValue(...path, 'ip');
}

export function linkSpot(checked: Checked, nodeId: string, link: number): Spot {
  const node = checked.file.nodes.get(nodeId);
  const isWitness = node === undefined;
  if (isWitness) return atValue('witness', 'address', link);
  if (typeof node === 'string') return atValue('nodes', nodeId);
  return Array.isArray(node) ? atValue('nodes', nodeId, link) : atValue('nodes', nodeId, 'addresses', link);
}

const count = (number: number, thing: string): string => `${number} ${thing}${number === 1 ? '' : 'es'}`;
