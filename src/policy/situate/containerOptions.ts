/** How the containers of a bundle are started: the parameters of their agents, to the letter, since digests are made of them. */
import type { BundleConfig } from '../input.ts';
import { booleanOf } from '../rule/text.ts';

export const defaultRemotePort = '3121';

export interface ReplicaAddress {
  readonly offset: number;
  /** Null: the bundle has no addresses of its own. */
  readonly ip: string | null;
}

export type Parameters = (readonly [name: string, value: string])[];

interface Mount {
  readonly source: string;
  readonly target: string;
  readonly options: string | null;
  /** Each replica has its own folder below `source`. */
  readonly isOwn: boolean;
}

export function containerParameters(
  bundle: BundleConfig,
  replica: ReplicaAddress,
  replicas: readonly ReplicaAddress[],
): Parameters {
  const mounts = mountsOf(bundle);
  const own = mounts.filter((mount) => mount.isOwn).map((mount) => sourceOf(bundle, replica, mount));
  const options =
    bundle.technology === 'rkt' ? rktOptions(bundle, replica, mounts) : dockerOptions(bundle, replica, mounts);
  const given = bundle.container.get('options');
  if (given !== undefined) options.push(given);
  options.push(hostOptions(bundle, replicas));
  const command = bundle.container.get('run-command') ?? (bundle.child === null ? null : '/usr/sbin/pacemaker-remoted');
  const parameters: Parameters = [
    ['image', bundle.container.get('image') ?? ''],
    ['allow_pull', 'true'],
    ['force_kill', 'false'],
    ['reuse', 'false'],
    ['run_opts', options.map((option) => ` ${option}`).join('')],
    ['mount_points', own.join(',')],
    ['monitor_cmd', '/bin/true'],
  ];
  if (command !== null) parameters.push(['run_cmd', command]);
  return parameters;
}

/** With a resource inside, the key of the cluster and a place for the logs are mounted too. */
function mountsOf(bundle: BundleConfig): Mount[] {
  const mounts: Mount[] = [];
  for (const storage of bundle.storage) {
    const source = storage.get('source-dir') ?? storage.get('source-dir-root');
    const target = storage.get('target-dir');
    if (source === undefined || target === undefined) continue;
    mounts.push({ source, target, options: storage.get('options') ?? null, isOwn: !storage.has('source-dir') });
  }
  if (bundle.child === null) return mounts;
  const hasLogs = mounts.some((mount) => mount.target === '/var/log');
  const key = '/etc/pacemaker/authkey';
  mounts.push({ source: key, target: key, options: null, isOwn: false });
  if (!hasLogs) mounts.push({ source: '/var/log/pacemaker/bundles', target: '/var/log', options: null, isOwn: true });
  return mounts;
}

const sourceOf = (bundle: BundleConfig, { offset }: ReplicaAddress, { source, isOwn }: Mount): string =>
  isOwn ? `${source}/${bundle.id}-${offset}` : source;

interface Port {
  readonly outside: string;
  readonly inside: string;
}

function portsOf(bundle: BundleConfig): Port[] {
  const ports: Port[] = [];
  for (const mapping of bundle.ports) {
    const port = mapping.get('port');
    const outside = port ?? mapping.get('range') ?? '';
    const inside = port === undefined ? outside : (mapping.get('internal-port') ?? outside);
    if (outside !== '') ports.push({ outside, inside });
  }
  const control = controlPort(bundle);
  if (bundle.child !== null) ports.push({ outside: control, inside: control });
  return ports;
}

export const controlPort = (bundle: BundleConfig): string => bundle.network?.get('control-port') ?? defaultRemotePort;

function dockerOptions(bundle: BundleConfig, replica: ReplicaAddress, mounts: readonly Mount[]): string[] {
  const options = bundle.technology === 'docker' ? ['--restart=no'] : [];
  if (replica.ip !== null) options.push(`-h ${bundle.id}-${replica.offset}`);
  options.push('-e PCMK_stderr=1');
  const network = bundle.container.get('network');
  if (network !== undefined) options.push(`--net=${network}`);
  options.push(`-e PCMK_remote_port=${controlPort(bundle)}`);
  for (const mount of mounts) {
    const suffix = mount.options === null ? '' : `:${mount.options}`;
    options.push(`-v ${sourceOf(bundle, replica, mount)}:${mount.target}${suffix}`);
  }
  for (const { outside, inside } of portsOf(bundle)) {
    if (replica.ip !== null) options.push(`-p ${replica.ip}:${outside}:${inside}`);
    // On the host's own network there is nothing to map.
    else if (network?.toLowerCase() !== 'host') options.push(`-p ${outside}:${inside}`);
  }
  return options;
}

function rktOptions(bundle: BundleConfig, replica: ReplicaAddress, mounts: readonly Mount[]): string[] {
  const options = replica.ip === null ? [] : [`--hostname=${bundle.id}-${replica.offset}`];
  options.push('--environment=PCMK_stderr=1');
  const network = bundle.container.get('network');
  if (network !== undefined) options.push(`--net=${network}`);
  options.push(`--environment=PCMK_remote_port=${controlPort(bundle)}`);
  for (const [volume, mount] of mounts.entries()) {
    const suffix = mount.options === null ? '' : `,${mount.options}`;
    options.push(`--volume vol${volume},kind=host,source=${sourceOf(bundle, replica, mount)}${suffix}`);
    options.push(`--mount volume=vol${volume},target=${mount.target}`);
  }
  for (const { outside, inside } of portsOf(bundle))
    options.push(replica.ip === null ? `--port=${inside}:${outside}` : `--port=${inside}:${replica.ip}:${outside}`);
  return options;
}

/** Every replica knows the names of all. */
function hostOptions(bundle: BundleConfig, replicas: readonly ReplicaAddress[]): string {
  const isDocker = bundle.technology !== 'rkt' && booleanOf(bundle.network?.get('add-host')) !== false;
  return replicas
    .filter(({ ip }) => ip !== null)
    .map(({ offset, ip }) =>
      isDocker ? ` --add-host=${bundle.id}-${offset}:${ip}` : ` --hosts-entry=${ip}=${bundle.id}-${offset}`,
    )
    .join('');
}

/** Null: there is no next one, or it is no address of four numbers. */
export function nextAddress(address: string): string | null {
  const match = /^(\d+)\.(\d+)\.(\d+)\.(\d+)/.exec(address);
  if (match === null) return null;
  const [first, second, third, fourth] = match.slice(1).map(Number) as [number, number, number, number];
  if (third > 253) return null;
  return fourth > 253 ? `${first}.${second}.${third + 1}.1` : `${first}.${second}.${third}.${fourth + 1}`;
}
