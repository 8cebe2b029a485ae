/** The cluster that the demo plays with, and which of its parts the faults are aimed at. */
import type { ClusterStatus } from '../../src/api/status.ts';
import type { BalanceResource, Cluster, NodeId, Service } from '../../src/core/model.ts';
import { failure, type Result, success } from '../../src/lib/errors.ts';
import type { LabRecord } from '../record.ts';
import type { Observer } from './observer.ts';
import type { Recorder } from './recorder.ts';

export interface Stage extends Parts {
  readonly lab: string;
  readonly kind: LabRecord['kind'];
  readonly cluster: Cluster;
  readonly observer: Observer;
  readonly recorder: Recorder;
}

export interface Parts {
  /** The virtual address that clients use, and the balancer behind it. */
  readonly address: Service;
  readonly balancer: Service;
  /** Runs on the web nodes; a service a node, or one with copies on all. */
  readonly web: readonly Service[];
  readonly webNodes: readonly NodeId[];
  readonly url: string;
}

export function partsOf(cluster: Cluster): Result<Parts> {
  const address = cluster.services.find((service) => service.resource.kind === 'address');
  const balancer = cluster.services.find((service) => service.resource.kind === 'balance');
  if (address?.resource.kind !== 'address' || balancer?.resource.kind !== 'balance') {
    return failure('UNSUPPORTED', `The drill needs an address and a balancer; the cluster ${cluster.name} lacks one`);
  }
  const webNodes = balancer.resource.servers.flatMap((server) => server.node ?? []);
  const web = cluster.services.filter(
    (service) => service !== address && service !== balancer && service.on.every((node) => webNodes.includes(node)),
  );
  return success({ address, balancer, web, webNodes, url: urlOf(address.resource.address, balancer.resource) });
}

const urlOf = (address: string, balancer: BalanceResource): string =>
  `http://${address.includes(':') ? `[${address}]` : address}:${balancer.listen.port}/`;

/** Where a service runs; of an address: who holds it. */
export const nodesOf = (status: ClusterStatus, service: Service): readonly NodeId[] =>
  status.services.find((one) => one.name === service.id)?.nodes ?? [];

export const stateOf = (status: ClusterStatus, node: NodeId): string | null =>
  status.nodes.find((one) => one.name === node)?.state ?? null;
