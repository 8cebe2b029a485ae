/** Votes, the witness, and what two nodes do when they no longer hear each other. */
import type { Cluster, ClusterNode } from '../core/model.ts';
import type { Checked } from './check.ts';
import { addressesOf } from './checkContainers.ts';
import { formatDuration } from './duration.ts';
import { listed } from './groups.ts';
import { parseAddress } from './network.ts';
import { atKey, atValue, type Spot } from './places.ts';
import type { Report } from './report.ts';
import { quote } from './show.ts';
import { didYouMean } from './suggest.ts';

export function checkQuorum(checked: Checked, report: Report): void {
  checkWitness(checked, report);
  checkPing(checked, report);
  // With a broken part of it, nobody can say who votes.
  if (!isVotingKnown(checked)) return;
  checkVotes(checked, report);
  if (isPair(checked.cluster)) checkPair(checked, report);
  else checkUnused(checked, report);
}

export const votersIn = (cluster: Cluster): readonly ClusterNode[] => cluster.nodes.filter(({ votes }) => votes > 0);

/** Two nodes vote, and nobody else: neither of them alone can be a majority. */
export function isPair(cluster: Cluster): boolean {
  const voters = votersIn(cluster);
  return voters.length === 2 && voters.every(({ witness }) => !witness);
}

export const isVotingKnown = ({ file }: Pick<Checked, 'file'>): boolean =>
  file.nodesKnown && file.witness !== null && file.quorum !== null && ![...file.nodes.values()].includes(null);

function checkVotes({ cluster, file }: Checked, report: Report): void {
  const voters = votersIn(cluster);
  const total = voters.reduce((sum, { votes }) => sum + votes, 0);
  const ours = voters.filter(({ witness }) => !witness);
  if (file.nodes.size > 0 && ours.length === 0) {
    report.error('NO_VOTES', atKey('nodes'), 'no node has a vote: nobody could ever decide', 'leave «votes» away');
    return;
  }
  if (file.witness !== undefined && ours.length === 1) {
    const message = `a witness beside one voting node: neither ${quote(ours[0]?.id ?? '')} nor the witness is a majority alone`;
    report.error('WITNESS_VOTE', atKey('witness'), message, 'a witness is the third vote beside two nodes');
  } else if (file.witness !== undefined && total % 2 === 0) {
    const message = `with the witness there are ${total} votes: an even number survives no more losses than ${total - 1}`;
    report.warning('WITNESS_VOTE', atKey('witness'), message, 'a witness makes an even number odd');
  } else if (voters.length > 2 && total % 2 === 0 && cluster.services.some(needsCertainty)) {
    const message = `${total} votes: when the network splits them in half, both halves stop`;
    report.warning('EVEN_VOTES', atKey('nodes'), message, 'add a witness, or give one node «votes: 0»');
  }
}

/** Started, or promoted, elsewhere only when it is certain that the lost node's copy has ended. */
export const needsCertainty = (service: Cluster['services'][number]): boolean =>
  service.takeover !== 'nothing' && (!service.clone || service.promotable !== null) && service.on.length > 1;

// ---------------------------------------------------------------- two nodes

const choices = [
  'say one of, with what it needs:',
  'quorum: {tie: fence}       who switches the other one off goes on; needs a fence device for each node',
  'quorum: {tie: ping, …}     who reaches the addresses of «ping» goes on; two may, when only their links are cut',
  'witness: {address: …}      a third machine that only votes (sempre witness)',
  '(or quorum: {tie: none}: what runs goes on, and nothing is taken over)',
].join('\n    ');

function checkPair(checked: Checked, report: Report): void {
  const { cluster, file } = checked;
  const [a, b] = votersIn(cluster);
  if (a === undefined || b === undefined) return;
  if (a.votes !== b.votes) {
    const [strong, weak] = a.votes > b.votes ? [a, b] : [b, a];
    const message = `with ${strong.votes} votes of ${a.votes + b.votes}, ${quote(strong.id)} decides alone and ${quote(weak.id)} never can`;
    report.error('UNEVEN_VOTES', atKey('nodes', strong.id, 'votes'), message, 'give both the same, and say «tie»');
  }
  switch (file.quorum?.tie) {
    case undefined: {
      const spot = file.quorum == null ? atKey('nodes') : atKey('quorum');
      const message = `two nodes vote, ${quote(a.id)} and ${quote(b.id)}: what does one do that no longer hears the other?`;
      report.error('TWO_NODES_NO_CHOICE', spot, message, choices);
      return;
    }
    case 'fence':
      checkTieFence([a, b], checked, report);
      break;
    case 'ping':
      if (cluster.quorum.ping.length > 0) break;
      report.error(
        'TIE_PING',
        atValue('quorum', 'tie'),
        'tie: ping needs addresses to reach',
        'say ping: [ADDRESS], such as the gateway of the clients',
      );
      break;
    case 'witness':
      report.error(
        'TIE_WITNESS',
        atValue('quorum', 'tie'),
        'tie: witness, but the file names no witness',
        'add witness: {address: …}',
      );
      break;
    case 'none':
      break;
  }
  checkRace(checked, report);
}

