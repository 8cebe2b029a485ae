/** What a service runs, in the core's form. */
import type {
  AddressResource,
  BalanceCheck,
  BalanceResource,
  BalanceServer,
  ClusterNode,
  CommandResource,
  ContainerMount,
  ContainerResource,
  NodeId,
  OcfResource,
  Resource,
  SystemdResource,
} from '../core/model.ts';
import type { BalanceFile, ServerFile } from './balanceSchema.ts';
import type { ContainerFile, MountFile } from './containerSchema.ts';
import { defaults } from './defaults.ts';
import { msOf } from './duration.ts';
import { familyOf, networkHolds, parseAddress } from './network.ts';
import { paramsOnNodes } from './policy/params.ts';
import type { ServiceFile } from './serviceSchema.ts';

export function resourceOf(file: ServiceFile, on: readonly NodeId[], nodes: readonly ClusterNode[]): Resource {
  if ('container' in file) return containerOf(file, on, nodes);
  if ('agent' in file) return agentOf(file, on, nodes);
  if ('command' in file) return commandOf(file);
  if ('balance' in file) return balanceOf(file.balance, nodes);
  return addressOf(file.address, on, nodes);
}

function agentOf(
  file: Extract<ServiceFile, { agent: string }>,
  on: readonly NodeId[],
  nodes: readonly ClusterNode[],
): OcfResource | SystemdResource {
  const [standard, first = '', type = ''] = file.agent.split(':');
  if (standard === 'systemd') return { kind: 'systemd', unit: unitName(file.agent.slice('systemd:'.length)) };
  const paramsOn = paramsOnNodes(file, on, nodes);
  return { kind: 'ocf', provider: first, type, params: texts(file.params), paramsOn };
}

const unitName = (text: string): string =>
  /\.(service|socket|target|timer|mount|automount|path|slice|scope|swap)$/.test(text) ? text : `${text}.service`;

function commandOf(file: Extract<ServiceFile, { command: unknown }>): CommandResource {
  return {
    kind: 'command',
    argv: argvOf(file.command),
    env: texts(file.env),
    directory: file.directory ?? defaults.command.directory,
    stopSignal: file['stop-signal'] ?? defaults.command.stopSignal,
    checkArgv: file.check?.command === undefined ? null : argvOf(file.check.command),
  };
}

const argvOf = (command: string | readonly (string | number | boolean)[]): string[] =>
  typeof command === 'string' ? ['/bin/sh', '-c', command] : command.map(String);

const texts = (values: Readonly<Record<string, string | number | boolean>> = {}): Record<string, string> =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [key, String(value)]));

function addressOf(
  file: Extract<ServiceFile, { address: unknown }>['address'],
  on: readonly NodeId[],
  nodes: readonly ClusterNode[],
): AddressResource {
  const details = typeof file === 'string' ? { ip: file } : file;
  const parsed = parseAddress(details.ip);
  const { address, prefix, family } = parsed.ok
    ? parsed.value
    : { address: details.ip, prefix: null, family: familyOf(details.ip) };
  return {
    kind: 'address',
    address,
    prefix: prefix ?? prefixFrom(address, on, nodes) ?? defaults.prefix[family],
    family,
    interface: details.interface ?? null,
    probeMs: msOf(details.probe, defaults.address.probeMs),
    drainMs: msOf(details.drain, defaults.address.drainMs),
  };
}

/** The prefix of the first network that holds the address, by node in `on`, then by link. */
export function prefixFrom(address: string, on: readonly NodeId[], nodes: readonly ClusterNode[]): number | null {
  const links = on.flatMap((id) => nodes.find((node) => node.id === id)?.links ?? []);
  return links.find((link) => networkHolds(link, address))?.prefix ?? null;
}

type ContainerServiceFile = Extract<ServiceFile, { container: unknown }>;

function containerOf(
  file: ContainerServiceFile,
  on: readonly NodeId[],
  nodes: readonly ClusterNode[],
): ContainerResource {
  const details = containerForm(file.container);
  return {
    kind: 'container',
    engine: details.engine ?? defaults.container.engine,
    image: details.image,
    pull: (details.pull ?? defaults.container.pull) === 'missing',
    argv: file.command === undefined ? [] : argvOf(file.command),
    env: texts(file.env),
    directory: file.directory ?? null,
    stopSignal: file['stop-signal'] ?? null,
    network: details.network ?? null,
    ports: (details.ports ?? []).map(portPair),
    mounts: (details.mounts ?? []).map(mountOf),
    options: details.options ?? [],
    // Nothing of it is left on the old node that could go on serving.
    address: details.address === undefined ? null : { ...addressOf(details.address, on, nodes), drainMs: 0 },
    checkArgv: checkArgvOf(file.check),
    agent: innerAgentOf(file, on, nodes),
  };
}

