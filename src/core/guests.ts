/**
 * Guests: nodes whose machine (a virtual machine, a container) is a service of the cluster. See docs/internals/guests.md.
 *
 * A guest runs the daemon like any other node, in views like any other. It has no vote and leads nobody, since whoever leads has to be
 * able to stop its machine.
 */
import type { Cluster, ClusterNode, NodeId, Service, ServiceId } from './model.ts';

export interface Guest {
  readonly node: NodeId;
  readonly machine: Service;
}

interface Guests {
  readonly all: readonly Guest[];
  readonly byNode: ReadonlyMap<NodeId, Guest>;
  readonly byMachine: ReadonlyMap<ServiceId, Guest>;
}

/** A cluster object never changes. */
const known = new WeakMap<Cluster, Guests>();

/**
 * Only those whose machine can prove anything of them: one that runs once, that is taken over only when it is certain that it has ended,
 * and on no guest. `validate` lets no other one pass; to the core such a node is one that nobody can switch off.
 */
function guestsIn(cluster: Cluster): Guests {
  const before = known.get(cluster);
  if (before !== undefined) return before;
  const guests = new Set(cluster.nodes.flatMap(({ id, guest }) => (guest === undefined ? [] : [id])));
  const all = cluster.nodes.flatMap(({ id, guest }): Guest[] => {
    const machine = guest === undefined ? undefined : cluster.services.find((service) => service.id === guest);
    return machine !== undefined && isMachine(machine, guests) ? [{ node: id, machine }] : [];
  });
  const made: Guests = {
    all,
    byNode: new Map(all.map((guest) => [guest.node, guest])),
    byMachine: new Map(all.map((guest) => [guest.machine.id, guest])),
  };
  known.set(cluster, made);
  return made;
}

const isMachine = ({ clone, copyOf, takeover, on }: Service, guests: ReadonlySet<NodeId>): boolean =>
  !clone && copyOf === undefined && takeover === 'fencing' && !on.some((node) => guests.has(node));

/** In the order of the file. */
export const guestsOf = (cluster: Cluster): readonly Guest[] => guestsIn(cluster).all;

/** Undefined: it is no guest. */
export const guestOn = (cluster: Cluster, node: NodeId): Guest | undefined => guestsIn(cluster).byNode.get(node);

/** The guest whose machine the service is; undefined: it is none. */
export const guestIn = (cluster: Cluster, service: ServiceId): Guest | undefined =>
  guestsIn(cluster).byMachine.get(service);

/** A witness votes and leads nobody; neither does a guest. */
export const mayLead = ({ witness, guest }: ClusterNode): boolean => !witness && guest === undefined;

/** A cluster that starts waits for it. A witness runs nothing, and the machine of a guest is started by the others. */
export const isAwaited = mayLead;
