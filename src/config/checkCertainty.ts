/**
 * Services that are started elsewhere only when the lost node's copy has certainly ended: does the file give anything that
 * makes it certain? A node that stops by itself in a bounded time does (a watchdog stands behind it); so does a fence device.
 */
import { guestOn } from '../core/guests.ts';
import type { Cluster, ClusterNode, NodeId, Service } from '../core/model.ts';
import type { Checked } from './check.ts';
import { isPair, isVotingKnown, needsCertainty } from './checkQuorum.ts';
import { isGuest } from './groups.ts';
import { nodeForm } from './normalise.ts';
import { atKey } from './places.ts';
import type { Report } from './report.ts';
import { quote } from './show.ts';

export function checkCertainty(checked: Checked, report: Report): void {
  const { cluster, file } = checked;
  if (!isVotingKnown(checked) || file.watchdog === null) return;
  const services = cluster.services.filter(needsCertainty);
  checkSaid(services, checked, report);
  // Which of the two choices it will be decides over everything below.
  if (isPair(cluster) && file.quorum?.tie === undefined) return;
  for (const service of services) {
    // A lost guest is known to be off when its machine is, wherever that may run.
    const places = service.takeover === 'lease' ? service.on : hostsOf(service.on, cluster);
    const unsure = places
      .flatMap((id) => cluster.nodes.filter((node) => node.id === id))
      .flatMap((node) => {
        const why = whyUnsure(node, checked);
        return why === null ? [] : [{ node, ...why }];
      });
    if (service.takeover === 'lease') checkLease(service, unsure, report);
    else if (file.fencing !== null) checkFenced(service, unsure, cluster, report);
  }
}

/** With the machines of their own in place of guests. */
export const hostsOf = (nodes: readonly NodeId[], cluster: Cluster): readonly NodeId[] => [
  ...new Set(nodes.flatMap((node) => guestOn(cluster, node)?.machine.on ?? [node])),
];

function checkSaid(services: readonly Service[], { file }: Checked, report: Report): void {
  const [first] = services;
  if (first === undefined || file.watchdog !== undefined) return;
  const silent = [...new Set(services.flatMap(({ on }) => on))].filter(
    (id) => !isSaid(file.nodes.get(id)) && !isGuest(file.nodes.get(id)),
  );
  if (silent.length === 0) return;
  const message = `${quote(first.id)} has takeover: ${first.takeover}, but the file does not say whether a watchdog resets ${silent.map(quote).join(', ')}`;
  const hint =
    'say watchdog: /dev/watchdog (without hardware: modprobe softdog), or watchdog: none and fence devices; takeover: nothing where two copies do no harm';
  report.error('WATCHDOG_UNSAID', atKey('nodes'), message, hint);
}

const isSaid = (node: Parameters<typeof nodeForm>[0] | null | undefined): boolean =>
  node != null && nodeForm(node).watchdog !== undefined;

interface Unsure {
  readonly node: ClusterNode;
  readonly because: string;
  /** It does stop by itself, but for a daemon that is dead or held up. */
  readonly unlessDaemon: boolean;
}

/** Why this node, once lost, cannot be known to have stopped without being switched off; null: it can. */
function whyUnsure(node: ClusterNode, { cluster, file }: Checked): Omit<Unsure, 'node'> | null {
  const { noQuorum, tie } = cluster.quorum;
  if (isPair(cluster))
    return goesOn(`with two nodes and tie: ${tie} one that lost the other goes on and does not stop by itself`);
  if (noQuorum !== 'stop')
    return goesOn(`with no-quorum: ${noQuorum} a node that lost the others does not stop what it runs`);
  const form = file.nodes.get(node.id);
  const isUnsaid = file.watchdog === undefined && !isSaid(form) && !isGuest(form);
  if (node.watchdog !== null || isUnsaid) return null;
  return { because: `without a watchdog, ${quote(node.id)} stops it only while its daemon works`, unlessDaemon: true };
}

const goesOn = (because: string): Omit<Unsure, 'node'> => ({ because, unlessDaemon: false });

function checkLease(service: Service, [first]: readonly Unsure[], report: Report): void {
  if (first === undefined) return;
  const message = `${quote(service.id)} has takeover: lease, but ${first.because}`;
  const hint =
    'say takeover: fencing with a fence device for each of its nodes, or nothing where two copies do no harm';
  const spot = atKey('services', service.id, 'takeover');
  if (first.unlessDaemon)
    report.warning('LEASE_TRUSTS', spot, message, `arm a watchdog on each of its nodes, or ${hint}`);
  else report.error('LEASE_UNSURE', spot, message, hint);
}

function checkFenced(service: Service, unsure: readonly Unsure[], cluster: Cluster, report: Report): void {
  const bare = unsure.filter(({ node }) => node.fence.length === 0);
  const [first] = bare;
  if (first === undefined) return;
  const names = bare.map(({ node }) => quote(node.id)).join(', ');
  const spot = atKey('services', service.id, 'takeover');
  if (isPair(cluster) && cluster.quorum.tie === 'none') {
    const message = `${quote(service.id)} is not taken over from ${names} by itself: nothing can switch that off`;
    report.warning('NO_FENCING', spot, message, 'an operator does it: sempre node confirm-off NODE');
    return;
  }
  const message = `${quote(service.id)} has takeover: fencing, but there is no fence device for ${names}; ${first.because}`;
  const hint = 'add devices under fencing:, or say takeover: nothing where two copies do no harm';
  report.error('NO_FENCING', spot, message, hint);
}
