/** Which files a lab lays out on its hosts before they boot: the cluster file and key, names, and pages to serve. Pure. */
import type { Cluster } from '../src/core/model.ts';
import type { LabHost, Topology } from './topology.ts';

export interface HostFile {
  /** Absolute, under /etc or /var. */
  readonly path: string;
  readonly text: string;
  readonly mode: number;
}

export interface Installed {
  readonly cluster: Cluster;
  readonly source: string;
  readonly key: string;
  /** Lay out pages that name their host, for web servers. */
  readonly pages: boolean;
  /** Size of each node's /var/lib/sempre, in memory; null: a folder on the machine's disk. */
  readonly stateMb: number | null;
}

export function filesFor(host: LabHost, topology: Topology, installed: Installed): HostFile[] {
  const isNode = installed.cluster.nodes.some((node) => node.id === host.name);
  return [
    file('/etc/hostname', `${host.name}\n`),
    file('/etc/hosts', hostsFile(topology)),
    ...(isNode ? clusterFiles(installed, folderOf(host, installed)) : []),
    ...(isNode && installed.pages ? webFiles(host.name) : []),
  ];
}

const file = (path: string, text: string, mode = 0o644): HostFile => ({ path, text, mode });

function hostsFile(topology: Topology): string {
  const lines = topology.hosts.flatMap((host) => host.interfaces.slice(0, 1).map((i) => `${i.address} ${host.name}`));
  return ['127.0.0.1 localhost', '::1 localhost', ...lines, ''].join('\n');
}

/** A witness keeps each cluster that it serves in a folder of its own. */
const folderOf = ({ role }: LabHost, { cluster }: Installed): string =>
  role === 'witness' ? `/var/lib/sempre-witness/${cluster.name}` : '/etc/sempre';

const clusterFiles = (installed: Installed, folder: string): HostFile[] => [
  file(`${folder}/cluster.yaml`, installed.source),
  file(`${folder}/cluster.key`, installed.key, 0o600),
];

/** For Apache as Debian configures it. `</html>` in the health file: agents look for it unless they are told otherwise. */
const webFiles = (host: string): HostFile[] => [
  file('/var/www/html/index.html', `<!doctype html>\n<html><title>${host}</title><p>served by ${host}</p></html>\n`),
  file('/var/www/html/check.txt', '<html>ok</html>\n'),
  file('/etc/apache2/conf-enabled/sempre-lab.conf', `# Laid out by the lab.\nServerName ${host}\n`),
];
