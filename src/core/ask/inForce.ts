/**
 * What services and nodes say at a moment. Rules may change for a while what has a place of its own in the model: parameters, times,
 * what is taken up, how much a service sticks to its node, and what failures count for. The engine is told of the other meta
 * attributes that rules switch on, and of these no more.
 */

import { must } from '../../lib/assert.ts';
import type { Rule } from '../../policy/input.ts';
import { asksForDates, ruleHolds, rulesChangeS } from '../../policy/rule/index.ts';
import { durationMsOf, scoreOf } from '../../policy/rule/text.ts';
import { ocfAgentOf } from '../container.ts';
import { digestOf } from '../definition.ts';
import {
  type Cluster,
  type ClusterNode,
  failuresMax,
  type Ms,
  type NodeId,
  type OcfResource,
  type Resource,
  type RuledValues,
  type Service,
  type ServiceId,
} from '../model.ts';

const names = ['resource-stickiness', 'migration-threshold', 'failure-timeout'] as const;

type Named = Readonly<Partial<Record<(typeof names)[number], string>>>;

const hasRuledMeta = ({ metaRules }: Service): boolean =>
  metaRules.some(({ meta }) => names.some((name) => meta[name] !== undefined));

const isRuled = (service: Service): boolean => service.ruled !== undefined || hasRuledMeta(service);

/** Of one cluster object, which never changes: another one is another cluster. */
interface Known {
  /** Those that a rule may change. */
  readonly services: ReadonlySet<Service>;
  readonly nodes: ReadonlySet<ClusterNode>;
  readonly dated: readonly Rule[];
  /** Made once for each way in which rules hold: others know by the object which cluster it is. */
  readonly made: Map<string, Cluster>;
  last: { readonly fromS: number; readonly untilS: number; readonly cluster: Cluster } | null;
}

const known = new WeakMap<Cluster, Known>();

function knownOf(cluster: Cluster): Known {
  const before = known.get(cluster);
  if (before !== undefined) return before;
  const services = new Set(cluster.services.filter(isRuled));
  const nodes = new Set(cluster.nodes.filter(({ ruled }) => ruled !== undefined));
  const meta = [...services].flatMap(({ metaRules }) => metaRules);
  const dated = [...meta, ...valueRulesOf(cluster)].map(({ rule }) => rule).filter(asksForDates);
  const now: Known = { services, nodes, dated, made: new Map(), last: null };
  known.set(cluster, now);
  return now;
}

/** Those that switch values of services and nodes. */
export const valueRulesOf = ({ services, nodes }: Cluster): readonly { readonly rule: Rule }[] =>
  [...services, ...nodes].flatMap(({ ruled = [] }) => ruled);

/** `cluster`: of the file. */
export function inForce(cluster: Cluster, nowS: number): Cluster {
  const about = knownOf(cluster);
  const { services, nodes, dated, made, last } = about;
  if (!changesByRules(cluster)) return cluster;
  if (last !== null && nowS >= last.fromS && nowS < last.untilS) return last.cluster;
  const nodesNow = cluster.nodes.map((node) => (nodes.has(node) ? nodeNow(node, nowS) : node));
  const said = new Map([...services].map((service) => [service, serviceNow(service, nodesNow, nowS)]));
  const key = JSON.stringify([
    nodesNow.filter((_, at) => nodes.has(must(cluster.nodes[at], 'node'))),
    [...said.values()],
  ]);
  const now = made.get(key) ?? {
    ...cluster,
    nodes: nodesNow,
    services: cluster.services.map((service) => said.get(service) ?? service),
  };
  made.set(key, now);
  about.last = { fromS: nowS, untilS: rulesChangeS(dated, nowS) ?? Number.POSITIVE_INFINITY, cluster: now };
  return now;
}

/** Whether anything of it may ever be said otherwise than in the file. */
export const changesByRules = (cluster: Cluster): boolean => {
  const { services, nodes } = knownOf(cluster);
  return services.size + nodes.size > 0;
};

/** Whether what the service is started with depends on the date. */
export const isDefinedByRules = (cluster: Cluster, id: ServiceId): boolean =>
  [...knownOf(cluster).services].some((service) => service.id === id && hasRuledParams(service));

/** How long after the last failure its failures are forgotten; null: never. */
export const forgetMsOf = (service: Service, nowS: number): Ms | null => withMeta(service, nowS).failures.forgetMs;

const serviceNow = (service: Service, nodes: readonly ClusterNode[], nowS: number): Service =>
  withParams(withValues(withMeta(service, nowS), nowS), nodes, nowS);