function checkTieFence(pair: readonly ClusterNode[], { file }: Checked, report: Report): void {
  if (file.fencing === null) return;
  for (const node of pair) {
    if (node.fence.length > 0) continue;
    const message = `tie: fence, but nothing can switch ${quote(node.id)} off`;
    const hint = `add a device under fencing: devices: with for: ${node.id}, or with its plugs`;
    report.error('TIE_FENCE', atValue('quorum', 'tie'), message, hint);
  }
}

/** An agent that has begun needs about this long until the power is off; its whole time limit would always be a warning. */
const actsWithinMs = 3000;

/** The head start decides the race only if the first one has switched before the second one begins. */
function checkRace({ cluster, file }: Checked, report: Report): void {
  checkPrefer({ cluster, file }, report);
  if (file.quorum?.tie !== 'fence' || file.fencing == null) return;
  const devices = new Map(cluster.fencing.devices.map((device) => [device.id, device]));
  const first = votersIn(cluster).flatMap((node) => node.fence[0] ?? []);
  for (const id of new Set(first)) {
    const device = devices.get(id);
    if (device === undefined) continue;
    const neededMs = device.delayMs + Math.min(device.timeoutMs, actsWithinMs);
    if (cluster.quorum.headStartMs >= neededMs) continue;
    const message = `a head start of ${formatDuration(cluster.quorum.headStartMs)} is shorter than ${quote(id)} needs to begin (delay ${formatDuration(device.delayMs)}) and act: both nodes may switch each other off`;
    const hint = `say head-start: ${formatDuration(neededMs)} or more`;
    report.warning('HEAD_START', spotOfRace(file), message, hint);
    return;
  }
}

const spotOfRace = (file: Checked['file']): Spot =>
  file.quorum?.['head-start'] === undefined ? atValue('quorum', 'tie') : atValue('quorum', 'head-start');

function checkPrefer({ cluster, file }: Pick<Checked, 'cluster' | 'file'>, report: Report): void {
  const prefer = file.quorum?.prefer;
  if (prefer === undefined) return;
  const voters = votersIn(cluster).map(({ id }) => id);
  if (voters.includes(prefer)) return;
  const message = `there is no voting node ${quote(prefer)}`;
  report.error('UNKNOWN_NODE', atValue('quorum', 'prefer'), message, didYouMean(prefer, voters));
}

/** What is about two nodes, in a cluster with more votes: its writer thinks that it decides something. */
function checkUnused({ cluster, file }: Checked, report: Report): void {
  const count = votersIn(cluster).length;
  if (count === 0 || file.quorum == null) return;
  const { tie } = file.quorum;
  if (tie === 'witness' && file.witness !== undefined) return;
  const because =
    file.witness === undefined ? `a majority of ${count} voting nodes decides` : 'the witness decides between them';
  for (const key of ['tie', 'prefer', 'head-start'] as const) {
    if (file.quorum[key] === undefined) continue;
    const message = `«${key}» is about two voting nodes alone; here ${because}`;
    report.error('TIE_UNUSED', atKey('quorum', key), message, `leave «${key}» away`);
  }
}

// ---------------------------------------------------------------- witness and ping

function checkWitness({ cluster, file }: Checked, report: Report): void {
  const witness = cluster.nodes.find((node) => node.witness);
  if (witness === undefined) return;
  const named = file.witness?.name !== undefined;
  if (file.nodes.has(witness.id)) {
    report.error(
      'WITNESS_IS_NODE',
      named ? atValue('witness', 'name') : atKey('witness'),
      `${quote(witness.id)} is a node of the cluster: a witness is a machine of its own`,
      'give it another name and another address',
    );
  }
  const links = Math.max(0, ...cluster.nodes.filter((node) => !node.witness).map((node) => node.links.length));
  if (links > 0 && witness.links.length > links) {
    const message = `the witness has ${witness.links.length} addresses, but the nodes have ${links}`;
    report.error(
      'LINK_COUNT',
      atKey('witness', 'address'),
      message,
      'its first address is reached over link 0, and so on',
    );
  }
}

function checkPing({ cluster, file }: Checked, report: Report): void {
  const taken = new Map<string, string>();
  for (const node of cluster.nodes)
    for (const { address } of node.links)
      taken.set(address, `the address of ${node.witness ? 'the witness' : `node ${quote(node.id)}`}`);
  for (const service of cluster.services)
    for (const { address } of addressesOf(service)) taken.set(address, `the virtual address ${quote(service.id)}`);
  listed(file.quorum?.ping).forEach((text, index) => {
    const parsed = parseAddress(text);
    const holder = parsed.ok ? taken.get(parsed.value.address) : undefined;
    if (holder === undefined) return;
    const message = `${text} is ${holder}: that it answers says nothing about the network`;
    report.error(
      'PING_ADDRESS',
      atValue('quorum', 'ping', index),
      message,
      'take the gateway, or a switch with an address',
    );
  });
  const isUsed = file.quorum?.tie === undefined || file.quorum.tie === 'ping' || file.quorum.tie === 'fence';
  if (file.quorum?.ping === undefined || (isUsed && (isPair(cluster) || !isVotingKnown({ file })))) return;
  report.error('TIE_UNUSED', atKey('quorum', 'ping'), '«ping» goes with tie: ping or tie: fence', 'leave «ping» away');
}
