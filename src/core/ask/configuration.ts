/** The part of the engine's input that the cluster file decides alone: resources, and who runs with whom. */
import type {
  AttributeSet,
  CloneConfig,
  ColocationConfig,
  Input,
  LocationConfig,
  OperationConfig,
  PrimitiveConfig,
  Rule,
} from '../../policy/input.ts';
import { colocationOfTwo } from '../../policy/plain.ts';
import { asksForDates } from '../../policy/rule/index.ts';
import { infinity } from '../../policy/values.ts';
import {
  type Cluster,
  type NodeId,
  nameInFile,
  type Rules,
  type Service,
  type ServiceId,
  servicesNamed,
} from '../model.ts';
import { aboutMembers } from './groups.ts';
import { valueRulesOf } from './inForce.ts';

export interface Configuration {
  readonly nodes: Input['nodes'];
  readonly resources: ReadonlyMap<ServiceId, PrimitiveConfig | CloneConfig>;
  /** What the engine knows as resources. Copies that differ are one clone: the first of them stands for all, by their common name. */
  readonly heads: readonly Service[];
  /** Copies that differ, by their ids. */
  readonly copies: ReadonlyMap<ServiceId, Service>;
  readonly colocations: readonly Tie[];
  /** Those of the file. */
  readonly rules: Pick<Rules, 'locations' | 'colocations'>;
  /** Rules that ask for the date. */
  readonly dated: readonly Rule[];
}

/** `dependents`, which are one service or all copies of one, run only with `primary`. */
interface Tie {
  readonly dependents: readonly ServiceId[];
  readonly primary: ServiceId;
  readonly config: ColocationConfig;
}

export function configurationOf(cluster: Cluster): Configuration {
  const heads = headsOf(cluster);
  return {
    heads,
    copies: new Map(cluster.services.flatMap((each) => (each.copyOf === undefined ? [] : [[each.id, each] as const]))),
    nodes: cluster.nodes.map(({ id, attributes, utilization }) => ({
      id,
      name: id,
      type: 'member',
      score: 0,
      attributes: setsOf('attributes', attributes),
      utilization: setsOf('utilization', utilization),
    })),
    resources: new Map(heads.map((service) => [service.id, resourceOf(service)])),
    colocations: heads.flatMap((head) => colocationsOf(head, cluster)),
    rules: aboutMembers(cluster.rules),
    dated: rulesOf(cluster).filter(asksForDates),
  };
}

function rulesOf(cluster: Cluster): readonly Rule[] {
  const { services } = cluster;
  const { locations, colocations, orders, tickets } = cluster.rules;
  return [
    ...valueRulesOf(cluster).map(({ rule }) => rule),
    ...services.flatMap(({ metaRules }) => metaRules.map(({ rule }) => rule)),
    ...locations.flatMap((location) => location.rules),
    ...[...locations, ...colocations, ...orders, ...tickets].flatMap(({ lifetime }) => lifetime),
  ];
}

export const setOf = (id: string, values: readonly (readonly [string, string])[]): AttributeSet => ({
  id,
  score: null,
  rule: null,
  values,
});

const setsOf = (id: string, values: Readonly<Record<string, string | number>>): readonly AttributeSet[] => {
  const entries = Object.entries(values);
  return entries.length === 0
    ? []
    : [
        setOf(
          id,
          entries.map(([name, value]) => [name, String(value)] as const),
        ),
      ];
};

function headsOf({ services }: Cluster): readonly Service[] {
  if (services.every(({ copyOf }) => copyOf === undefined)) return services;
  const heads = new Map<ServiceId, Service>();
  for (const service of services) {
    const id = nameInFile(service);
    if (!heads.has(id)) heads.set(id, { ...service, id });
  }
  return [...heads.values()];
}

/** What is cloned, by the name of the clone. */
const childIdOf = (clone: ServiceId): string => `${clone}/copy`;

/** Its name in the history: that of a copy, where there are several; with its number, where they differ. */
export const historyIdOf = ({ id, clone, copyOf }: Service): string =>
  copyOf !== undefined ? `${childIdOf(copyOf.service)}:${copyOf.number}` : clone ? childIdOf(id) : id;

/** Its id among the engine's resources. */
export const resourceIdOf = (service: Service): string =>
  service.copyOf === undefined ? service.id : historyIdOf(service);

