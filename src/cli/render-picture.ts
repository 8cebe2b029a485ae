/** A cluster file in a few lines, as Sempre understands it: so that a slip that is no mistake is seen. Pure. */
import { whatIs } from '../api/services.ts';
import type { Cluster, Service } from '../core/model.ts';
import { section } from './table.ts';
import type { Look } from './terminal.ts';

export function renderPicture(cluster: Cluster, look: Look): string {
  const { heartbeat, nodes, services } = cluster;
  const head = `${cluster.name}: a heartbeat every ${heartbeat.intervalMs} ms, a node is lost after ${heartbeat.deadMs} ms, port ${heartbeat.port}\n`;
  const links = Math.max(0, ...nodes.map((node) => node.links.length));
  const linkHeads = Array.from({ length: links }, (_, index) => `LINK ${index}`);
  return [
    head,
    section(
      look,
      'Nodes',
      ['NAME', ...linkHeads],
      nodes.map((node) => [node.id, ...node.links.map((link) => link.address)]),
    ),
    section(look, 'Services', ['NAME', 'WHAT', 'COPIES', 'ON', 'RULES'], services.map(serviceRow)),
    '',
  ].join('\n');
}

const serviceRow = (service: Service): string[] => [
  service.id,
  whatIs(service),
  service.clone ? String(service.instances) : '1',
  service.on.join(' '),
  rulesOf(service).join('; '),
];

function rulesOf(service: Service): string[] {
  const before: Readonly<Record<Service['takeover'], string>> = {
    fencing: 'moves when the lost node is fenced',
    lease: 'moves when the lost node must have stopped',
    nothing: 'moves at once',
  };
  return [
    ...(service.needs.length > 0 ? [`after ${service.needs.join(', ')}`] : []),
    ...(service.with.length > 0 ? [`where ${service.with.join(', ')} runs`] : []),
    before[service.takeover],
  ];
}
