/**
 * Cuts the file into parts that stand on their own: one node, one service. A part with a mistake in its form is null,
 * its name stays known; so one run finds the mistakes of all parts, and a broken one causes no second complaint elsewhere.
 */
import { type FencingFile, fencingSchema } from './fencingSchema.ts';
import { forMembers, inherit, type Layer } from './inherit.ts';
import { reportIssues } from './issues.ts';
import { atKey, atValue } from './places.ts';
import { type OwnMeta, ownMetaOf, type PolicySections, readPolicy } from './policy/sections.ts';
import { withoutIdleTimes } from './policy/times.ts';
import {
  type QuorumFile,
  quorumSchema,
  type WatchdogFile,
  type WitnessFile,
  watchdogSchema,
  witnessSchema,
} from './quorumSchema.ts';
import type { Report } from './report.ts';
import { name, nameOrNames } from './scalars.ts';
import { frameSchema, type HeartbeatFile, heartbeatSchema, type NodeFile, nodeSchema } from './schema.ts';
import { type ServiceFile, serviceKinds } from './serviceSchema.ts';
import { quote } from './show.ts';
import { didYouMean } from './suggest.ts';
import { mapping, optional, valid } from './valid.ts';

export interface Sections {
  readonly name: string;
  /** Undefined: not in the file. Null: broken. */
  readonly heartbeat: HeartbeatFile | undefined | null;
  readonly quorum: QuorumFile | undefined | null;
  readonly watchdog: WatchdogFile | undefined | null;
  readonly witness: WitnessFile | undefined | null;
  readonly fencing: FencingFile | undefined | null;
  /** In the order of the file; null: broken. */
  readonly nodes: ReadonlyMap<string, NodeFile | null>;
  /** False when `nodes` itself is broken, so that nobody can say which nodes exist. */
  readonly nodesKnown: boolean;
  readonly services: ReadonlyMap<string, ServiceFile | null>;
  /** For every service, also the broken ones: what can be read of how it hangs together with others. */
  readonly ties: ReadonlyMap<string, Ties>;
  readonly servicesKnown: boolean;
  readonly policy: PolicySections;
  /** What services say themselves, without what they take over; null: broken. */
  readonly own: ReadonlyMap<string, OwnMeta | null>;
}

export type Ties = Pick<ServiceFile, 'on' | 'needs' | 'with' | 'group'>;

export const nodesMax = 32;
export const servicesMax = 1000;

export function readSections(file: unknown, report: Report): Sections {
  reportIssues(frameSchema, file, [], report);
  const parts = mapping(file) ?? {};
  const nodes = mapping(parts.nodes);
  const services = mapping(parts.services);
  const policy = readPolicy(parts);
  reportSizes(Object.keys(nodes ?? {}), Object.keys(services ?? {}), report);
  const serviceList = Object.entries(services ?? {}).slice(0, servicesMax);
  return {
    name: typeof parts.cluster === 'string' ? parts.cluster : '',
    heartbeat: optional(heartbeatSchema, parts.heartbeat),
    quorum: optional(quorumSchema, parts.quorum),
    watchdog: optional(watchdogSchema, parts.watchdog),
    witness: optional(witnessSchema, parts.witness),
    fencing: optional(fencingSchema, parts.fencing),
    nodes: new Map(
      Object.entries(nodes ?? {})
        .slice(0, nodesMax)
        .map(([id, node]) => [id, valid(nodeSchema, node)]),
    ),
    nodesKnown: nodes !== null && Object.keys(nodes).length <= nodesMax,
    services: new Map(serviceList.map(([id, service]) => [id, readService(id, service, policy, report)])),
    ties: new Map(serviceList.map(([id, service]) => [id, readTies(mapping(service) ?? {}, policy)])),
    policy,
    own: new Map(serviceList.map(([id, service]) => [id, ownMetaOf(service)])),
    servicesKnown:
      (services !== null || parts.services === undefined) && Object.keys(services ?? {}).length <= servicesMax,
  };
}

