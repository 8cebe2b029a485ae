/** Fence devices: no services here, but what nodes are switched off with. No secret is copied. */

import { byNumber } from '../../../lib/compare.ts';
import type { FencingLevel, Input, PrimitiveConfig } from '../../../policy/input.ts';
import { readSets } from '../../../policy/rule/index.ts';
import { booleanOf, durationMsOf } from '../../../policy/rule/text.ts';
import { formatDuration } from '../../duration.ts';
import { nameFor } from '../fromHeartbeatText.ts';
import { isDevice } from './bare.ts';
import type { ImportDraft } from './draft.ts';
import { type Entry, plainValue } from './layers.ts';
import { type ImportNames, primitivesOf } from './names.ts';

export interface ImportedFencing {
  readonly devices: Record<string, Entry>;
  /** Levels of devices by node, where an order is given. */
  readonly levels: ReadonlyMap<string, readonly (readonly string[])[]>;
  /** Every node can be switched off. */
  readonly coversAll: boolean;
  readonly paths: ReadonlyMap<string, readonly string[]>;
}

/** Kinds of cluster-glue, with the names that their parameters have for an agent of today. */
const glue: Readonly<Record<string, { readonly agent: string; readonly params: Readonly<Record<string, string>> }>> = {
  'external/ipmi': { agent: 'fence_ipmilan', params: { ipaddr: 'ip', userid: 'username', passwd: 'password' } },
  'external/drac5': { agent: 'fence_drac5', params: { ipaddr: 'ip', userid: 'username', passwd: 'password' } },
  'external/sbd': { agent: 'fence_sbd', params: { sbd_device: 'devices' } },
  apcmaster: { agent: 'fence_apc', params: { ipaddr: 'ip', login: 'username', password: 'password' } },
};

/** They switch nothing off that does not answer. */
const forTests = /^(external\/)?(ssh|null|suicide)$|^fence_(dummy|null)$/;

const secrets = /passw|secret|token|community|api_?key/i;
const places = /_(file|script|path)$/i;
const plugNames = ['plug', 'port', 'n'];
const given = ['action', 'option', 'o', 'nodename', 'hostname'];

/** `input`: with its devices. `nodes`: names in the cluster file, without guests, which are fenced by stopping their machines. */
export function fencingOf(
  input: Input,
  names: ImportNames,
  nodes: readonly string[],
  draft: ImportDraft,
): ImportedFencing {
  const configs = input.resources.flatMap(primitivesOf).filter(isDevice);
  const ids = new Map<string, string>();
  const devices: Record<string, Entry> = {};
  const switches = new Map<string, readonly string[]>();
  const taken = new Set<string>();
  for (const config of configs) {
    const id = nameFor(config.id, taken);
    taken.add(id);
    const made = deviceOf(config, id, names, nodes, draft);
    if (made === null) continue;
    ids.set(config.id, id);
    devices[id] = made.entry;
    switches.set(id, made.switches);
  }
  const levels = levelsOf(input.topology, ids, switches, names, input, draft);
  const covered = new Set([...switches.values()].flat());
  const paths = new Map([...ids].map(([was, id]) => [was, ['fencing', 'devices', id]] as const));
  return { devices, levels, coversAll: nodes.length > 0 && nodes.every((node) => covered.has(node)), paths };
}

function deviceOf(
  { id: was, agent, parameters, meta }: PrimitiveConfig,
  id: string,
  names: ImportNames,
  nodes: readonly string[],
  draft: ImportDraft,
): { readonly entry: Entry; readonly switches: readonly string[] } | null {
  const { type } = agent;
  if (forTests.test(type)) draft.note(was, `${type} is for tests: nothing that does not answer is switched off by it`);
  const values = readSets(
    parameters.filter(({ rule }) => rule === null),
    { nowS: 0 },
  );
  const known = glue[type];
  const program = known?.agent ?? (/^fence_[\w.-]{1,58}$/.test(type) ? type : null);
  if (program === null) draft.note(was, `nothing is known that does what ${type} did: name a fence agent`);
  const targets = targetsOf(values, names, nodes);
  const params: Entry = {};
  for (const [name, value] of values) {
    if (name.startsWith('pcmk_') || given.includes(name) || plugNames.includes(name)) continue;
    const now = known?.params[name] ?? name;
    if (secrets.test(now) && !places.test(now)) {
      params[now] = `file:/etc/sempre/secrets/${id}`;
      draft.note(
        was,
        `its ${name} is not copied: put it into /etc/sempre/secrets/${id} on every node, readable by root only`,
      );
    } else params[now] = plainValue(value);
  }
  const unfences =
    readSets(
      meta.filter(({ rule }) => rule === null),
      { nowS: 0 },
    ).get('provides') === 'unfencing';
  const entry: Entry = {
    agent: program ?? draft.blank(`fence agent for ${id}`, 'fence_ipmilan'),
    ...(Object.keys(params).length === 0 ? {} : { params }),
    ...(Object.keys(targets.plugs).length > 0 ? { plugs: targets.plugs } : {}),
    ...(targets.plain.length > 0 ? { for: targets.plain } : {}),
    ...timesOf(values, was, draft),
    ...(unfences ? { unfence: true } : {}),
  };
  return { entry, switches: [...targets.plain, ...Object.keys(targets.plugs)] };
}

