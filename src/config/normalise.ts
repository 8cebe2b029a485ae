/**
 * The file's form to the core's model: defaults filled in, groups turned into ties, names of nodes into addresses.
 *
 * It also takes a file with mistakes and makes what it can of it, so that the checks find all of them in one run:
 * broken parts and references to nothing are left out. Only a result without errors leaves this folder. Of copies that differ it has
 * the first one, under the name of the file: `core/copies.ts` makes the others.
 */
import {
  type Cluster,
  type ClusterNode,
  failuresMax,
  type Heartbeat,
  type Link,
  plainNode,
  type Service,
  stickinessMax,
  type Takeover,
} from '../core/model.ts';
import { digest } from '../lib/digest.ts';
import { defaults } from './defaults.ts';
import { msOf } from './duration.ts';
import { type Groups, nodesFor, tiesOf } from './groups.ts';
import { parseAddress } from './network.ts';
import { checksOf } from './policy/checks.ts';
import { rulesFrom } from './policy/rules.ts';
import { copiesOf, metaTexts, traitsOf } from './policy/traits.ts';
import { defaultLevels, normaliseFencing, normaliseQuorum, watchdogFrom, witnessOf } from './quorumOf.ts';
import { resourceOf } from './resource.ts';
import type { HeartbeatFile, NodeFile } from './schema.ts';
import type { Sections } from './sections.ts';
import type { ServiceFile } from './serviceSchema.ts';

export function normalise(sections: Sections, groups: Groups): Cluster {
  const heartbeat = normaliseHeartbeat(sections.heartbeat ?? {});
  const fencing = normaliseFencing(sections);
  const nodes = [...sections.nodes].flatMap(([id, node]) =>
    node === null ? [] : [normaliseNode(id, node, heartbeat.port, sections)],
  );
  const voters = [...nodes, ...witnessOf(sections)];
  const services = [...sections.services].flatMap(([id, service]) =>
    service === null ? [] : [normaliseService(id, service, nodes, sections, groups)],
  );
  const quorum = normaliseQuorum(sections, voters);
  return {
    name: sections.name,
    heartbeat,
    quorum,
    nodes: voters,
    fencing,
    services,
    rules: rulesFrom(sections, groups, services),
  };
}

function normaliseHeartbeat(file: HeartbeatFile): Heartbeat {
  return {
    intervalMs: msOf(file.interval, defaults.heartbeat.intervalMs),
    deadMs: msOf(file.dead, defaults.heartbeat.deadMs),
    port: file.port ?? defaults.heartbeat.port,
  };
}

function normaliseNode(id: string, file: NodeFile, port: number, sections: Sections): ClusterNode {
  const details = nodeForm(file);
  return {
    ...plainNode(id, details.addresses.flatMap(linkOf), port),
    votes: details.votes ?? 1,
    watchdog: watchdogFrom(details.watchdog ?? sections.watchdog ?? 'none'),
    fence: details.fence ?? defaultLevels(id, sections),
    attributes: metaTexts(details.attributes),
    utilization: details.utilization ?? {},
  };
}

/** A node in a word or a list is its addresses. */
export const nodeForm = (file: NodeFile): Extract<NodeFile, { addresses: unknown }> =>
  typeof file === 'string' ? { addresses: [file] } : 'addresses' in file ? file : { addresses: file };

function linkOf(text: string): Link[] {
  const parsed = parseAddress(text);
  if (!parsed.ok) return [];
  const { address, prefix, family } = parsed.value;
  return [{ address, prefix: prefix ?? defaults.prefix[family] }];
}

function normaliseService(
  id: string,
  file: ServiceFile,
  nodes: readonly ClusterNode[],
  sections: Sections,
  groups: Groups,
): Service {
  const on = nodesFor(file, sections, groups);
  const resource = resourceOf(file, on, nodes);
  const of = defaults.service;
  const group = sections.policy.groups?.get(file.group ?? '');
  const copies = copiesOf(file, group);
  const { instances: written, clone, unique } = copies;
  const wanted = written === 'all' ? on.length : typeof written === 'number' ? written : 1;
  return {
    id,
    resource,
    on,
    instances: unique === null ? wanted : 1,
    clone,
    ...(unique === null ? {} : { copyOf: { service: id, number: 0, max: wanted, perNode: unique.perNode } }),
    needs: tiesOf(id, file, 'needs', sections, groups),
    with: tiesOf(id, file, 'with', sections, groups),
    stickiness: stickinessOf(file),
    ...checksOf(file, resource.kind),
    startTimeoutMs: msOf(file['start-timeout'], of.startTimeoutMs[resource.kind]),
    stopTimeoutMs: msOf(file['stop-timeout'], of.stopTimeoutMs[resource.kind]),
    failures: failuresOf(file),
    takeover: file.takeover ?? takeoverOf(resource.kind, clone && copies.promotable === null),
    digest: digestOf(resource),
    ...traitsOf(id, file, copies, group),
  };
}

function stickinessOf(file: ServiceFile): number {
  if (file.stickiness === undefined) return defaults.service.stickiness;
  return file.stickiness === 'stay' ? stickinessMax : file.stickiness;
}

function failuresOf(file: ServiceFile): Service['failures'] {
  const { max, forgetMs } = defaults.service.failures;
  const { max: most = max, forget } = file.failures ?? {};
  return { max: most === 'never' ? failuresMax : most, forgetMs: forget === 'never' ? null : msOf(forget, forgetMs) };
}

/** Addresses and balancers hold no data, and a clone without roles runs in several places anyway: two at once do no harm. */
const takeoverOf = (kind: Service['resource']['kind'], clone: boolean): Takeover =>
  clone || kind === 'address' || kind === 'balance' ? 'nothing' : 'fencing';

export const digestOf = (resource: Service['resource']): string => digest(startedWith(resource));

/** What the running copy was started with. What is only read at a check, a stop or a move may change under it. */
function startedWith(resource: Service['resource']): object {
  if (resource.kind === 'command') {
    const { checkArgv: _, stopSignal: __, ...rest } = resource;
    return rest;
  }
  if (resource.kind === 'address') {
    const { probeMs: _, drainMs: __, ...rest } = resource;
    return rest;
  }
  if (resource.kind === 'container') {
    const { checkArgv: _, pull: __, address, agent, ...rest } = resource;
    return {
      ...rest,
      address: address === null ? null : startedWith(address),
      agent: agent === null ? null : startedWith(agent),
    };
  }
  if (resource.kind === 'ocf' && Object.keys(resource.paramsOn).length === 0) {
    const { paramsOn: _, ...rest } = resource;
    return rest;
  }
  return resource;
}
