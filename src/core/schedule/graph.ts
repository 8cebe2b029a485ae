/** Which services depend on which: the file's lists turned around, and the orders in which the passes walk them. */
import { assert, must } from '../../lib/assert.ts';
import { type Cluster, copyId, type NodeId, type Service, type ServiceId } from '../model.ts';

export interface Graph {
  readonly cluster: Cluster;
  readonly services: ReadonlyMap<ServiceId, Service>;
  /** Place of each node in the file. */
  readonly nodeIndex: ReadonlyMap<NodeId, number>;
  readonly neededBy: Dependents;
  readonly joinedBy: Dependents;
  /** Each service after those that it runs `with`, else in the order of the file. */
  readonly withFirst: readonly Service[];
  /** Each service after those that it `needs`, else in the order of the file. */
  readonly needsFirst: readonly Service[];
}

type Dependents = ReadonlyMap<ServiceId, readonly Service[]>;
type EdgesOf = (service: Service) => readonly ServiceId[];

const known = new WeakMap<Cluster, Graph>();

/** One for each file: it is asked for with every plan. */
export function graphOf(cluster: Cluster): Graph {
  const before = known.get(cluster);
  if (before !== undefined) return before;
  const graph = makeGraph(cluster);
  known.set(cluster, graph);
  return graph;
}

function makeGraph(cluster: Cluster): Graph {
  const services = new Map(cluster.services.map((service) => [service.id, service]));
  const withOf: EdgesOf = (service) => service.with;
  const needsOf: EdgesOf = (service) => service.needs;
  return {
    cluster,
    services,
    nodeIndex: new Map(cluster.nodes.map((node, index) => [node.id, index])),
    neededBy: turnedAround(cluster.services, needsOf),
    joinedBy: turnedAround(cluster.services, withOf),
    withFirst: dependenciesFirst(services, withOf),
    needsFirst: dependenciesFirst(services, needsOf),
  };
}

export const neededBy = (graph: Graph, id: ServiceId): readonly Service[] => graph.neededBy.get(id) ?? [];
export const joinedBy = (graph: Graph, id: ServiceId): readonly Service[] => graph.joinedBy.get(id) ?? [];

/** All copies of it, itself among them, in the order of their numbers: of those that differ. Of others, the service alone. */
export function alikeIn({ services }: Pick<Graph, 'services'>, service: Service): readonly Service[] {
  const { copyOf } = service;
  if (copyOf === undefined) return [service];
  return Array.from({ length: copyOf.max }, (_, number) =>
    must(services.get(copyId({ service: copyOf.service, number })), `copy ${number} of ${copyOf.service}`),
  );
}

/** Whether this is, or was by a former file, the name of one of its copies. */
export const isAlike = ({ id, copyOf }: Service, other: ServiceId): boolean =>
  copyOf === undefined ? other === id : other.replace(/:\d+$/, ':') === `${copyOf.service}:`;

function turnedAround(services: readonly Service[], edgesOf: EdgesOf): Dependents {
  const dependents = new Map<ServiceId, Service[]>();
  for (const service of services) {
    for (const target of edgesOf(service)) {
      const known = dependents.get(target);
      if (known === undefined) dependents.set(target, [service]);
      else known.push(service);
    }
  }
  return dependents;
}

/** Depth first with a stack of its own: a long chain in a user's file must not overflow the engine's. */
function dependenciesFirst(services: ReadonlyMap<ServiceId, Service>, edgesOf: EdgesOf): readonly Service[] {
  const order: Service[] = [];
  const done = new Set<ServiceId>();
  for (const root of services.values()) {
    const path = new Map<ServiceId, Iterator<ServiceId>>([[root.id, edgesOf(root)[Symbol.iterator]()]]);
    const stack = [root];
    while (stack.length > 0) {
      const service = must(stack.at(-1), 'service on the stack');
      const next = done.has(service.id) ? null : nextOf(path.get(service.id), done);
      if (next === null) {
        stack.pop();
        path.delete(service.id);
        if (!done.has(service.id)) order.push(service);
        done.add(service.id);
        continue;
      }
      assert(!path.has(next), `services depend on each other without a cycle: ${next}`);
      const dependency = must(services.get(next), `service ${next}, which ${service.id} names`);
      path.set(next, edgesOf(dependency)[Symbol.iterator]());
      stack.push(dependency);
    }
  }
  return order;
}

function nextOf(rest: Iterator<ServiceId> | undefined, done: ReadonlySet<ServiceId>): ServiceId | null {
  for (let step = rest?.next(); step !== undefined && !step.done; step = rest?.next())
    if (!done.has(step.value)) return step.value;
  return null;
}