export const agentOf = ({ resource }: Service): PrimitiveConfig['agent'] => ({
  standard: 'ocf',
  provider: 'sempre',
  type: resource.kind,
});

function resourceOf(service: Service): PrimitiveConfig | CloneConfig {
  const { id, utilization } = service;
  const meta = metaOf(service);
  const isCloned = service.clone || service.copyOf !== undefined;
  const primitive: PrimitiveConfig = {
    kind: 'primitive',
    id: isCloned ? childIdOf(id) : id,
    agent: agentOf(service),
    template: null,
    meta: isCloned ? [] : meta,
    parameters: [],
    utilization: setsOf('utilization', utilization),
    operations: operationsOf(service),
  };
  return isCloned ? { kind: 'clone', id, meta, parameters: [], child: primitive } : primitive;
}

/** Between two checks of what is promoted, and of what is not: the engine tells them apart by that. */
export const monitorMs = { promoted: 9000, unpromoted: 10_000 } as const;

/** Only what the engine has to know: all else that may follow from a failure is no matter of roles and orders. */
function operationsOf({ promotable, onFail, checks }: Service): readonly OperationConfig[] {
  if (promotable === null) return [];
  const mends = onFail.check === 'demote' || checks.some((check) => check.onFail === 'demote');
  const operation = (name: string, more: readonly (readonly [string, string])[]): OperationConfig => ({
    id: name,
    name,
    attributes: new Map([['on-fail', 'demote'], ...more]),
    meta: [],
    parameters: [],
  });
  const interval = ['interval', `${monitorMs.promoted}ms`] as const;
  return [
    ...(mends ? [operation('monitor', [interval, ['role', 'Promoted']])] : []),
    ...(onFail.promote === 'demote' ? [operation('promote', [])] : []),
  ];
}

/** «Never go back»: less than infinity, so that the places in `on` still decide between two copies that both stay. */
export const stayPoints = 900_000;

/**
 * Stickiness is a preference like any other (see `Question`): copies of a clone are all alike, and each would stick alone. Copies with
 * roles have to: the engine believes a promotion score only of the very copy that runs there, and deals nodes to copies as places and
 * preferences would have it. So each outweighs these.
 */
const ownStickiness = ({ promotable, stickiness, onScore, on }: Service): number =>
  promotable === null ? 0 : Math.min(stickiness, stayPoints) + onScore * on.length;

/** The later sets win. */
function metaOf(service: Service): readonly AttributeSet[] {
  const own = setOf(`${service.id}-meta`, [
    ['migration-threshold', String(service.failures.max)],
    ['resource-stickiness', String(ownStickiness(service))],
    ['allow-migrate', String(service.migrates && !service.clone)],
    ['clone-max', String(service.copyOf?.max ?? service.instances)],
    ['clone-node-max', String(service.copyOf?.perNode ?? 1)],
    ...(service.copyOf === undefined ? [] : [['globally-unique', 'true'] as const]),
    ['interleave', String(service.interleave)],
    ['ordered', String(service.ordered)],
    ['promotable', String(service.promotable !== null)],
    ['promoted-max', String(service.promotable?.max ?? 1)],
    ['promoted-node-max', String(service.promotable?.perNode ?? 1)],
  ]);
  const ruled = service.metaRules.map(
    ({ rule, meta }, index): AttributeSet => ({
      ...setOf(`${service.id}-meta-${index}`, Object.entries(meta)),
      rule,
    }),
  );
  return [...setsOf(`${service.id}-more`, service.meta), own, ...ruled];
}

export const locationOf = (id: string, service: ServiceId, node: NodeId, points: number | null): LocationConfig => ({
  id,
  subject: { kind: 'one', id: service },
  node,
  score: points ?? -infinity,
  role: null,
  discovery: null,
  rules: [],
  lifetime: [],
});

function colocationsOf({ id, with: targets }: Service, cluster: Cluster): readonly Tie[] {
  if (targets.length === 0) return [];
  const dependents = servicesNamed(cluster, id).map((service) => service.id);
  return targets.map((target) => ({ dependents, primary: target, config: colocationOf(id, target) }));
}

const colocationOf = (dependent: ServiceId, primary: ServiceId): ColocationConfig => ({
  // No id of a file begins like this.
  ...colocationOfTwo(`#${dependent} with ${primary}`, infinity, { dependent, primary }),
  influence: true,
});