function reportSizes(nodes: readonly string[], services: readonly string[], report: Report): void {
  const [nodeOver, serviceOver] = [nodes[nodesMax], services[servicesMax]];
  if (nodeOver !== undefined) {
    report.error(
      'TOO_MANY_NODES',
      atKey('nodes', nodeOver),
      `${nodes.length} nodes; a cluster has ${nodesMax} at most`,
    );
  }
  if (serviceOver !== undefined) {
    const message = `${services.length} services; a cluster has ${servicesMax} at most`;
    report.error('TOO_MANY_SERVICES', atKey('services', serviceOver), message);
  }
}

function readService(id: string, value: unknown, policy: PolicySections, report: Report): ServiceFile | null {
  const own = mapping(value);
  if (own === null) {
    report.error(
      'BAD_TYPE',
      atKey('services', id),
      `${quote(id)} must be a mapping with agent, command, balance, address or container`,
    );
    return null;
  }
  const template = templateOf(id, own, policy, report);
  if (template === null) return null;
  const group = groupOf(own, template, policy);
  const all = inherit([own, template, forMembers(group), policy.defaults ?? {}]);
  const service = withoutIdleTimes(all, own, group);
  const kind = kindOf(id, service, report);
  if (kind === null) return null;
  const schema = serviceKinds[kind];
  reportIssues(schema, service, ['services', id], report);
  return valid<ServiceFile>(schema, service);
}

function groupOf(own: Layer, template: Layer, { groups }: PolicySections): Layer {
  const group = own['group'] ?? template['group'];
  return (typeof group === 'string' && groups?.get(group)) || {};
}

/** Empty where it has none; null where the template has mistakes, which are told of there, or does not exist. */
function templateOf(id: string, own: Layer, { templates }: PolicySections, report: Report): Layer | null {
  const name = own['template'];
  if (typeof name !== 'string' || templates === null) return name === undefined ? {} : null;
  const template = templates.get(name);
  if (template !== undefined) return template;
  const hint = didYouMean(name, templates.keys());
  report.error('UNKNOWN_TEMPLATE', atValue('services', id, 'template'), `there is no template ${quote(name)}`, hint);
  return null;
}

function readTies(own: Layer, { templates }: PolicySections): Ties {
  const template = typeof own['template'] === 'string' ? templates?.get(own['template']) : null;
  const service = inherit([own, template ?? {}]);
  return {
    on: valid(nameOrNames, service.on) ?? undefined,
    needs: valid(nameOrNames, service.needs) ?? undefined,
    with: valid(nameOrNames, service.with) ?? undefined,
    group: valid(name, service.group) ?? undefined,
  };
}

const allKinds = ['container', 'agent', 'command', 'balance', 'address'] as const;

/** What may run in a container. */
const inside: ReadonlySet<string> = new Set(['agent', 'command']);

function kindOf(
  id: string,
  service: Readonly<Record<string, unknown>>,
  report: Report,
): keyof typeof serviceKinds | null {
  const kinds = allKinds.filter((kind) => Object.hasOwn(service, kind));
  const [kind, second] = kinds[0] === 'container' ? kinds.filter((each) => !inside.has(each)) : kinds;
  if (second !== undefined) {
    const hint =
      kind === 'container' && second === 'address'
        ? 'an address of its own stands in it: container: {image: …, address: …}'
        : 'make two services of it, and tie them with «needs» and «with»';
    report.error(
      'SERVICE_KIND',
      atKey('services', id, second),
      `${quote(id)} has ${kinds.join(' and ')}; a service is one thing`,
      hint,
    );
    return null;
  }
  if (kind !== undefined) return kind;
  const near = Object.keys(service).map((key) => didYouMean(key, Object.keys(serviceKinds)));
  const hint = near.find((text) => text !== null) ?? null;
  report.error(
    'SERVICE_KIND',
    atKey('services', id),
    `${quote(id)} says nothing to run: it needs one of agent, command, balance, address, container`,
    hint,
  );
  return null;
}
