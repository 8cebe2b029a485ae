/**
 * Whether the fence devices of a cluster file can work on this machine: the agents are here, they know their parameters, and
 * nothing that they must have is missing. With `ask`, each device is also asked for the power of each node.
 */
import { didYouMean } from '../config/suggest.ts';
import type { Cluster, FenceDevice, NodeId } from '../core/model.ts';
import { describeAgent, offers, runAgent } from '../drivers/fence/agent.ts';
import { findAgent } from '../drivers/fence/find.ts';
import { otherNameOf } from '../drivers/fence/input.ts';
import type { AgentDescription, AgentParameter } from '../drivers/fence/metadata.ts';
import { howItEnded, judge } from '../drivers/fence/outcome.ts';
import { resolveParams } from '../drivers/fence/secrets.ts';

export { listAgents } from '../drivers/fence/find.ts';

export interface DeviceCheck {
  readonly device: string;
  readonly agent: string;
  /** Null: it is not on this machine. */
  readonly path: string | null;
  /** Sentences; none: it can work. */
  readonly mistakes: readonly string[];
  /** What the device said, where it was asked. */
  readonly power: Readonly<Record<NodeId, string>>;
}

export interface CheckOptions {
  /** Ask the devices themselves. */
  readonly ask: boolean;
  readonly folders?: readonly string[];
}

export const checkFencing = (cluster: Cluster, options: CheckOptions): Promise<DeviceCheck[]> =>
  Promise.all(cluster.fencing.devices.map((device) => checkDevice(cluster, device, options)));

/** What the agent of this name takes and can do. */
export async function describeByName(
  agent: string,
): Promise<{ ok: true; path: string; agent: AgentDescription } | { ok: false; because: string }> {
  const found = findAgent(agent);
  if (!found.ok) return found;
  const described = await describeAgent(found.path);
  return described.ok ? { ...described, path: found.path } : { ok: false, because: `${agent}: ${described.because}` };
}

async function checkDevice(cluster: Cluster, device: FenceDevice, options: CheckOptions): Promise<DeviceCheck> {
  const base = { device: device.id, agent: device.agent, power: {} };
  const found = findAgent(device.agent, options.folders);
  if (!found.ok) return { ...base, path: null, mistakes: [found.because] };
  const { path } = found;
  const described = await describeAgent(path);
  if (!described.ok) return { ...base, path, mistakes: [described.because] };
  const nodes = nodesOf(cluster, device);
  const mistakes = [...mistakesIn(described.agent, device, nodes), ...(await unreadable(device))];
  if (mistakes.length > 0) return { ...base, path, mistakes };
  const refused = offers(described.agent, 'validate-all') ? await validate(path, device, nodes) : [];
  if (refused.length > 0 || !options.ask) return { ...base, path, mistakes: refused };
  return { ...base, path, ...(await askPower(path, device, nodes)) };
}

/** Nodes that the device switches off. */
const nodesOf = (cluster: Cluster, device: FenceDevice): readonly NodeId[] =>
  cluster.nodes.filter((node) => node.fence.some((level) => level.includes(device.id))).map(({ id }) => id);

/** Pure: what its own description says of its parameters. */
export function mistakesIn(agent: AgentDescription, device: FenceDevice, nodes: readonly NodeId[]): string[] {
  const known = new Map(agent.parameters.map((parameter) => [parameter.name, parameter]));
  return [
    ...Object.keys(device.params).flatMap((name) => unknown(name, known)),
    ...Object.entries(device.params).flatMap(([name, value]) => misfit(known.get(name), value)),
    ...agent.parameters.filter((parameter) => isMissing(parameter, agent, device, nodes)).map(missing),
    ...lacking(agent, device),
  ];
}

function unknown(name: string, known: ReadonlyMap<string, AgentParameter>): string[] {
  // Agents ignore what they do not know: a typing mistake would be noticed on the day that it matters.
  if (known.has(name) || known.has(otherNameOf(name) ?? '')) return [];
  const near = didYouMean(name, known.keys());
  return [`it has no parameter ${name}${near === null ? '' : `: ${near}`}`];
}