/** Several checks are those of the agent inside. */
const checkArgvOf = (check: ContainerServiceFile['check']): readonly string[] | null =>
  check === undefined || !('command' in check) || check.command === undefined ? null : argvOf(check.command);

/** A container in a word is its image. */
export const containerForm = (file: ContainerFile): Exclude<ContainerFile, string> =>
  typeof file === 'string' ? { image: file } : file;

function innerAgentOf(
  file: ContainerServiceFile,
  on: readonly NodeId[],
  nodes: readonly ClusterNode[],
): OcfResource | null {
  const { agent } = file;
  const found = agent === undefined ? null : agentOf({ ...file, agent }, on, nodes);
  return found?.kind === 'ocf' ? found : null;
}

/** One port alone is the same on both sides. */
function portPair(file: string | number): string {
  const [pair = '', protocol = 'tcp'] = String(file).split('/');
  const [outside = '', inside = outside] = pair.split(':');
  return `${outside}:${inside}/${protocol}`;
}

function mountOf(file: MountFile): ContainerMount {
  const [from = '', to = '', options] = typeof file === 'string' ? file.split(':') : [file.from, file.to, file.options];
  const create = typeof file === 'string' ? false : (file.create ?? false);
  return { from, to, options: options?.split(',') ?? [], create };
}

function balanceOf(file: BalanceFile, nodes: readonly ClusterNode[]): BalanceResource {
  const of = defaults.balance;
  const mode = file.mode ?? of.mode;
  return {
    kind: 'balance',
    engine: file.engine ?? of.engine,
    mode,
    listen: { address: file.address === undefined ? null : canonical(file.address), port: file.port },
    algorithm: file.algorithm ?? of.algorithm,
    servers: file.servers.flatMap((server) => serverOf(server, file.port, nodes)),
    check: balanceCheckOf(file.check ?? {}),
    connectTimeoutMs: msOf(file['connect-timeout'], of.connectTimeoutMs),
    idleTimeoutMs: msOf(file['idle-timeout'], of.idleTimeoutMs),
    forwardFor: mode === 'http' && (file['forwarded-for'] ?? of.forwardedForHttp),
    cookie: file.cookie ?? null,
    stats: file.stats ?? null,
  };
}

/** Empty when it names a node that is not there or has no such link. */
function serverOf(file: string | ServerFile, balancePort: number, nodes: readonly ClusterNode[]): BalanceServer[] {
  const server = serverForm(file);
  const wanted = server.address === undefined ? null : canonical(server.address);
  const node = nodes.find(({ id, links }) =>
    wanted === null ? id === server.node : links.some(({ address }) => address === wanted),
  );
  const address = wanted ?? node?.links[server.link ?? 0]?.address;
  if (address === undefined) return [];
  return [
    {
      id: server.id ?? server.node ?? address,
      node: node?.id ?? null,
      address,
      port: server.port ?? balancePort,
      weight: server.weight ?? defaults.balance.serverWeight,
    },
  ];
}

/** A server in a word is the name of a node, or an address. */
export const serverForm = (file: string | ServerFile): ServerFile =>
  typeof file !== 'string' ? file : parseAddress(file).ok ? { address: file } : { node: file };

function balanceCheckOf(file: NonNullable<BalanceFile['check']>): BalanceCheck {
  const of = defaults.balance.check;
  const everyMs = msOf(file.every, of.everyMs);
  return {
    kind: file.path === undefined ? 'tcp' : 'http',
    method: file.method ?? of.method,
    path: file.path ?? '/',
    everyMs,
    timeoutMs: msOf(file.timeout, Math.min(of.timeoutMs, everyMs)),
    rise: file.rise ?? of.rise,
    fall: file.fall ?? of.fall,
  };
}

function canonical(text: string): string {
  const parsed = parseAddress(text);
  return parsed.ok ? parsed.value.address : text;
}
