/** What switches nodes off: Heartbeat's kinds of device as fence agents. No secret is copied. */

import type { ImportedNode, ReadHaCf } from './fromHeartbeatNodes.ts';
import { type ClusterFileDraft, flowList, flowMapping, mark, nameFor, scalar, sourced } from './fromHeartbeatText.ts';
import type { StonithDevice } from './heartbeat.ts';

/** What makes it certain that a lost node has ended: devices, a person, or nothing. */
export type Certainty = 'devices' | 'operator' | 'nothing';

export interface ImportedFencing {
  readonly certainty: Certainty;
  readonly devices: readonly ImportedDevice[];
}

interface ImportedDevice {
  readonly id: string;
  /** Null: there is no agent that is known to do the same. */
  readonly agent: string | null;
  readonly kind: string;
  readonly params: readonly (readonly [string, string])[];
  readonly secret: string | null;
  readonly switches: readonly string[];
  readonly from: string;
}

type Meaning = 'node' | 'secret' | 'ignored' | { readonly param: string };
interface Kind {
  readonly agent: string;
  /** What its values mean, in the order of Heartbeat; nodes that none names are all switched by it. */
  readonly values: readonly Meaning[];
  readonly secret: string;
  readonly always?: readonly (readonly [string, string])[];
}

const ip: Meaning = { param: 'ip' };
const user: Meaning = { param: 'username' };
const lan = [['lanplus', '1']] as const;

const kinds: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ['apcmaster', { agent: 'fence_apc', values: [ip, user, 'secret'], secret: 'password' }],
  ['apcmastersnmp', { agent: 'fence_apc_snmp', values: [ip, { param: 'ipport' }, 'secret'], secret: 'community' }],
  ['wti_nps', { agent: 'fence_wti', values: [ip, 'secret'], secret: 'password' }],
  ['drac3', { agent: 'fence_drac', values: [ip, user, 'secret'], secret: 'password' }],
  ['external/drac5', { agent: 'fence_drac5', values: ['node', ip, user, 'secret'], secret: 'password' }],
  [
    'external/ipmi',
    { agent: 'fence_ipmilan', values: ['node', ip, user, 'secret', 'ignored'], secret: 'password', always: lan },
  ],
  [
    'ipmilan',
    {
      agent: 'fence_ipmilan',
      values: ['node', ip, { param: 'ipport' }, 'ignored', 'ignored', user, 'secret', 'ignored'],
      secret: 'password',
      always: lan,
    },
  ],
]);

/** They switch nothing off that does not answer. */
const forTests = new Set(['null', 'ssh', 'external/ssh', 'suicide', 'external/null']);

export function readFencing(
  haCf: ReadHaCf | null,
  nodes: readonly ImportedNode[],
  draft: ClusterFileDraft,
): ImportedFencing {
  const devices: ImportedDevice[] = [];
  let certainty: Certainty = 'nothing';
  for (const device of haCf?.value.stonith ?? []) {
    const source = sourced(haCf?.file ?? '', device);
    if (forTests.has(device.type)) {
      draft.note(source, `the device «${device.type}» is for tests and makes nothing certain: left out`);
    } else if (device.type === 'meatware') {
      if (certainty === 'nothing') certainty = 'operator';
      draft.note(source, 'meatware waits for a person: here that is «sempre node confirm-off NODE»');
    } else {
      certainty = 'devices';
      devices.push(deviceOf(device, mark(source), nodes, devices));
      if (device.host !== '*')
        draft.note(source, `only ${device.host} reaches this device; here every node must be able to use it`);
    }
  }
  return { certainty, devices };
}

function deviceOf(
  { type, parameters }: StonithDevice,
  from: string,
  nodes: readonly ImportedNode[],
  others: readonly ImportedDevice[],
): ImportedDevice {
  const kind = kindOf(type, parameters);
  const named = parameters[kind?.values.indexOf('node') ?? -1]?.toLowerCase();
  const node = nodes.find(({ was }) => was === named)?.id;
  const params = (kind?.values ?? []).flatMap((meaning, at): (readonly [string, string])[] => {
    const value = parameters[at];
    return typeof meaning === 'string' || value === undefined ? [] : [[meaning.param, value]];
  });
  const name = type.replace(/^external\//, '');
  return {
    id: nameFor(node === undefined ? name : `${name}-${node}`, new Set(others.map(({ id }) => id))),
    agent: kind?.agent ?? null,
    kind: type,
    params: [...params, ...(kind?.always ?? [])],
    secret: kind?.secret ?? null,
    switches: node === undefined ? nodes.map(({ id }) => id) : [node],
    from,
  };
}

/** Null also for values of another form than is known: a password would be taken for something else. */
function kindOf(type: string, parameters: readonly string[]): Kind | null {
  const kind = kinds.get(type) ?? null;
  if (kind === null || parameters.some((each) => each.includes('='))) return null;
  const isWhole = parameters.length > kind.values.indexOf('secret') && parameters.length <= kind.values.length;
  return isWhole ? kind : null;
}

/** Writes `fencing:`, if there is something to write. */
export function writeFencing({ devices }: ImportedFencing, draft: ClusterFileDraft): void {
  if (devices.length === 0) return;
  draft.gap();
  draft.line(0, 'fencing:');
  draft.line(1, 'devices:');
  for (const device of devices) writeDevice(device, draft);
}

function writeDevice(
  { id, agent, kind, params, secret, switches, from }: ImportedDevice,
  draft: ClusterFileDraft,
): void {
  draft.line(2, `${id}:`, from);
  if (agent === null) {
    const blank = draft.blank(`fence agent for ${id}`);
    draft.line(3, `agent: ${scalar(blank)}`, 'fill in: «sempre fence list-agents» shows those of this machine');
    draft.note(null, `the device «${kind}» (${from}) has no known fence agent: its values are in ha.cf`);
  } else {
    const file = `/etc/sempre/secrets/${id}`;
    const all = secret === null ? params : [...params, [secret, `file:${file}`] as const];
    draft.line(3, `agent: ${agent}`, kind);
    draft.line(3, `params: ${flowMapping(all)}`);
    if (secret !== null)
      draft.note(null, `${file}: put the ${secret} of ${id} (${from}) there, on every node, readable by root only`);
  }
  draft.line(3, `for: ${flowList(switches)}`, 'if the device calls them otherwise: plugs: {NODE: PLUG}');
}
