/**
 * Cuts the file into parts that stand on their own: one node, one service. A part with a mistake in its form is null,
 * its name stays known; so one run finds the mistakes of all parts, and a broken one causes no second complaint elsewhere.
 */
import * as z from 'zod';
import { type FencingFile, fencingSchema } from './fencingSchema.ts';
import { reportIssues } from './issues.ts';
import { atKey } from './places.ts';
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
}

export type Ties = Pick<ServiceFile, 'on' | 'needs' | 'with' | 'group'>;

export const nodesMax = 32;
export const servicesMax = 1000;

export function readSections(file: unknown, report: Report): Sections {
  reportIssues(frameSchema, file, [], report);
  const parts = mapping(file) ?? {};
  const nodes = mapping(parts.nodes);
  const services = mapping(parts.services);
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
    services: new Map(serviceList.map(([id, service]) => [id, readService(id, service, report)])),
    ties: new Map(serviceList.map(([id, service]) => [id, readTies(mapping(service) ?? {})])),
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

function readService(id: string, value: unknown, report: Report): ServiceFile | null {
  const service = mapping(value);
  if (service === null) {
    report.error(
      'BAD_TYPE',
      atKey('services', id),
      `${quote(id)} must be a mapping with agent, command, balance or address`,
    );
    return null;
  }
  const kind = kindOf(id, service, report);
  if (kind === null) return null;
  const schema = serviceKinds[kind];
  reportIssues(schema, service, ['services', id], report);
  return valid<ServiceFile>(schema, service);
}

function readTies(service: Readonly<Record<string, unknown>>): Ties {
  return {
    on: valid(nameOrNames, service.on) ?? undefined,
    needs: valid(nameOrNames, service.needs) ?? undefined,
    with: valid(nameOrNames, service.with) ?? undefined,
    group: valid(name, service.group) ?? undefined,
  };
}

function kindOf(
  id: string,
  service: Readonly<Record<string, unknown>>,
  report: Report,
): keyof typeof serviceKinds | null {
  const kinds = (['agent', 'command', 'balance', 'address'] as const).filter((kind) => Object.hasOwn(service, kind));
  const [kind, second] = kinds;
  if (second !== undefined) {
    const hint = 'make two services of it, and tie them with «needs» and «with»';
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
    `${quote(id)} says nothing to run: it needs one of agent, command, balance, address`,
    hint,
  );
  return null;
}

function mapping(value: unknown): Readonly<Record<string, unknown>> | null {
  return z.record(z.string(), z.unknown()).safeParse(value).data ?? null;
}

const optional = <T>(schema: z.ZodType<T>, value: unknown): T | undefined | null =>
  value === undefined ? undefined : valid(schema, value);

const valid = <T>(schema: z.ZodType<T>, value: unknown): T | null => schema.safeParse(value).data ?? null;
