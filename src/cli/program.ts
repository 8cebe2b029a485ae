/**
 * The command line: every command with its words and options. What a command does is loaded when it is used, so that
 * `--help` and completion answer at once.
 */
import { userInfo } from 'node:os';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { softwareVersion } from '../api/software.ts';
import { exit } from '../lib/exit.ts';
import type { ChangeOptions } from './change.ts';
import type { Context, Format } from './context.ts';
import type { ColorWish } from './terminal.ts';

export interface Globals {
  readonly socket: string;
  readonly color: ColorWish;
}

/** Opens the terminal and the socket as the global options say. */
export type OpenContext = (globals: Globals) => Promise<Context>;

export interface Outcome {
  readonly exitCode: number;
}

type Act<Options> = (context: Context, options: Options, ...names: string[]) => Promise<number>;

/** Runs one command line (without the program's own name) and says with which code to exit. */
export async function run(argv: readonly string[], environment: NodeJS.ProcessEnv, open: OpenContext): Promise<number> {
  let code: number = exit.ok;
  const program = new Command('sempre');
  program
    .description('High availability for ordinary Linux machines.')
    .option(
      '--socket <path>',
      'socket of the daemon (also: SEMPRE_SOCKET)',
      environment.SEMPRE_SOCKET || '/run/sempre/sempre.sock',
    )
    .addOption(new Option('--color <when>', 'colours').choices(['auto', 'always', 'never']).default('auto'))
    .helpOption('-h, --help', 'show help')
    .helpCommand('help [command]', 'show help of a command')
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'error USAGE: ')) })
    .version(`sempre ${softwareVersion()}`, '-V, --version', 'show the version')
    .exitOverride();
  const act =
    <Options>(action: Act<Options>) =>
    async (...given: unknown[]): Promise<void> => {
      // Commander gives the arguments, then the options, then the command itself.
      const names = given.slice(0, -2) as string[];
      code = await action(await open(program.opts<Globals>()), given.at(-2) as Options, ...names);
    };
  program.commandsGroup('Look:');
  addReading(program, act);
  program.commandsGroup('Change:');
  addChanging(program, act);
  program.commandsGroup('The cluster file:');
  addFile(program, act);
  (await import('./import.ts')).addImport(program, act);
  program.commandsGroup('Run:');
  addDaemon(program, (exitCode) => {
    code = exitCode;
  });
  program
    .command('version')
    .description('versions of this program and of the daemons')
    .addOption(output())
    .action(
      act<{ output: Format }>(async (context, options) => (await import('./version.ts')).version(context, options)),
    );
  program.commandsGroup('Begin and grow:');
  (await import('./identity.ts')).addIdentity(program, act, (exitCode) => {
    code = exitCode;
  });
  const { addLab } = await import('./lab.ts');
  addLab(program, act);
  nameOwnHelp(program, 'sempre');
  if (argv.length === 0) {
    program.outputHelp({ error: true });
    return exit.usage;
  }
  try {
    await program.parseAsync(asHelpOption(program, argv), { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exit.ok : exit.usage;
    throw error;
  }
  return code;
}

/** The library's own `help` knows the first word only, and nothing of commands that print their help themselves. */
function asHelpOption(program: Command, argv: readonly string[]): string[] {
  const [first, ...names] = argv;
  if (first !== 'help' || names.length === 0) return [...argv];
  // What is no command is refused as such.
  return program.commands.some((command) => command.name() === names[0]) ? [...names, '--help'] : names;
}

/** Who used a command wrongly is sent to the help of that command. */
function nameOwnHelp(command: Command, path: string): void {
  command.showHelpAfterError(`  next: ${path} --help`);
  for (const inner of command.commands) nameOwnHelp(inner, `${path} ${inner.name()}`);
}

export type Actor = <Options>(action: Act<Options>) => (...given: unknown[]) => Promise<void>;

// ---------------------------------------------------------------- reading

const output = (formats: readonly Format[] = ['table', 'json', 'yaml']): Option =>
  new Option('-o, --output <format>', 'how to show it').choices(formats).default('table');

const wideOutput = (): Option => output(['table', 'wide', 'json', 'yaml']);

function addReading(program: Command, act: Actor): void {
  program
    .command('status')
    .description('the whole cluster: nodes, links, services, balancers, failures, pending actions')
    .addOption(wideOutput())
    .option('-w, --watch [seconds]', 'show it again and again (on a pipe: one JSON object a line)', seconds)
    .action(
      act<{ output: Format; watch?: number | true }>(async (context, { output, watch }) => {
        const watchMs = watch === undefined ? null : watch === true ? 1000 : watch;
        return (await import('./status.ts')).status(context, { output, watchMs });
      }),
    );
  program
    .command('health')
    .description('one line and an exit code for monitoring: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN')
    .addOption(output())
    .action(
      act<{ output: 'table' | 'json' | 'yaml' }>(async (context, options) =>
        (await import('./health.ts')).health(context, options),
      ),
    );
  program
    .command('why')
    .description('why a service runs where it does, or does not: every node, every rule')
    .argument('<service>', 'its name in the cluster file')
    .argument('[node]', 'only this node')
    .addOption(output())
    .action(
      act<{ output: Format }>(async (context, options, service = '', node) =>
        (await import('./why.ts')).why(context, service, node ?? null, options),
      ),
    );
  program
    .command('events')
    .description('what happened on all nodes, one line a change, with its reason')
    .option('-f, --follow', 'go on with what happens from now on', false)
    .option('--since <time>', '10m, 2h, 3d, or a time such as 2026-11-20T21:00:00Z')
    .option('-n, --limit <count>', 'the newest only', wholeNumber, 50)
    .option('--local', "only this node's own events, read from its disk: needs no daemon", false)
    .option('--state <dir>', 'with --local: state directory of the daemon', '/var/lib/sempre')
    .addOption(output())
    .action(
      act<{ local: boolean; state: string; follow: boolean; since?: string; limit: number; output: Format }>(
        async (context, { since, ...options }) =>
          (await import('./events.ts')).events(context, { ...options, since: since ?? null }),
      ),
    );
  addHistory(program, act);
}

const whichVersion = 'a version such as 4.2, or how many versions back: 0 is the one in force';

function addHistory(program: Command, act: Actor): void {
  const history = program
    .command('history')
    .description('the versions of the cluster file that were in force: when, what changed, who asked')
    .addOption(output())
    .action(
      act<{ output: Format }>(async (context, options) => (await import('./history.ts')).history(context, options)),
    );
  history
    .command('show')
    .description('the cluster file of a version, as it was written')
    .argument('<version>', whichVersion)
    .addOption(output())
    .action(
      act<{ output: Format }>(async (context, options, version = '') =>
        // The command line gives an option that both know to the outer command.
        (await import('./history.ts')).historyShow(context, version, {
          ...options,
          ...history.opts<{ output: Format }>(),
        }),
      ),
    );
  program
    .command('diff')
    .description('what differs between two versions of the cluster file; exit code 1 when something does')
    .argument('[from]', whichVersion, '1')
    .argument('[to]', 'the same', '0')
    .addOption(output())
    .action(
      act<{ output: Format }>(async (context, options, from = '', to = '') =>
        (await import('./diff.ts')).diff(context, from, to, options),
      ),
    );
  program
    .command('sim')
    .description("decide again what a node decided, from its flight recorder's journal; exit code 1 at a difference")
    .requiredOption('--journal <path>', 'a file, or the folder `recorder` of a state directory')
    .action(act<{ journal: string }>(async (context, { journal }) => (await import('./sim.ts')).sim(context, journal)));
}

const clusterFile = 'the cluster file; -: standard input';

function addFile(program: Command, act: Actor): void {
  program
    .command('plan')
    .description('what would be done, in order, with reasons; exit code 1 when there is something to do')
    .argument('[file]', 'another cluster file than the one that runs; -: standard input')
    .option('--at <time>', 'what rules would ask for then: 2h from now, or a time such as 2026-12-24T18:00 (UTC)')
    .addOption(output())
    .action(
      act<{ at?: string; output: Format }>(async (context, { at = null, output: format }, file) =>
        (await import('./plan.ts')).plan(context, file ?? null, { at, output: format }),
      ),
    );
  changing(
    program
      .command('apply')
      .description('make a changed cluster file take effect on all nodes')
      .argument('<file>', clusterFile),
  )
    .option('--if-version <version>', 'refuse when the file that runs has another version')
    .action(
      act<RawChange & { ifVersion?: string }>(async (context, options, file = '') =>
        (await import('./apply.ts')).apply(context, file, options.ifVersion ?? null, changeOptions(options)),
      ),
    );
  changing(
    program
      .command('rollback')
      .description('make the cluster file of an earlier version take effect again, as a new version')
      .argument('<version>', whichVersion),
  )
    .option('--if-version <version>', 'refuse when the file that runs has another version')
    .action(
      act<RawChange & { ifVersion?: string }>(async (context, options, version = '') =>
        (await import('./rollback.ts')).rollback(context, version, options.ifVersion ?? null, changeOptions(options)),
      ),
    );
  program
    .command('validate')
    .description('check a cluster file: every mistake with line and column (needs no daemon)')
    .argument('<file>', clusterFile)
    .option('--what-if', 'show what happens at which fault, also with more than two nodes')
    .option('--no-what-if', 'do not: it takes a moment')
    .addOption(output())
    .action(
      act<{ output: Format; whatIf?: boolean }>(async (context, options, file = '') =>
        (await import('./validate.ts')).validate(context, file, options),
      ),
    );
  program
    .command('schema')
    .description('the JSON Schema of the cluster file, for editors')
    .action(act(async (context) => (await import('./schema.ts')).schema(context)));
  const fence = program.command('fence').description('check, list-agents, describe');
  fence
    .command('check')
    .description('can the fence devices of a cluster file work on this machine? (needs no daemon)')
    .argument('<file>', clusterFile)
    .option('--ask', 'also ask each device for the power of its nodes', false)
    .addOption(output())
    .action(
      act<{ output: Format; ask: boolean }>(async (context, options, file = '') =>
        (await import('./fence.ts')).fenceCheck(context, file, options),
      ),
    );
  fence
    .command('list-agents')
    .description('the fence agents of this machine')
    .addOption(output())
    .action(
      act<{ output: Format }>(async (context, options) => (await import('./fence.ts')).fenceAgents(context, options)),
    );
  fence
    .command('describe')
    .description('which parameters a fence agent takes')
    .argument('<agent>')
    .addOption(output())
    .action(
      act<{ output: Format }>(async (context, options, agent = '') =>
        (await import('./fence.ts')).fenceDescribe(context, agent, options),
      ),
    );
}

// ---------------------------------------------------------------- changing

interface RawChange {
  readonly yes: boolean;
  readonly dryRun: boolean;
  readonly wait: boolean;
  readonly timeout: number;
  readonly reason: string;
  readonly output: 'table' | 'json' | 'yaml';
}

const reason = (): Option => new Option('--reason <text>', 'why, for the events');

const changing = (command: Command): Command => withChangeOptions(command, reason().default(''));

/** Others will ask why, perhaps at night: it is not done without an answer. */
const explained = (command: Command): Command =>
  withChangeOptions(command, reason().argParser(reasonText).makeOptionMandatory());

const withChangeOptions = (command: Command, why: Option): Command =>
  command
    .option('-y, --yes', 'do not ask', false)
    .option('--dry-run', 'only show what would be done', false)
    .option('--no-wait', 'do not wait until it is done')
    .addOption(new Option('--timeout <time>', 'how long to wait').argParser(seconds).default(60_000, '60s'))
    .addOption(why)
    .addOption(output());

/** Who asked belongs to the reason: events are read long after. */
function withAuthor(reason: string, environment: NodeJS.ProcessEnv): string {
  const author = environment.SUDO_USER || userName();
  if (author === null) return reason;
  return reason === '' ? `by ${author}` : `${reason} (by ${author})`;
}

/** Null for a user id that has no name on this machine. */
function userName(): string | null {
  try {
    return userInfo().username;
  } catch {
    return null;
  }
}

const changeOptions = ({ timeout, yes, dryRun, wait, reason, output }: RawChange): ChangeOptions => ({
  yes,
  dryRun,
  wait,
  timeoutMs: timeout,
  reason: withAuthor(reason, process.env),
  output,
});

function addChanging(program: Command, act: Actor): void {
  const node = program.command('node').description('standby, online, shutdown, confirm-off, fence, forget');
  for (const verb of ['standby', 'online'] as const) {
    const words =
      verb === 'standby' ? 'move everything away from a node; it keeps its vote' : 'let a node run services again';
    changing(node.command(verb).description(words).argument('<node>')).action(
      act<RawChange>(async (context, options, name = '') =>
        (await import('./node.ts')).nodeStandby(context, name, verb === 'standby', changeOptions(options)),
      ),
    );
  }
  changing(node.command('shutdown').description('empty a node that you switch off or boot again').argument('<node>'))
    .addOption(new Option('--keep', 'what runs there waits for it').conflicts('move'))
    .option('--move', 'what runs there moves away; default: as «shutdown-lock» of the file says, else this')
    .option('--for <time>', 'after this time nothing waits for it any more, such as 10m')
    .action(
      act<RawChange & { keep?: true; move?: true; for?: string }>(async (context, options, name = '') => {
        const keep = options.keep === true ? true : options.move === true ? false : null;
        const { nodeShutdown } = await import('./node.ts');
        return nodeShutdown(context, name, keep, options.for ?? null, changeOptions(options));
      }),
    );
  explained(
    node
      .command('confirm-off')
      .description('you have seen that a lost node is off: what it ran is started elsewhere')
      .argument('<node>'),
  ).action(
    act<RawChange>(async (context, options, name = '') =>
      (await import('./node.ts')).nodeConfirmOff(context, name, changeOptions(options)),
    ),
  );
  explained(
    node.command('fence').description('switch a node off by its fence devices, whatever it runs').argument('<node>'),
  ).action(
    act<RawChange>(async (context, options, name = '') =>
      (await import('./node.ts')).nodeFence(context, name, changeOptions(options)),
    ),
  );
  addCare(program, act);
  changing(
    node.command('forget').description('take a node that will not come back out of the cluster').argument('<node>'),
  ).action(
    act<RawChange>(async (context, options, name = '') =>
      (await import('./forget.ts')).nodeForget(context, name, changeOptions(options)),
    ),
  );
  const service = program.command('service').description('move, clear, start, stop, cleanup');
  changing(service.command('move').description('move a service to another node').argument('<service>'))
    .option('--to <node>', 'where to; default: the best other node')
    .action(
      act<RawChange & { to?: string }>(async (context, options, name = '') =>
        (await import('./service.ts')).serviceMove(context, name, options.to ?? null, changeOptions(options)),
      ),
    );
  changing(service.command('clear').description('drop the preference that a move left').argument('<service>')).action(
    act<RawChange>(async (context, options, name = '') =>
      (await import('./service.ts')).serviceClear(context, name, changeOptions(options)),
    ),
  );
  changing(service.command('start').description('let a stopped service run again').argument('<service>')).action(
    act<RawChange>(async (context, options, name = '') =>
      (await import('./service.ts')).serviceStart(context, name, changeOptions(options)),
    ),
  );
  changing(
    service.command('stop').description('stop a service on all nodes until it is started again').argument('<service>'),
  ).action(
    act<RawChange>(async (context, options, name = '') =>
      (await import('./service.ts')).serviceStop(context, name, changeOptions(options)),
    ),
  );
  changing(service.command('cleanup').description('forget failures, so that it is tried again').argument('<service>'))
    .option('--node <node>', 'only on this node')
    .action(
      act<RawChange & { node?: string }>(async (context, options, name = '') =>
        (await import('./service.ts')).serviceCleanup(context, name, options.node ?? null, changeOptions(options)),
      ),
    );
}

/** What takes the cluster's hands off for a while. */
function addCare(program: Command, act: Actor): void {
  explained(program.command('disarm').description('no node is switched off or resets itself, for a while'))
    .requiredOption('--until <time>', 'for how long: 30m, 2h, or a time such as 2026-11-20T23:30:00Z')
    .action(
      act<RawChange & { until: string }>(async (context, options) =>
        (await import('./disarm.ts')).disarm(context, options.until, changeOptions(options)),
      ),
    );
  changing(program.command('arm').description('end a disarm before its time')).action(
    act<RawChange>(async (context, options) => (await import('./disarm.ts')).arm(context, changeOptions(options))),
  );
  const maintenance = program.command('maintenance').description('on, off: nothing is done to a node or service');
  for (const verb of ['on', 'off'] as const) {
    const words = verb === 'on' ? 'leave a node or service alone, whatever happens' : 'look after it again';
    const command = maintenance.command(verb).description(words);
    (verb === 'on' ? explained : changing)(command)
      .option('--node <node>', 'all services on this node')
      .option('--service <service>', 'this service on all nodes')
      .action(
        act<RawChange & { node?: string; service?: string }>(async (context, { node, service, ...options }) =>
          (await import('./maintain.ts')).maintenance(context, verb === 'on', {
            ...changeOptions(options),
            node: node ?? null,
            service: service ?? null,
          }),
        ),
      );
  }
}

function addDaemon(program: Command, setCode: (code: number) => void): void {
  program
    .command('daemon')
    .description('run the daemon of this node in the foreground; all options: sempre daemon --help')
    .helpOption(false)
    .allowUnknownOption()
    .allowExcessArguments()
    .action(async (_options: unknown, command: Command) => {
      setCode(await (await import('../daemon/main.ts')).main(command.args));
    });
}

// ---------------------------------------------------------------- values of options

function seconds(text: string): number {
  const parts = /^(\d{1,6}(?:\.\d{1,3})?)(ms|s|m)?$/.exec(text);
  if (parts === null) throw new InvalidArgumentError('It must look like 60s, 500ms or 2m.');
  return Number(parts[1]) * (parts[2] === 'ms' ? 1 : parts[2] === 'm' ? 60_000 : 1000);
}

function reasonText(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('It must say why.');
  return text;
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new InvalidArgumentError('It must be a whole number from 1 to 9999.');
  return Math.min(Number(text), 2000);
}
