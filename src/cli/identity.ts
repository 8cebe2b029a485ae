/** The commands with which a cluster begins and grows: init, token, join, key, witness. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Format } from './context.ts';
import type { Actor } from './program.ts';

interface Places {
  readonly state: string;
  readonly config: string;
  readonly node?: string;
  readonly output: 'table' | 'json' | 'yaml';
}

const output = (): Option =>
  new Option('-o, --output <format>', 'how to show it').choices(['table', 'json', 'yaml']).default('table');

const placed = (command: Command): Command =>
  command
    .option('--node <name>', 'which node of the cluster file this machine is')
    .option('--state <dir>', 'state directory of the daemon', '/var/lib/sempre')
    .option('--config <file>', 'where the daemon looks for the cluster file', '/etc/sempre/cluster.yaml')
    .addOption(output());

export function addIdentity(program: Command, act: Actor, setCode: (code: number) => void): void {
  placed(
    program.command('init').description('begin a cluster: make its key, its authority and this node’s certificate'),
  )
    .option('--cluster <file>', 'the cluster file; default: the one of --config')
    .action(
      act<Places & { cluster?: string }>(async (context, { cluster, node, ...places }) =>
        (await import('./init.ts')).init(context, { ...places, cluster: cluster ?? null, node: node ?? null }),
      ),
    );
  placed(
    program
      .command('join')
      .description('make this machine a node of a running cluster')
      .argument('<token>', 'from: sempre token create, on a member; «-» reads it from standard input'),
  ).action(
    act<Places>(async (context, { node, ...places }, token = '') =>
      (await import('./join.ts')).join(context, token, { ...places, node: node ?? null }),
    ),
  );
  const token = program.command('token').description('create');
  token
    .command('create')
    .description('let one new machine in: prints what it gives to sempre join')
    .option('--for <node>', 'only as this node')
    .addOption(
      new Option('--ttl <time>', 'how long it holds, up to 24h').argParser(lifetime).default(15 * 60_000, '15m'),
    )
    .addOption(output())
    .action(
      act<{ for?: string; ttl: number; output: Format }>(async (context, options) =>
        (await import('./token.ts')).tokenCreate(context, options.for ?? null, options.ttl, options.output),
      ),
    );
  addKey(program, act);
  program
    .command('witness')
    .description('vote in one or many clusters and run nothing; all options: sempre witness --help')
    .helpOption(false)
    .allowUnknownOption()
    .allowExcessArguments()
    .action(async (_options: unknown, command: Command) => {
      setCode(await (await import('../daemon/witness.ts')).main(command.args));
    });
}

function addKey(program: Command, act: Actor): void {
  const key = program.command('key').description('show, rotate');
  key
    .command('show')
    .description('which cluster key is in use and how old it is; never the key itself')
    .addOption(output())
    .action(
      act<{ output: Format }>(async (context, options) => (await import('./key.ts')).keyShow(context, options.output)),
    );
  key
    .command('rotate')
    .description('give all nodes a new cluster key, without a stop')
    .addOption(output())
    .action(
      act<{ output: Format }>(async (context, options) =>
        (await import('./key.ts')).keyRotate(context, options.output),
      ),
    );
}

function lifetime(text: string): number {
  const parts = /^(\d{1,5})(s|m|h)$/.exec(text);
  const ms = Number(parts?.[1]) * (parts?.[2] === 's' ? 1000 : parts?.[2] === 'm' ? 60_000 : 3_600_000);
  if (!(ms >= 1000 && ms <= 86_400_000)) throw new InvalidArgumentError('It must look like 30s, 15m or 2h, up to 24h.');
  return ms;
}
