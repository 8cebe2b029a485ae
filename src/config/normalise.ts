/**
 * The file's form to the core's model: defaults filled in, groups turned into ties, names of nodes into addresses.
 *
 * It also takes a file with mistakes and makes what it can of it, so that the checks find all of them in one run:
 * broken parts and references to nothing are left out. Only a result without errors leaves this folder.
 */
import {
  type Cluster,
  type ClusterNode,
  type Heartbeat,
  type Link,
  noFencing,
  plainNode,
  plainQuorum,
  type Service,
  stickinessMax,
  type Takeover,
} from '../core/model.ts';
import { digest } from '../lib/digest.ts';
import { defaults } from './defaults.ts';
import { msOf } from './duration.ts';
import { type Groups, nodesFor, tiesOf } from './groups.ts';
import { parseAddress } from './network.ts';
import { resourceOf } from './resource.ts';
import type { HeartbeatFile, NodeFile } from './schema.ts';
import type { Sections } from './sections.ts';
import type { ServiceFile } from './serviceSchema.ts';

export function normalise(sections: Sections, groups: Groups): Cluster {
  const heartbeat = normaliseHeartbeat(sections.heartbeat ?? {});
  const nodes = [...sections.nodes].flatMap(([id, node]) =>
    node === null ? [] : [normaliseNode(id, node, heartbeat.port)],
  );
  const services = [...sections.services].flatMap(([id, service]) =>
    service === null ? [] : [normaliseService(id, service, nodes, sections, groups)],
  );
  return { name: sections.name, heartbeat, quorum: plainQuorum, nodes, fencing: noFencing, services };
}

function normaliseHeartbeat(file: HeartbeatFile): Heartbeat {
  return {
    intervalMs: msOf(file.interval, defaults.heartbeat.intervalMs),
    deadMs: msOf(file.dead, defaults.heartbeat.deadMs),
    port: file.port ?? defaults.heartbeat.port,
  };
}

function normaliseNode(id: string, file: NodeFile, port: number): ClusterNode {
  const addresses = typeof file === 'string' ? [file] : 'addresses' in file ? file.addresses : file;
  return plainNode(id, addresses.flatMap(linkOf), port);
}

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
  const wanted = 'instances' in file ? file.instances : undefined;
  const clone = wanted !== undefined && wanted !== 'one';
  return {
    id,
    resource,
    on,
    instances: wanted === 'all' ? on.length : typeof wanted === 'number' ? wanted : 1,
    clone,
    needs: tiesOf(id, file, 'needs', sections, groups),
    with: tiesOf(id, file, 'with', sections, groups),
    stickiness: stickinessOf(file),
    check: {
      everyMs: msOf(file.check?.every, of.checkEveryMs[resource.kind]),
      timeoutMs: msOf(file.check?.timeout, of.checkTimeoutMs[resource.kind]),
    },
    startTimeoutMs: msOf(file['start-timeout'], of.startTimeoutMs[resource.kind]),
    stopTimeoutMs: msOf(file['stop-timeout'], of.stopTimeoutMs[resource.kind]),
    failures: failuresOf(file),
    takeover: file.takeover ?? takeoverOf(resource.kind, clone),
    digest: digest(startedWith(resource)),
  };
}

function stickinessOf(file: ServiceFile): number {
  if (file.stickiness === undefined) return defaults.service.stickiness;
  return file.stickiness === 'stay' ? stickinessMax : file.stickiness;
}

function failuresOf(file: ServiceFile): Service['failures'] {
  const { max, forgetMs } = defaults.service.failures;
  const forget = file.failures?.forget;
  return { max: file.failures?.max ?? max, forgetMs: forget === 'never' ? null : msOf(forget, forgetMs) };
}

/** Addresses and balancers hold no data, and a clone runs in several places anyway: two at once do no harm. */
const takeoverOf = (kind: Service['resource']['kind'], clone: boolean): Takeover =>
  clone || kind === 'address' || kind === 'balance' ? 'nothing' : 'fencing';

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
  return resource;
}
