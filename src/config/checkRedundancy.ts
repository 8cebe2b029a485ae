/** Warnings: what holds, but breaks when one thing breaks. */
import type { Service } from '../core/model.ts';
import type { Checked } from './check.ts';
import { linkSpot } from './checkNetwork.ts';
import { isGuest } from './groups.ts';
import { networkOf } from './network.ts';
import { atKey, atValue } from './places.ts';
import type { Report } from './report.ts';
import { quote } from './show.ts';

export function checkRedundancy(checked: Checked, report: Report): void {
  checkNodeCount(checked, report);
  checkLinks(checked, report);
  for (const service of checked.cluster.services) checkService(service, checked, report);
}

function checkNodeCount({ file }: Checked, report: Report): void {
  if (!file.nodesKnown) return;
  if (file.nodes.size === 0) report.error('MISSING_KEY', atKey('nodes'), 'a cluster has one node at least');
  if ([...file.nodes.values()].filter((node) => !isGuest(node)).length === 1)
    report.warning('ONE_NODE', atKey('nodes'), 'one node: nobody can take over from it');
}

function checkLinks(checked: Checked, report: Report): void {
  const nodes = checked.cluster.nodes.filter(({ witness }) => !witness);
  const [first] = nodes;
  if (first !== undefined && nodes.length > 1 && nodes.every(({ links }) => links.length === 1)) {
    const message = 'one link: a broken cable or switch cuts a node off';
    report.warning('ONE_LINK', atKey('nodes'), message, 'give each node a second address in another network');
  }
  for (const node of nodes) {
    const networks = node.links.map(networkOf);
    const twice = networks.findIndex((network, link) => networks.indexOf(network) < link);
    if (twice < 0) continue;
    const message = `links ${networks.indexOf(networks[twice] ?? '')} and ${twice} of ${quote(node.id)} are both in ${networks[twice]}: they may fail together`;
    report.warning('SHARED_NETWORK', linkSpot(checked, node.id, twice), message);
  }
}

function checkService(service: Service, { file }: Checked, report: Report): void {
  const { id, resource, on } = service;
  if (on.length === 1 && file.nodes.size > 1) {
    report.warning(
      'ONE_PLACE',
      atValue('services', id, 'on'),
      `${quote(id)} may run on ${quote(on[0] ?? '')} only, and is down when that node is`,
    );
  }
  if (resource.kind === 'balance' && resource.servers.length === 1) {
    report.warning(
      'ONE_SERVER',
      atKey('services', id, 'balance', 'servers'),
      `${quote(id)} has one server: when it fails, nobody serves`,
    );
  }
}
