/**
 * What services say at a moment. Rules may change for a while what has a place of its own in the model: how much a service sticks
 * to its node, and what failures count for. The engine is told of the other meta attributes that rules switch on, and of these no more.
 */
import { ruleHolds } from '../../policy/rule/index.ts';
import { durationMsOf, scoreOf } from '../../policy/rule/text.ts';
import { type Cluster, failuresMax, type Ms, type Service } from '../model.ts';

const names = ['resource-stickiness', 'migration-threshold', 'failure-timeout'] as const;

type Named = Readonly<Partial<Record<(typeof names)[number], string>>>;

const isRuled = ({ metaRules }: Service): boolean =>
  metaRules.some(({ meta }) => names.some((name) => meta[name] !== undefined));

/** Made once for each way in which rules hold: others know by the object which cluster it is. */
const known = new WeakMap<Cluster, Map<string, Cluster>>();

export function inForce(cluster: Cluster, nowS: number): Cluster {
  const ruled = cluster.services.filter(isRuled);
  if (ruled.length === 0) return cluster;
  const made = known.get(cluster) ?? new Map<string, Cluster>();
  known.set(cluster, made);
  const key = JSON.stringify(ruled.map((service) => saidBy(service, nowS)));
  const before = made.get(key);
  if (before !== undefined) return before;
  const now = { ...cluster, services: cluster.services.map((service) => withSaid(service, nowS)) };
  made.set(key, now);
  return now;
}

/** How long after the last failure its failures are forgotten; null: never. */
export const forgetMsOf = (service: Service, nowS: number): Ms | null => withSaid(service, nowS).failures.forgetMs;

/** The later one first. */
function saidBy({ metaRules }: Service, nowS: number): Named {
  const holding = metaRules.filter(({ rule }) => ruleHolds(rule, { nowS })).map(({ meta }) => meta);
  return Object.assign({}, ...holding.map(onlyNamed)) as Named;
}

const onlyNamed = (meta: Readonly<Record<string, string>>): Named =>
  Object.fromEntries(names.flatMap((name) => (meta[name] === undefined ? [] : [[name, meta[name]]])));

function withSaid(service: Service, nowS: number): Service {
  if (!isRuled(service)) return service;
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
