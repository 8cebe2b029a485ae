/** The options of the daemon. Pure but for the name of this machine. */
import { hostname } from 'node:os';
import { parseArgs } from 'node:util';
import { failure, type Result, success } from '../lib/errors.ts';

export interface DaemonOptions {
  readonly configFile: string;
  readonly keyFile: string;
  readonly stateDirectory: string;
  readonly runDirectory: string;
  /** Null: the machine's own name. */
  readonly node: string | null;
  readonly debug: boolean;
  /** Searched for fence agents before the folders of the system; null: no other. */
  readonly agentFolder: string | null;
  /** Used in the place of each watchdog that the cluster file names. */
  readonly watchdog: string | null;
  /** Size of the flight recorder's files together; 0: none. */
  readonly recorderMb: number;
}

export const daemonHelp = `sempre daemon: runs this node of the cluster in the foreground.

  --config FILE   cluster file for the first start (default /etc/sempre/cluster.yaml);
                  later the cluster's own copy counts: change it with sempre apply
  --key FILE      the secret of the cluster, where it is kept in a file (default /etc/sempre/cluster.key);
                  a node that ran sempre init or sempre join has its keys in its state directory
  --state DIR     what must survive a restart (default /var/lib/sempre)
  --run DIR       socket and what must not survive a boot (default /run/sempre)
  --node NAME     which node of the cluster file this is (default: as init or join
                  were told, or the name of this machine)
  --debug         also show what agents print
  --recorder MB   how much the flight recorder keeps of what this node decided (default 32, 0 for none);
                  see sempre sim --journal
  --fence-agents DIR   for labs: a folder with fence agents that come before the system's
  --watchdog PATH      for labs: used in the place of every watchdog of the cluster file
  -h, --help      show this

SIGTERM ends the daemon and leaves its services running.
`;

/** Null when only help was asked for. */
export function parseOptions(argv: readonly string[]): Result<DaemonOptions | null> {
  try {
    const { values } = parseArgs({ args: [...argv], options: known, strict: true, allowPositionals: false });
    if (values.help) return success(null);
    return success({
      configFile: values.config,
      keyFile: values.key,
      stateDirectory: values.state,
      runDirectory: values.run,
      node: values.node ?? null,
      debug: values.debug,
      agentFolder: values['fence-agents'] ?? null,
      watchdog: values.watchdog ?? null,
      recorderMb: megabytes(values.recorder),
    });
  } catch (error) {
    return failure('USAGE', error instanceof Error ? error.message : String(error), 'sempre daemon --help');
  }
}

function megabytes(text: string): number {
  if (/^\d{1,4}$/.test(text)) return Number(text);
  throw new RangeError(`--recorder takes whole megabytes from 0 to 9999, not ${text}`);
}

const known = {
  config: { type: 'string', default: '/etc/sempre/cluster.yaml' },
  key: { type: 'string', default: '/etc/sempre/cluster.key' },
  state: { type: 'string', default: '/var/lib/sempre' },
  run: { type: 'string', default: '/run/sempre' },
  node: { type: 'string' },
  debug: { type: 'boolean', default: false },
  'fence-agents': { type: 'string' },
  watchdog: { type: 'string' },
  recorder: { type: 'string', default: '32' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** Which node of the cluster this machine is: the one of the given name, or of the machine's name with or without domain. */
export function findSelf(asked: string | null, nodes: readonly string[], machine = hostname()): Result<string> {
  const names = asked === null ? [machine, machine.split('.')[0] ?? machine] : [asked];
  const found = names.find((name) => nodes.includes(name));
  if (found !== undefined) return success(found);
  const who = asked === null ? `this machine is called ${machine}` : `--node says ${asked}`;
  return failure(
    'NOT_IN_CLUSTER',
    `${who}, but the nodes of the cluster are ${nodes.join(', ')}`,
    'sempre daemon --node NAME',
  );
}
