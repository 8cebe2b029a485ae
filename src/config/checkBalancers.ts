/** Balancers and the servers behind them. */
import type { BalanceResource } from '../core/model.ts';
import type { BalanceFile } from './balanceSchema.ts';
import type { Checked } from './check.ts';
import { addressesOf } from './checkContainers.ts';
import { parseAddress } from './network.ts';
import { atKey, atValue, type Path } from './places.ts';
import type { Report } from './report.ts';
import { serverForm } from './resource.ts';
import { quote, show } from './show.ts';
import { didYouMean } from './suggest.ts';

export function checkBalancers(checked: Checked, report: Report): void {
  for (const service of checked.cluster.services) {
    const file = checked.file.services.get(service.id);
    if (service.resource.kind !== 'balance' || file == null || !('balance' in file)) continue;
    const path = ['services', service.id, 'balance'];
    file.balance.servers.forEach((server, index) => {
      checkServer(serverForm(server), [...path, 'servers', index], checked, report);
    });
    checkIds(file.balance, path, report);
    checkMode(service.resource, file.balance, path, report);
    checkListen(service.id, service.resource, checked, report);
  }
}

function checkServer(server: ReturnType<typeof serverForm>, path: Path, checked: Checked, report: Report): void {
  if ((server.node === undefined) === (server.address === undefined)) {
    report.error('BAD_VALUE', atValue(...path), 'a server has either «node» or «address»');
    return;
  }
  if (server.node === undefined) {
    if (server.link !== undefined)
      report.error('SERVER_LINK', atKey(...path, 'link'), '«link» goes with «node»: an address is reached as it is');
    return;
  }
  const { nodes, nodesKnown } = checked.file;
  if (nodesKnown && !nodes.has(server.node)) {
    const hint = didYouMean(server.node, nodes.keys()) ?? 'a server outside of the cluster is given by its IP address';
    report.error('UNKNOWN_NODE', atValue(...path, 'node'), `there is no node ${quote(server.node)}`, hint);
  }
  const node = checked.cluster.nodes.find(({ id }) => id === server.node);
  const link = server.link ?? 0;
  if (node === undefined || link < node.links.length) return;
  report.error(
    'SERVER_LINK',
    atValue(...path, 'link'),
    `${quote(node.id)} has no link ${link}: links are counted from 0`,
  );
}

function checkIds(file: BalanceFile, path: Path, report: Report): void {
  const seen = new Set<string>();
  file.servers.map(serverForm).forEach(({ id, node, address }, index) => {
    const own = id ?? node ?? canonical(address);
    if (seen.has(own)) {
      report.error(
        'DUPLICATE_SERVER',
        atValue(...path, 'servers', index),
        `a server ${quote(own)} is in the list already`,
        'give each one an «id»',
      );
    }
    seen.add(own);
  });
}

function canonical(address = ''): string {
  const parsed = parseAddress(address);
  return parsed.ok ? parsed.value.address : address;
}

function checkMode(resource: BalanceResource, file: BalanceFile, path: Path, report: Report): void {
  if (resource.mode === 'tcp') {
    for (const key of ['forwarded-for', 'cookie'] as const) {
      if (file[key] === undefined) continue;
      report.error('HTTP_ONLY', atKey(...path, key), `${quote(key)} needs mode: http, and this balancer has mode: tcp`);
    }
  }
  if (file.check?.method !== undefined && file.check.path === undefined) {
    report.error(
      'HTTP_ONLY',
      atKey(...path, 'check', 'method'),
      `«method» ${show(file.check.method)} needs a «path» to ask for`,
    );
  }
}

/** HAProxy takes an address that the node does not have yet, so a misspelt one would only show by silence. */
function checkListen(id: string, { listen }: BalanceResource, { cluster, file }: Checked, report: Report): void {
  const parts = [...file.nodes.values(), ...file.services.values()];
  if (listen.address === null || parts.includes(null)) return;
  const virtual = cluster.services.flatMap(addressesOf).map(({ address }) => address);
  const own = cluster.nodes.flatMap(({ links }) => links.map(({ address }) => address));
  if ([...virtual, ...own].includes(listen.address)) return;
  const message = `no node or address service of the cluster has ${listen.address}`;
  report.warning(
    'LISTEN_ADDRESS',
    atValue('services', id, 'balance', 'address'),
    message,
    didYouMean(listen.address, virtual),
  );
}
