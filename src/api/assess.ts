/**
 * Is it well? One verdict on a status, for the first line of `status`, for `health` and for the console.
 *
 * critical: a service that should run does not, or nobody may act. warning: everything serves, but less is left to lose,
 * or something waits for an operator.
 */
import { failuresMax } from '../core/model.ts';
import type { Standing } from '../core/quorum/standing.ts';
import type { ClusterStatus, NodeStatus, ServiceStatus } from './status.ts';

export type Level = 'ok' | 'warning' | 'critical';

export interface Verdict {
  readonly level: Level;
  /** What is wrong, worst first; empty when all is well. */
  readonly findings: readonly Finding[];
  /** One line for `ok`: what is there. */
  readonly summary: string;
}

export interface Finding {
  readonly level: 'warning' | 'critical';
  readonly text: string;
}

export function assess(status: ClusterStatus): Verdict {
  const findings = [
    ...disarmedFindings(status),
    ...quorumFindings(status),
    ...fencingFindings(status),
    ...status.services.filter((service) => status.quorum || service.state === 'blocked').flatMap(serviceFindings),
    ...status.nodes.flatMap(nodeFindings),
    ...status.services.flatMap(spareFindings),
    ...maintenanceFindings(status),
    ...failureFindings(status),
    ...balancerFindings(status),
    ...(status.stuck && status.pending.length > 0
      ? [warning('actions wait for an operator: see pending actions')]
      : []),
  ];
  const critical = findings.filter((finding) => finding.level === 'critical');
  const warnings = findings.filter((finding) => finding.level === 'warning');
  return {
    level: critical.length > 0 ? 'critical' : warnings.length > 0 ? 'warning' : 'ok',
    findings: [...critical, ...warnings],
    summary: summaryOf(status),
  };
}

function summaryOf({ services, nodes }: ClusterStatus): string {
  const up = services.filter((service) => service.state === 'running').length;
  const online = nodes.filter((node) => node.state === 'online').length;
  return `${up} of ${services.length} services run, ${online} of ${nodes.length} nodes online`;
}

const disarmedFindings = ({ disarmed }: ClusterStatus): Finding[] =>
  disarmed === null
    ? []
    : [
        warning(
          `DISARMED until ${disarmed.until.slice(0, 19)}Z: no node is switched off or resets itself, so nothing is taken over that needs it: ${disarmed.because || 'no reason was given'}`,
        ),
      ];

/** Until it has succeeded, what the target ran is down. */
const fencingFindings = ({ fencings }: ClusterStatus): Finding[] =>
  fencings.flatMap(({ target, by, because, outcome, open, failure }) => {
    if (outcome === 'under way') return [critical(`${by} is switching ${target} off: ${because}`)];
    if (!open) return [];
    const why = failure ?? 'no reason is known';
    return [
      critical(`${target} could not be switched off by ${by}: ${why}; if it is off: sempre node confirm-off ${target}`),
    ];
  });

const maintenanceFindings = ({ maintenance }: ClusterStatus): Finding[] =>
  maintenance.map(({ node, service, because }) =>
    warning(`${service ?? node ?? ''} is in maintenance, nothing is done to it: ${because || 'no reason was given'}`),
  );

const standingWords: Readonly<Partial<Record<Standing, string>>> = {
  ping: 'this node acts alone because it reaches the network (tie: ping); the lost one may do the same',
  alone: 'this side acts without a majority (no-quorum: ignore); the other side may do the same',
};

function quorumFindings(status: ClusterStatus): Finding[] {
  const acting = status.standing === null ? undefined : standingWords[status.standing];
  if (status.quorum) return acting === undefined ? [] : [warning(acting)];
  if (status.waitsFor.length > 0) {
    const names = status.waitsFor.join(', ');
    const next = `if it is off for certain: sempre node confirm-off ${status.waitsFor[0] ?? ''}`;
    return [critical(`the cluster starts and waits for ${names}; nothing runs before; ${next}`)];
  }
  const because = status.noQuorumBecause ?? 'no reason is known';
  return [critical(`no quorum: ${because}; nothing may run on this side, and what the others run is not known here`)];
}

function serviceFindings(service: ServiceStatus): Finding[] {
  switch (service.state) {
    case 'running':
      return [];
    case 'partly running':
      return [warning(`${service.name} runs ${service.nodes.length} of ${service.wanted} copies`)];
    case 'stopped':
    case 'stopping':
      return service.wanted === 0 ? [warning(`${service.name} is stopped: ${service.because}`)] : [down(service)];
    case 'starting':
    case 'waiting':
    case 'failed':
    case 'blocked':
    case 'unknown':
      return [down(service)];
  }
}

const down = (service: ServiceStatus): Finding => {
  const more = service.state === 'waiting' || service.state === 'failed' ? '' : ` (${service.state})`;
  return critical(`${service.name} does not run${more}: ${service.because}`);
};

function nodeFindings(node: NodeStatus): Finding[] {
  const because = node.because === null ? '' : `: ${node.because}`;
  if (node.state === 'off') return [warning(`${node.name} is off${because}`)];
  if (node.state === 'lost' && node.stray !== null)
    return [warning(`${node.name} is lost and only counts as stopped when it is confirmed off: ${node.stray}`)];
  if (node.state === 'lost') return [warning(`${node.name} is lost${because}`)];
  if (node.state === 'standby') return [warning(`${node.name} is in standby${because}`)];
  if (node.state === 'joining') return [warning(`${node.name} is joining${because}`)];
  if (node.watchdog === 'failed')
    return [warning(`${node.name} cannot arm its watchdog: nothing resets it when its daemon hangs`)];
  const dark = node.links.filter((link) => link.up === false).map((link) => link.address);
  return dark.length === 0 ? [] : [warning(`${node.name} is not heard on ${dark.join(' and ')}`)];
}

/** Only for what was built with a spare: a service that may run on one node has none to lose. */
const spareFindings = (service: ServiceStatus): Finding[] =>
  service.sparesWanted > 0 && service.spares === 0 && service.state === 'running'
    ? [warning(`${service.name} has no node left to move to`)]
    : [];

/** Of services that run elsewhere or again: one that is down has told its failure already. */
function failureFindings({ failures, services }: ClusterStatus): Finding[] {
  const serving = new Set(services.filter((service) => service.nodes.length > 0).map((service) => service.name));
  return failures
    .filter((failure) => serving.has(failure.service))
    .map(({ service, node, count, max, banned, last }) => {
      if (banned !== 'no')
        return warning(`${service} may not run on ${banned === 'cluster' ? 'any node' : node}: ${last}`);
      return warning(`${service} failed on ${node} (${timesOf(count, max)} times): ${last}`);
    });
}

/** Of how many; not where no number of failures makes it move. */
export const timesOf = (count: number, max: number): string => (max >= failuresMax ? `${count}` : `${count} of ${max}`);

const balancerFindings = ({ balancers }: ClusterStatus): Finding[] =>
  balancers.flatMap((balancer) =>
    balancer.servers
      .filter((server) => server.state === 'down')
      .map((server) => warning(`${balancer.service} on ${balancer.node}: server ${server.name} is down`)),
  );

const warning = (text: string): Finding => ({ level: 'warning', text });
const critical = (text: string): Finding => ({ level: 'critical', text });
