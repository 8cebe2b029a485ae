/** A cluster file in a few lines, as Sempre understands it: so that a slip that is no mistake is seen. Pure. */
import { whatIs } from '../api/services.ts';
import { isPair } from '../config/checkQuorum.ts';
import { formatDuration } from '../config/duration.ts';
import { constraintsInWords, traitsInWords } from '../config/policy/words.ts';
import type { Cluster, ClusterNode, Service } from '../core/model.ts';
import { section } from './table.ts';
import type { Look } from './terminal.ts';

export function renderPicture(cluster: Cluster, look: Look): string {
  const { heartbeat, nodes, services } = cluster;
  const head = `${cluster.name}: a heartbeat every ${formatDuration(heartbeat.intervalMs)}, a node is lost after ${formatDuration(heartbeat.deadMs)}, port ${heartbeat.port}\n${quorumText(cluster)}\n`;
  const links = Math.max(0, ...nodes.map((node) => node.links.length));
  const linkHeads = Array.from({ length: links }, (_, index) => `LINK ${index}`);
  return [
    head,
    section(
      look,
      'Nodes',
      ['NAME', ...linkHeads, 'WATCHDOG', 'FENCED BY', 'NOTE'],
      nodes.map((node) => nodeRow(node, links)),
    ),
    section(look, 'Services', ['NAME', 'WHAT', 'COPIES', 'ON', 'RULES'], services.map(serviceRow)),
    ...constraintSection(cluster, look),
    '',
  ].join('\n');
}

function constraintSection({ rules }: Cluster, look: Look): string[] {
  const rows = constraintsInWords(rules).map(({ id, text }) => [id, text]);
  return rows.length === 0 ? [] : [section(look, 'Constraints', ['NAME', 'WHAT'], rows)];
}

const nodeRow = (node: ClusterNode, links: number): string[] => [
  node.id,
  ...Array.from({ length: links }, (_, link) => node.links[link]?.address ?? ''),
  node.watchdog === null ? '' : `${node.watchdog.device} ${formatDuration(node.watchdog.timeoutMs)}`,
  node.fence.map((level) => level.join(' + ')).join(', then '),
  noteOf(node),
];

function noteOf({ witness, port, guest, votes }: ClusterNode): string {
  if (witness) return `witness, port ${port}`;
  if (guest !== undefined) return `guest, its machine is ${guest}`;
  return votes === 1 ? '' : `${votes} votes`;
}

/** Who decides, in a sentence. */
function quorumText(cluster: Cluster): string {
  const { quorum } = cluster;
  const voters = cluster.nodes.filter(({ votes }) => votes > 0);
  const wait =
    quorum.startWaitMs === null ? 'for all nodes' : `${formatDuration(quorum.startWaitMs)} for missing nodes`;
  const alone = { stop: 'stops', freeze: 'keeps what it runs', ignore: 'acts on alone' }[quorum.noQuorum];
  const total = voters.reduce((sum, { votes }) => sum + votes, 0);
  const rule = isPair(cluster)
    ? pairText(cluster)
    : `${Math.floor(total / 2) + 1} of ${total} votes decide, and a side with less ${alone}`;
  return `${rule}; at start-up it waits ${wait}`;
}

function pairText({ quorum: { tie, prefer, headStartMs, ping } }: Cluster): string {
  const outside = ping.join(', ');
  if (tie === 'none') return 'two nodes: what runs goes on, and nothing is taken over';
  if (tie === 'ping') return `two nodes: who reaches one of ${outside} goes on`;
  const first = prefer ?? 'the one that runs more';
  const not = ping.length === 0 ? '' : `, and who reaches none of ${outside} does not`;
  return `two nodes fence each other: ${first} at once, the other one ${formatDuration(headStartMs)} later${not}`;
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
    fencing: 'moves when the lost node is certainly off or reset',
    lease: 'moves when the lease of the lost node is over and it must have stopped',
    nothing: 'moves at once',
  };
  return [
    ...(service.needs.length > 0 ? [`after ${service.needs.join(', ')}`] : []),
    ...(service.with.length > 0 ? [`where ${service.with.join(', ')} runs`] : []),
    before[service.takeover],
    ...traitsInWords(service),
  ];
}