function misfit(parameter: AgentParameter | undefined, value: string): string[] {
  if (parameter === undefined || value.startsWith('file:')) return [];
  const { name, type, options } = parameter;
  if ((type === 'integer' || type === 'second') && !/^-?\d+(\.\d+)?$/.test(value))
    return [`the parameter ${name} must be a number`];
  const given = options.filter((option) => option !== '');
  if (type === 'select' && given.length > 0 && !given.includes(value))
    return [`the parameter ${name} must be one of ${given.join(', ')}`];
  return [];
}

/** Said by Sempre with each call. */
const ours = new Set(['action', 'option', 'nodename']);

function isMissing(
  parameter: AgentParameter,
  agent: AgentDescription,
  device: FenceDevice,
  nodes: readonly NodeId[],
): boolean {
  if (!parameter.required || parameter.deprecated || parameter.default !== null || ours.has(parameter.name))
    return false;
  const names = [parameter.name, parameter.replaces, otherNameOf(parameter.name)];
  const older = agent.parameters.filter(({ replaces }) => replaces === parameter.name).map(({ name }) => name);
  if ([...names, ...older].some((name) => name !== null && name in device.params)) return false;
  const isPlug = parameter.name === 'plug' || parameter.name === 'port';
  return !(isPlug && nodes.length > 0 && nodes.every((node) => (device.plugs[node] ?? []).length > 0));
}

const missing = ({ name, about }: AgentParameter): string =>
  name === 'plug' || name === 'port'
    ? 'it must be told what the device calls each node: plugs: {NODE: PLUG}'
    : `it needs the parameter ${name}${about === '' ? '' : ` (${about})`}`;

function lacking(agent: AgentDescription, device: FenceDevice): string[] {
  // An agent that tells no actions at all says nothing about them.
  if (agent.actions.length === 0) return [];
  const wanted = ['off', ...(device.unfence ? ['on'] : [])];
  return wanted.filter((action) => !offers(agent, action)).map((action) => `it does not offer the action ${action}`);
}

async function unreadable(device: FenceDevice): Promise<string[]> {
  const resolved = await resolveParams(device.params);
  return resolved.ok ? [] : [resolved.because];
}

/** As the daemon would call it; a device that needs no plug is asked once. */
function callsOf(device: FenceDevice, nodes: readonly NodeId[]): { node: NodeId; plug: string | null }[] {
  const plugsOf = (node: NodeId): readonly (string | null)[] => device.plugs[node] ?? [null];
  return nodes.flatMap((node) => plugsOf(node).map((plug) => ({ node, plug })));
}

async function validate(path: string, device: FenceDevice, nodes: readonly NodeId[]): Promise<string[]> {
  const [first] = callsOf(device, nodes);
  if (first === undefined) return [];
  const call = { ...first, action: 'validate-all', params: device.params };
  const ran = await runAgent(path, call, device.timeoutMs);
  if (!ran.ok) return [ran.because];
  const isWell = ran.ended.kind === 'exited' && ran.ended.code === 0;
  return isWell ? [] : [`it refuses its parameters: ${howItEnded(ran.ended, device.timeoutMs)}`];
}

async function askPower(
  path: string,
  device: FenceDevice,
  nodes: readonly NodeId[],
): Promise<Pick<DeviceCheck, 'power' | 'mistakes'>> {
  const power: Record<NodeId, string> = {};
  const mistakes: string[] = [];
  await Promise.all(
    callsOf(device, nodes).map(async ({ node, plug }) => {
      const ran = await runAgent(path, { node, plug, action: 'status', params: device.params }, device.timeoutMs);
      const result = ran.ok ? judge('status', ran.ended, device.timeoutMs) : ran;
      const name = plug === null ? node : `${node} (${plug})`;
      power[name] = result.ok ? (result.power ?? 'unknown') : 'unknown';
      if (!result.ok) mistakes.push(`asked for ${name}: ${result.because}`);
    }),
  );
  return { power, mistakes: mistakes.sort((a, b) => (a < b ? -1 : 1)) };
}
