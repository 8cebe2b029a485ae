/**
 * How a lab host comes into being, is entered, and is killed: Linux namespaces through `unshare` and `nsenter`.
 *
 * The lab's own process 1 (`root-init.sh`) holds the switch; the hosts' process namespaces lie inside of its, so the death
 * of that one process ends the lab. Nothing is changed on the machine itself: cables, mounts and processes exist only in
 * these namespaces and vanish with them.
 */
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { failure, type Result, success } from '../src/lib/errors.ts';
import { identify, initBelow, isAlive, type ProcessId, signal } from './process-id.ts';
import { run, toolEnv } from './run.ts';

const ownNamespaces = ['--net', '--mount', '--uts', '--ipc', '--pid', '--fork', '--mount-proc'];
const bootTimeoutMs = 20_000;

/** A host whose process 1 waits for its cables. `go` lets it run; if its creator dies before that, it ends by itself. */
export interface Booting {
  readonly init: ProcessId;
  go(): void;
}

/** `ephemeral`: the kernel kills the lab when this process dies, however it dies. */
export function bootRoot(memory: string, ephemeral: boolean): Promise<Result<Booting>> {
  const script = join(import.meta.dirname, 'root-init.sh');
  const unshare = ['unshare', ...ownNamespaces, 'bash', script, memory];
  if (!ephemeral) return boot('the lab', unshare);
  return boot('the lab', ['setpriv', '--pdeathsig', 'KILL', 'unshare', '--kill-child', ...unshare.slice(1)]);
}

export interface HostSpec {
  readonly name: string;
  /** Where the changed files of its /etc and /var are, as seen in the lab's root. */
  readonly disk: string;
  /** Becomes /var/lib/sempre. */
  readonly stateDirectory: string;
  readonly checkout: string;
  /** Folder with the sockets of its fence device and watchdog; empty: it has none. */
  readonly keeper: string;
  /** Program and arguments that its supervisor keeps running; empty: none. */
  readonly daemon: readonly string[];
}

export function bootHost(root: ProcessId, host: HostSpec): Promise<Result<Booting>> {
  const script = join(import.meta.dirname, 'host-init.sh');
  const enter = ['nsenter', '-t', String(root.pid), '--mount', '--pid', '--'];
  const init = ['bash', script, host.name, host.disk, host.stateDirectory, host.checkout, host.keeper, ...host.daemon];
  return boot(host.name, [...enter, 'unshare', ...ownNamespaces, ...init]);
}

/** The command that runs `argv` inside of a host, as if it were typed there. */
export function inHost(init: ProcessId, argv: readonly string[], directory = '/'): string[] {
  return [...enterHost(init), 'env', `--chdir=${directory}`, ...argv];
}

const enterHost = (init: ProcessId): string[] => [
  'nsenter',
  '-t',
  String(init.pid),
  '-m',
  '-u',
  '-i',
  '-n',
  '-p',
  '--',
];

/** The command that runs `argv` on a host's network, otherwise in our own world: it is our child and dies by our signals. */
export const inNetwork = (init: ProcessId, argv: readonly string[]): string[] => [
  'nsenter',
  '-t',
  String(init.pid),
  '-n',
  '--',
  ...argv,
];

/** Kills a host or the lab at once and waits until the kernel has buried it. */
export async function kill(init: ProcessId): Promise<boolean> {
  signal(init, 'SIGKILL');
  for (let waitedMs = 0; waitedMs < 10_000 && isAlive(init); waitedMs += 5)
    await new Promise((resolve) => setTimeout(resolve, 5));
  return !isAlive(init);
}

/** The supervisor of a node that is no host but a group of plain processes. */
export function bootPlain(
  what: string,
  argv: readonly string[],
  env: NodeJS.ProcessEnv,
  ephemeral: boolean,
): Promise<Result<Booting>> {
  const die = ephemeral ? ['setpriv', '--pdeathsig', 'KILL'] : [];
  return boot(what, [...die, ...argv], identify, { ...bootEnv(), ...env });
}

/** Starts an init script and waits until it says that it has set itself up. `find`: the process that it is by then. */
function boot(what: string, argv: readonly string[], find = initBelow, env = bootEnv()): Promise<Result<Booting>> {
  const [program = '', ...args] = argv;
  const child = spawn(program, args, { detached: true, stdio: ['pipe', 'pipe', 'pipe'], env });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    said = (said + chunk).slice(-2000);
  });
  child.stdin.on('error', () => {});
  return new Promise((resolve) => {
    const refuse = (because: string): void => {
      clearTimeout(timer);
      child.kill('SIGKILL');
      resolve(
        failure(
          'UNSUPPORTED',
          `${what} could not be started: ${because}`,
          'sempre lab up examples/loopback/cluster.yaml',
        ),
      );
    };
    const timer = setTimeout(() => refuse(`no answer after ${bootTimeoutMs} ms`), bootTimeoutMs);
    child.once('error', (error) => refuse(error.message));
    child.once('exit', (code) => refuse(said.trim() || `${program} ended with ${code}`));
    child.stdout.once('data', () => {
      const init = child.pid === undefined ? null : find(child.pid);
      if (init === null) return refuse('its first process cannot be found under /proc');
      clearTimeout(timer);
      child.removeAllListeners('exit');
      child.stdout.destroy();
      child.unref();
      resolve(success({ init, go: () => letGo(child) }));
    });
  });
}

function letGo(child: ReturnType<typeof spawn>): void {
  child.stdin?.end('go\n');
  child.stderr?.destroy();
}

/** Hosts do not inherit what npm, a test runner or a user's shell put into the environment. */
function bootEnv(): NodeJS.ProcessEnv {
  const checkout = dirname(import.meta.dirname);
  // As the launcher sets it: many daemons start here on one machine.
  const cache = join(checkout, 'node_modules/.cache/sempre');
  return { PATH: toolEnv.PATH, LANG: 'C.UTF-8', HOME: '/root', SEMPRE_HOME: checkout, NODE_COMPILE_CACHE: cache };
}

/** Whether this machine lets us make namespaces at all: in a container without privileges even root may not. */
export async function canMakeNamespaces(): Promise<boolean> {
  if (process.getuid?.() !== 0) return false;
  return (await run(['unshare', ...ownNamespaces, 'mount', '--make-rprivate', '/'])).code === 0;
}
