/** Which calls of podman or docker the driver makes. Both take the same words here. Pure; nothing goes through a shell. */
import { fileURLToPath } from 'node:url';
import type { ContainerMount, ContainerResource, NodeId, Service, ServiceId } from '../../core/model.ts';
import { agentTools } from '../ocf_api/environment.ts';

export type Argv = readonly [string, ...string[]];

type Engine = ContainerResource['engine'];

/** Whose container it is, and with which definition it was started: the container itself tells. */
export const labels = { node: 'sempre.node', service: 'sempre.service', digest: 'sempre.digest' } as const;

/** Names of the file hold neither «_» nor «.»: no two services of a machine meet here. */
export const containerName = (node: NodeId, id: ServiceId): string => `sempre_${node}_${id.replaceAll(':', '.')}`;

/** What it is called inside. */
export const hostName = (id: ServiceId): string => id.replaceAll(':', '-');

const wanted = [
  '"status":{{json .State.Status}}',
  '"exitCode":{{json .State.ExitCode}}',
  '"labels":{{json .Config.Labels}}',
];

export const inspect = (engine: Engine, name: string): Argv => [
  engine,
  'container',
  'inspect',
  '--format',
  `{${wanted.join(',')}}`,
  name,
];

/** Succeeds and prints nothing when there is none: an engine that does not answer fails. */
export const list = (engine: Engine, name: string): Argv => [
  engine,
  'ps',
  '--all',
  '--quiet',
  '--filter',
  `name=^${name.replaceAll('.', '\\.')}$`,
];

export const inspectImage = (engine: Engine, image: string): Argv => [
  engine,
  'image',
  'inspect',
  '--format',
  '{{.Id}}',
  image,
];

export const stop = (engine: Engine, name: string, seconds: number): Argv => [
  engine,
  'stop',
  '-t',
  String(seconds),
  name,
];

export const kill = (engine: Engine, name: string): Argv => [engine, 'kill', '--signal=KILL', name];

/** With the volumes that have no name: nobody would find them again. */
export const remove = (engine: Engine, name: string): Argv => [engine, 'rm', '--force', '--volumes', name];

export const lastLogLine = (engine: Engine, name: string): Argv => [engine, 'logs', '--tail', '1', name];

/** `names`: variables that are handed on from the environment of the call, so that their values stand in no list of processes. */
export const execute = (engine: Engine, name: string, names: readonly string[], argv: readonly string[]): Argv => [
  engine,
  'exec',
  ...names.map((variable) => `--env=${variable}`),
  name,
  ...argv,
];

/** Where agents keep their own state; it ends with the container. */
export const agentFolder = '/run/resource-agents';

/** What an agent with roles sees inside: where it leaves what it tells the cluster, by which programs, and what gives it these. */
export const roleMounts = {
  state: '/run/sempre/state',
  tools: '/run/sempre/tools',
  withTools: '/run/sempre/with-tools',
} as const;

const withTools = fileURLToPath(new URL('with_tools', import.meta.url));

/**
 * Ours come behind those of the user: what makes it a service of the cluster, the user's options cannot change. It never comes back by
 * itself, because it may run elsewhere by then. `roles`: the folder of the node in which an agent with roles leaves what it says.
 */
export function run(
  name: string,
  service: Service,
  resource: ContainerResource,
  node: NodeId,
  roles: string | null = null,
): Argv {
  const { engine, image, argv, env, directory, stopSignal, network, mounts, options, agent } = resource;
  const all = { SEMPRE_NODE: node, SEMPRE_SERVICE: service.id, ...env };
  return [
    engine,
    'run',
    ...(network === 'host' ? [] : [`--hostname=${hostName(service.id)}`]),
    ...options,
    '--detach',
    `--name=${name}`,
    '--restart=no',
    `--pull=${resource.pull ? 'missing' : 'never'}`,
    `--label=${labels.node}=${node}`,
    `--label=${labels.service}=${service.id}`,
    `--label=${labels.digest}=${service.digest}`,
    ...(network === null ? [] : [`--network=${network}`]),
    ...(directory === null ? [] : [`--workdir=${directory}`]),
    ...(stopSignal === null ? [] : [`--stop-signal=${stopSignal}`]),
    ...Object.entries(all).map(([key, value]) => `--env=${key}=${value}`),
    ...portsOf(resource),
    ...mounts.map(volume),
    ...(agent === null ? [] : [`--tmpfs=${agentFolder}`]),
    ...(roles === null ? [] : mountsOfRoles(roles)),
    image,
    ...argv,
  ];
}

function portsOf({ ports, address }: ContainerResource): readonly string[] {
  const at = address === null ? '' : `${address.family === 6 ? `[${address.address}]` : address.address}:`;
  return ports.map((port) => `--publish=${at}${port}`);
}

const mountsOfRoles = (folder: string): readonly string[] => [
  `--volume=${folder}:${roleMounts.state}`,
  `--volume=${agentTools}:${roleMounts.tools}:ro`,
  `--volume=${withTools}:${roleMounts.withTools}:ro`,
];

const volume = ({ from, to, options }: ContainerMount): string =>
  `--volume=${[from, to, ...(options.length === 0 ? [] : [options.join(',')])].join(':')}`;

/** What the engine would take for something else than it is; null: nothing. The file's own checks are stricter. */
export function misfit({ image, options, ports, mounts, argv, env }: ContainerResource): string | null {
  const option = options.find((each) => !/^--[a-z]/.test(each));
  if (option !== undefined) return `${JSON.stringify(option)} is no option of a container: it begins with «--»`;
  if (!/^[A-Za-z0-9]/.test(image)) return `${JSON.stringify(image)} is no name of an image`;
  const port = ports.find((each) => !/^\d{1,5}:\d{1,5}\/(tcp|udp|sctp)$/.test(each));
  if (port !== undefined) return `${JSON.stringify(port)} is no pair of ports`;
  const mount = mounts.find(({ from, to, options: how }) => /[:\0]/.test(`${from}${to}${how.join('')}`) || from === '');
  if (mount !== undefined) return `${JSON.stringify(mount.from)} cannot be mounted at ${JSON.stringify(mount.to)}`;
  const text = [image, ...options, ...argv, ...Object.entries(env).flat()].find((each) => each.includes('\0'));
  return text === undefined ? null : `${JSON.stringify(text)} has a NUL character, which no argument can have`;
}

/** What the engines' own programs look at, where the daemon was given it: who they belong to, and which engine they talk to. */
const looksAt = ['HOME', 'XDG_RUNTIME_DIR', 'CONTAINERS_CONF', 'CONTAINER_HOST', 'DOCKER_HOST', 'DOCKER_CONFIG'];

export const inherited = (env: Readonly<Record<string, string | undefined>>): Record<string, string> =>
  Object.fromEntries(
    looksAt.flatMap((name) => {
      const value = env[name];
      return value === undefined || value === '' ? [] : [[name, value]];
    }),
  );
