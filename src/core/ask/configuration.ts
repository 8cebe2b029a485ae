/** The part of the engine's input that the cluster file decides alone: resources, places in `on`, who runs with whom. */
import type {
  AttributeSet,
  CloneConfig,
  ColocationConfig,
  Input,
  LocationConfig,
  PrimitiveConfig,
  ResourceSet,
  Subject,
} from '../../policy/input.ts';
import { infinity } from '../../policy/values.ts';
import type { Cluster, NodeId, Service, ServiceId } from '../model.ts';

/** For each place further up in `on`. */
export const preferenceStep = 100;

/** Id of all locations that stand for a place in `on`. */
export const placeInList = 'on';

export interface Configuration {
  readonly nodes: Input['nodes'];
  readonly resources: ReadonlyMap<ServiceId, PrimitiveConfig | CloneConfig>;
  readonly places: readonly LocationConfig[];
  readonly colocations: readonly { readonly dependent: ServiceId; readonly config: ColocationConfig }[];
}

export function configurationOf(cluster: Cluster): Configuration {
  return {
    nodes: cluster.nodes.map(({ id }) => ({
      id,
      name: id,
      type: 'member',
      score: 0,
      attributes: [],
      utilization: [],
    })),
    resources: new Map(cluster.services.map((service) => [service.id, resourceOf(service)])),
    places: placesOf(cluster.services),
    colocations: cluster.services.flatMap(colocationsOf),
  };
}

export const setOf = (id: string, values: readonly (readonly [string, string])[]): AttributeSet => ({
  id,
  score: null,
  rule: null,
  values,
});

/** Its name in the history: that of a copy, where there are several. */
export const historyIdOf = ({ id, clone }: Service): string => (clone ? `${id}/copy` : id);

export const agentOf = ({ resource }: Service): PrimitiveConfig['agent'] => ({
  standard: 'ocf',
  provider: 'sempre',
  type: resource.kind,
});

/** Stickiness is a preference like any other (see `Question`): copies of a clone are all alike, and each would stick alone. */
function resourceOf(service: Service): PrimitiveConfig | CloneConfig {
  const meta = setOf(`${service.id}-meta`, [
    ['migration-threshold', String(service.failures.max)],
    ['resource-stickiness', '0'],
    ['clone-max', String(service.instances)],
    ['clone-node-max', '1'],
  ]);
  const primitive: PrimitiveConfig = {
    kind: 'primitive',
    id: historyIdOf(service),
    agent: agentOf(service),
    template: null,
    meta: service.clone ? [] : [meta],
    parameters: [],
    utilization: [],
    operations: [],
  };
  return service.clone ? { kind: 'clone', id: service.id, meta: [meta], parameters: [], child: primitive } : primitive;
}

/** One location for all services that want the same node as much. */
function placesOf(services: readonly Service[]): readonly LocationConfig[] {
  const groups = new Map<string, { readonly node: NodeId; readonly points: number; readonly members: ServiceId[] }>();
  for (const { id, on } of services) {
    for (const [place, node] of on.entries()) {
      const points = preferenceStep * (on.length - 1 - place);
      const key = `${points} ${node}`;
      const group = groups.get(key) ?? { node, points, members: [] };
      if (group.members.length === 0) groups.set(key, group);
      group.members.push(id);
    }
  }
  return [...groups.values()].map(({ node, points, members }) =>
    locationOf(placeInList, { kind: 'sets', sets: [setOfMembers(members)] }, node, points),
  );
}

const setOfMembers = (members: readonly ServiceId[]): ResourceSet => ({
  id: placeInList,
  members,
  role: null,
  action: null,
  score: null,
  kind: null,
  sequential: null,
  requireAll: null,
  ordering: null,
});

export const locationOf = (id: string, subject: Subject, node: NodeId, points: number | null): LocationConfig => ({
  id,
  subject,
  node,
  score: points ?? -infinity,
  role: null,
  discovery: null,
  rules: [],
  lifetime: [],
});

const colocationsOf = ({ id, with: targets }: Service) =>
  targets.map((target) => ({ dependent: id, config: colocationOf(id, target) }));

const colocationOf = (dependent: ServiceId, primary: ServiceId): ColocationConfig => ({
  id: `${dependent} with ${primary}`,
  score: infinity,
  nodeAttribute: null,
  influence: true,
  lifetime: [],
  link: {
    kind: 'pair',
    dependent,
    dependentRole: null,
    dependentInstance: null,
    primary,
    primaryRole: null,
    primaryInstance: null,
  },
});
