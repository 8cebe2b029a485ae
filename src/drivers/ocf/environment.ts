/** What an OCF agent gets to know: everything by environment variables, none of them from the daemon's own environment. */
import type { OcfResource, Service } from '../../core/model.ts';
import type { AgentOp, Verb } from '../../core/ports.ts';

/** Actions of the OCF API that the driver asks for. */
export type Action = 'monitor' | 'start' | 'stop';

export const actionOf = (verb: Exclude<Verb, 'reload' | 'tune'>): Action =>
  verb === 'probe' || verb === 'check' ? 'monitor' : verb;

export interface AgentPlace {
  readonly root: string;
  readonly node: string;
  /** Where agents keep their own state until the next boot. */
  readonly tempDirectory: string;
}

/** The release of Pacemaker's conventions that the variables follow: agents compare it to learn what they may use. */
const featureSet = '3.16.2';

export function agentEnvironment(op: AgentOp, resource: OcfResource, place: AgentPlace): Record<string, string> {
  const verb = op.verb === 'reload' || op.verb === 'tune' ? 'check' : op.verb;
  return {
    ...parameters(resource),
    ...meta({
      timeout: op.timeoutMs,
      // Agents tell a probe, which must not complain of what is not there yet, by an interval of zero.
      interval: verb === 'check' ? op.service.check.everyMs : 0,
      name: actionOf(verb),
      on_node: place.node,
    }),
    ...(op.service.clone ? cloneMeta(op.service, place.node) : {}),
    OCF_ROOT: place.root,
    OCF_RA_VERSION_MAJOR: '1',
    OCF_RA_VERSION_MINOR: '1',
    OCF_RESOURCE_INSTANCE: op.service.id,
    OCF_RESOURCE_PROVIDER: resource.provider,
    OCF_RESOURCE_TYPE: resource.type,
    OCF_RESKEY_crm_feature_set: featureSet,
    OCF_CHECK_LEVEL: '0',
    HA_RSCTMP: place.tempDirectory,
    HA_LOGTAG: `${resource.type}(${op.service.id})`,
    // Log lines then come to standard error, from where the daemon takes them.
    HA_LOGFACILITY: 'none',
    HA_debug: '0',
    HOME: '/',
    LC_ALL: 'C',
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  };
}

function parameters(resource: OcfResource): Record<string, string> {
  return Object.fromEntries(Object.entries(resource.params).map(([name, value]) => [`OCF_RESKEY_${name}`, value]));
}

/** Copies are alike and one a node: which copy this is, only has to be stable and different from the others. */
function cloneMeta(service: Service, node: string): Record<string, string> {
  return meta({
    clone: Math.max(0, service.on.indexOf(node)),
    clone_max: service.instances,
    clone_node_max: 1,
    globally_unique: 'false',
    notify: 'false',
  });
}

function meta(values: Readonly<Record<string, string | number>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [`OCF_RESKEY_CRM_meta_${name}`, String(value)]),
  );
}