interface Targets {
  /** What the device calls each node, where that is not its name. */
  readonly plugs: Record<string, unknown>;
  readonly plain: readonly string[];
}

/** Who is switched by it: a map, a list, the host of a device of old, or everybody. */
function targetsOf(values: ReadonlyMap<string, string>, names: ImportNames, nodes: readonly string[]): Targets {
  const plugs: Record<string, unknown> = {};
  for (const pair of (values.get('pcmk_host_map') ?? '').split(/[;\s]+/)) {
    const [, host = '', ports = ''] = /^([^:=]+)[:=](.+)$/.exec(pair) ?? [];
    const node = names.node(host);
    if (node === null || !nodes.includes(node)) continue;
    const all = ports.split(',').map(plainValue);
    plugs[node] = all.length === 1 ? all[0] : all;
  }
  const list = (values.get('pcmk_host_list') ?? values.get('hostname') ?? values.get('hostlist') ?? '')
    .split(/[\s,;]+/)
    .flatMap((host) => names.node(host) ?? [])
    .filter((node) => nodes.includes(node));
  const isTold = list.length > 0 || Object.keys(plugs).length > 0;
  const plain = (isTold ? list : nodes).filter((node) => !(node in plugs));
  const plug = plugNames.map((name) => values.get(name)).find((value) => value !== undefined);
  const [only] = plain;
  if (plug === undefined || plain.length !== 1 || only === undefined) return { plugs, plain: [...new Set(plain)] };
  return { plugs: { ...plugs, [only]: plainValue(plug) }, plain: [] };
}

function timesOf(values: ReadonlyMap<string, string>, was: string, draft: ImportDraft): Entry {
  const delayMs = durationMsOf(values.get('pcmk_delay_base'));
  const timeoutMs = durationMsOf(values.get('pcmk_off_timeout') ?? values.get('pcmk_reboot_timeout'));
  if (values.has('pcmk_delay_max'))
    draft.note(was, 'pcmk_delay_max is left out: «quorum: {prefer, head-start}» says who fences first');
  const left = [...values.keys()].filter((name) =>
    /^pcmk_(?!host_(map|list|check|argument)$|delay_(base|max)$|(off|reboot)_timeout$)/.test(name),
  );
  if (left.length > 0) draft.note(was, `${left.join(', ')}: left out`);
  const within = (ms: number, minMs: number, maxMs: number): string =>
    formatDuration(Math.min(Math.max(ms, minMs), maxMs));
  return {
    ...(delayMs === null || delayMs <= 0 ? {} : { delay: within(delayMs, 0, 300_000) }),
    ...(timeoutMs === null || timeoutMs <= 0 ? {} : { timeout: within(timeoutMs, 1000, 900_000) }),
  };
}

// ---------------------------------------------------------------- levels

function levelsOf(
  topology: readonly FencingLevel[],
  ids: ReadonlyMap<string, string>,
  switches: ReadonlyMap<string, readonly string[]>,
  names: ImportNames,
  input: Input,
  draft: ImportDraft,
): ReadonlyMap<string, readonly (readonly string[])[]> {
  const levels = new Map<string, string[][]>();
  for (const level of topology.toSorted((a, b) => byNumber(a.index, b.index)))
    for (const node of nodesOfLevel(level, input).flatMap((name) => names.node(name) ?? [])) {
      const devices = level.devices.flatMap((device) => ids.get(device) ?? []);
      const usable = devices.filter((device) => switches.get(device)?.includes(node) === true);
      if (usable.length < level.devices.length)
        draft.note(level.id, `a level of ${node} names devices that are not for it, or not there: they are left out`);
      if (usable.length > 0) push(levels, node, usable);
    }
  return levels;
}

function push(levels: Map<string, string[][]>, node: string, devices: string[]): void {
  const known = levels.get(node);
  if (known === undefined) levels.set(node, [devices]);
  else known.push(devices);
}

function nodesOfLevel({ target }: FencingLevel, { nodes }: Input): readonly string[] {
  switch (target.kind) {
    case 'node':
      return [target.name];
    case 'pattern':
      return nodes.map(({ name }) => name).filter((name) => matches(target.pattern, name));
    case 'attribute':
      return nodes
        .filter(({ attributes }) => readSets(attributes, { nowS: 0 }).get(target.attribute) === target.value)
        .map(({ name }) => name);
  }
}

function matches(pattern: string, text: string): boolean {
  try {
    return new RegExp(pattern).test(text);
  } catch {
    return false;
  }
}

export const isFencingOn = (settings: ReadonlyMap<string, string>): boolean =>
  booleanOf(settings.get('stonith-enabled')) ?? true;
