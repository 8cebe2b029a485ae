/** What an OCF agent gets to know: everything by environment variables, none of them from the daemon's own environment. */
import { fileURLToPath } from 'node:url';
import type { NodeId, OcfResource, Service } from '../../core/model.ts';
import type { AgentOp, Verb } from '../../core/ports.ts';
import type { Notice, Role } from '../../core/roles.ts';

/** Actions of the OCF API that the driver asks for. */
export type Action =
  | 'monitor'
  | 'start'
  | 'stop'
  | 'promote'
  | 'demote'
  | 'notify'
  | 'migrate_to'
  | 'migrate_from'
  | 'reload-agent';

const actions: Readonly<Record<Exclude<Verb, 'tune'>, Action>> = {
  probe: 'monitor',
  check: 'monitor',
  start: 'start',
  stop: 'stop',
  promote: 'promote',
  demote: 'demote',
  notify: 'notify',
  migrateTo: 'migrate_to',
  migrateFrom: 'migrate_from',
  reload: 'reload-agent',
};

/** A verb that an agent can be asked for. */
export type AskedVerb = keyof typeof actions;

export type AskedOp = AgentOp & { readonly verb: AskedVerb };

export const actionOf = (verb: AskedVerb): Action => actions[verb];

export interface AgentPlace {
  readonly root: string;
  readonly node: string;
  /** Where agents keep their own state until the next boot. */
  readonly tempDirectory: string;
  /** Where this service's promotion score is kept; null: it is not promotable. */
  readonly scorePath: string | null;
  /** A file for each attribute that agents set for this node. */
  readonly attributesDirectory: string;
  /** Where `agentTools` are seen by the agent. */
  readonly tools: string;
}

/** The release of Pacemaker's conventions that the variables follow: agents compare it to learn what they may use. */
const featureSet = '3.16.2';

/** What agents call to tell the cluster something: programs of ours by the names that they know. */
export const agentTools = fileURLToPath(new URL('../ocf/tools', import.meta.url));

export function agentEnvironment(op: AskedOp, resource: OcfResource, place: AgentPlace): Record<string, string> {
  return {
    ...parameters(resource, place.node),
    ...meta({
      timeout: Math.round(op.timeoutMs),
      // Agents tell a probe, which must not complain of what is not there yet, by an interval of zero.
      interval: op.verb === 'check' ? (op.check?.everyMs ?? op.service.check.everyMs) : 0,
      name: actionOf(op.verb),
      on_node: place.node,
      ...migration(op, place.node),
    }),
    ...(op.service.clone || op.service.copyOf !== undefined ? cloneMeta(op.service, place.node) : {}),
    ...(op.service.promotable === null ? {} : roleMeta(op.service.promotable, op.verb, op.role)),
    ...(op.notice === null ? {} : notifyMeta(op.service, op.notice)),
    OCF_ROOT: place.root,
    OCF_RA_VERSION_MAJOR: '1',
    OCF_RA_VERSION_MINOR: '1',
    OCF_RESOURCE_INSTANCE: op.service.id,
    OCF_RESOURCE_PROVIDER: resource.provider,
    OCF_RESOURCE_TYPE: resource.type,
    OCF_RESKEY_crm_feature_set: featureSet,
    OCF_CHECK_LEVEL: String(op.check?.level ?? 0),
    HA_RSCTMP: place.tempDirectory,
    HA_LOGTAG: `${resource.type}(${op.service.id})`,
    // Log lines then come to standard error, from where the daemon takes them.
    HA_LOGFACILITY: 'none',
    HA_debug: '0',
    // Agents look for tools of the cluster, and for nothing else, in this one.
    HA_SBIN_DIR: place.tools,
    SEMPRE_NODE: place.node,
    SEMPRE_ATTRIBUTES: place.attributesDirectory,
    ...(place.scorePath === null ? {} : { SEMPRE_SCORE: place.scorePath }),
    HOME: '/',
    LC_ALL: 'C',
    PATH: `${place.tools}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
  };
}

function parameters({ params, paramsOn }: OcfResource, node: NodeId): Record<string, string> {
  const here = { ...params, ...(Object.hasOwn(paramsOn, node) ? paramsOn[node] : {}) };
  return Object.fromEntries(Object.entries(here).map(([name, value]) => [`OCF_RESKEY_${name}`, value]));
}

/** Both ends are named on both ends. */
function migration({ verb, peer }: AgentOp, node: NodeId): Record<string, string> {
  if (peer === null || (verb !== 'migrateTo' && verb !== 'migrateFrom')) return {};
  const [source, target] = verb === 'migrateTo' ? [node, peer] : [peer, node];
  return { migrate_source: source, migrate_target: target };
}

/**
 * Where copies are alike and one a node, which copy this is only has to be stable and different from the others. Those that differ know
 * their numbers.
 */
function cloneMeta(service: Service, node: string): Record<string, string> {
  const { copyOf } = service;
  return meta({
    clone: copyOf?.number ?? copyNumber(service, node),
    clone_max: copyOf?.max ?? service.instances,
    clone_node_max: copyOf?.perNode ?? 1,
    globally_unique: String(copyOf !== undefined),
    interleave: String(service.interleave),
    ordered: String(service.ordered),
    notify: String(service.notify),
  });
}

const copyNumber = (service: Service, node: string): number => Math.max(0, service.on.indexOf(node));

/** Under the names of API 1.1 and under those that it replaced: most agents know only the latter. */
function roleMeta(
  { max, perNode }: NonNullable<Service['promotable']>,
  verb: Verb,
  role: Role,
): Record<string, string> {
  const limits = { promoted_max: max, promoted_node_max: perNode, master_max: max, master_node_max: perNode };
  const asked = verb === 'check' && role !== 'unknown';
  return meta({
    promotable: 'true',
    ...limits,
    ...(asked ? { role: role === 'promoted' ? 'Promoted' : 'Unpromoted' } : {}),
  });
}

function notifyMeta(service: Service, notice: Notice): Record<string, string> {
  const { start, stop, promote, demote, active, inactive, promoted, unpromoted, available } = notice;
  const lists = { start, stop, promote, demote, active, inactive, promoted, unpromoted };
  const all = { ...lists, master: promoted, slave: unpromoted };
  const out: Record<string, string> = {
    notify: 'true',
    notify_type: notice.type,
    notify_operation: notice.operation,
    notify_available_uname: available.join(' '),
    notify_all_uname: service.on.join(' '),
    notify_all_hosts: service.on.join(' '),
  };
  for (const [name, nodes] of Object.entries(all)) {
    out[`notify_${name}_resource`] = nodes.map((node) => `${service.id}:${copyNumber(service, node)}`).join(' ');
    out[`notify_${name}_uname`] = nodes.join(' ');
  }
  return meta(out);
}

function meta(values: Readonly<Record<string, string | number>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [`OCF_RESKEY_CRM_meta_${name}`, String(value)]),
  );
}