// ---------------------------------------------------------------- meta attributes

/** The later one first. */
function saidBy({ metaRules }: Service, nowS: number): Named {
  const holding = metaRules.filter(({ rule }) => ruleHolds(rule, { nowS })).map(({ meta }) => meta);
  return Object.assign({}, ...holding.map(onlyNamed)) as Named;
}

const onlyNamed = (meta: Readonly<Record<string, string>>): Named =>
  Object.fromEntries(names.flatMap((name) => (meta[name] === undefined ? [] : [[name, meta[name]]])));

function withMeta(service: Service, nowS: number): Service {
  if (!hasRuledMeta(service)) return service;
  const { stickiness, failures } = service;
  const {
    'resource-stickiness': sticks = null,
    'migration-threshold': max = null,
    'failure-timeout': forget = null,
  } = saidBy(service, nowS);
  return {
    ...service,
    // As in Pacemaker, nothing pushes a service away from where it runs.
    stickiness: sticks === null ? stickiness : Math.max(scoreOf(sticks), 0),
    failures: {
      max: max === null ? failures.max : thresholdOf(max),
      forgetMs: forget === null ? failures.forgetMs : durationMsOf(forget) || null,
    },
    metaRules: service.metaRules.map(({ rule, meta }) => ({
      rule,
      meta: Object.fromEntries(Object.entries(meta).filter(([name]) => !names.some((other) => other === name))),
    })),
  };
}

/** 0 stands for never. */
function thresholdOf(text: string): number {
  const max = scoreOf(text);
  return max === 0 ? failuresMax : Math.max(max, 1);
}

// ---------------------------------------------------------------- values

function nodeNow(node: ClusterNode, nowS: number): ClusterNode {
  const holding = (node.ruled ?? []).filter(({ rule }) => ruleHolds(rule, { nowS }));
  if (holding.length === 0) return node;
  return {
    ...node,
    attributes: Object.assign({}, node.attributes, ...holding.map(({ attributes }) => attributes)),
    utilization: Object.assign({}, node.utilization, ...holding.map(({ utilization }) => utilization)),
  };
}

function withValues(service: Service, nowS: number): Service {
  const holding = (service.ruled ?? []).filter(({ params, rule }) => params === undefined && ruleHolds(rule, { nowS }));
  return holding.reduce(withValue, service);
}

const withValue = (
  service: Service,
  { utilization, checks, startTimeoutMs, timeouts, onFail }: RuledValues,
): Service => ({
  ...service,
  ...checks,
  startTimeoutMs: startTimeoutMs ?? service.startTimeoutMs,
  timeouts: { ...service.timeouts, ...timeouts },
  onFail: { ...service.onFail, ...onFail },
  utilization: { ...service.utilization, ...utilization },
});

/** Each node has a definition of its own then: what changes on one of them is nothing to the others. */
function withParams(service: Service, nodes: readonly ClusterNode[], nowS: number): Service {
  const { resource, ruled = [] } = service;
  const agent = ocfAgentOf(resource);
  if (agent === null || !hasRuledParams(service)) return service;
  const running = (now: OcfResource): Resource => (resource.kind === 'container' ? { ...resource, agent: now } : now);
  const paramsOn: Record<NodeId, Readonly<Record<string, string>>> = {};
  const digestsOn: Record<NodeId, string> = {};
  for (const node of nodes) {
    const own = ruledParams(ruled, node, nowS);
    if (Object.keys(own).length > 0) paramsOn[node.id] = own;
    digestsOn[node.id] = digestOf(running({ ...agent, params: { ...agent.params, ...own }, paramsOn: {} }));
  }
  return { ...service, resource: running({ ...agent, paramsOn }), digestsOn };
}

const hasRuledParams = ({ ruled = [] }: Service): boolean => ruled.some(({ params }) => params !== undefined);

function ruledParams(ruled: readonly RuledValues[], node: ClusterNode, nowS: number): OcfResource['params'] {
  const context = { nowS, nodeAttributes: attributesForRules(node) };
  const holding = ruled.filter(({ params, rule }) => params !== undefined && ruleHolds(rule, context));
  return Object.assign({}, ...holding.map(({ params }) => params)) as OcfResource['params'];
}

/** As rules know a node: those that begin with «#» are the cluster's own. */
export const attributesForRules = ({ id, attributes }: ClusterNode): ReadonlyMap<string, string> =>
  new Map([...Object.entries(attributes), ['#uname', id], ['#id', id], ['#kind', 'cluster']]);
