/** `sempre lab ...`: the whole cluster on one machine, with faults on demand. The work is done in `lab/`. */
import { spawn } from 'node:child_process';
import { type Command, InvalidArgumentError } from 'commander';
import type * as Lab from '../../lab/commands.ts';
import type { UpOptions } from '../../lab/commands.ts';
import type { Injected } from '../../lab/machines.ts';
import type { Result } from '../lib/errors.ts';
import { exit } from '../lib/exit.ts';
import { readClusterFile } from './cluster-file.ts';
import { type Context, fail } from './context.ts';
import type { Actor } from './program.ts';
import { renderLab } from './render-lab.ts';

interface LabOption {
  readonly lab?: string;
}

type Injection = (lab: typeof Lab, name: string | null, node: string) => Promise<Result<Injected>>;

const load = (): Promise<typeof Lab> => import('../../lab/commands.ts');

export function addLab(program: Command, act: Actor): void {
  const lab = program
    .command('lab')
    .description('the whole cluster on this machine, with faults: up, status, power-off, cut, ...');
  addLifecycle(lab, act);
  addFaults(lab, act);
  addPrograms(lab, act);
  addLog(lab, act);
}

const inLab = (command: Command): Command => command.option('--lab <name>', 'which lab; default: the only one');

// ---------------------------------------------------------------- up, status, down

function addLifecycle(lab: Command, act: Actor): void {
  lab
    .command('up')
    .description('bring up all nodes of a cluster file on this machine')
    .argument('<file>')
    .option('--name <name>', "name of the lab; default: the cluster's")
    .option('--loopback', 'on loopback addresses, without root (default where namespaces cannot be had)')
    .option('--no-pages', 'do not lay out pages that name their node for web servers')
    .action(
      act<UpOptions>(async (context, options, file = '') => {
        const read = await readClusterFile(context, file);
        if (!read.ok) return read.exitCode;
        return show(context, await (await load()).bringUp(file, read.source, read.cluster, options));
      }),
    );
  lab
    .command('status')
    .description('labs of this machine, their nodes and cables')
    .option('-o, --output <format>', 'table or json', 'table')
    .action(
      act<{ output: string }>(async (context, { output }) => {
        const labs = await (await load()).labStatus();
        if (output === 'json') context.terminal.out(`${JSON.stringify({ schemaVersion: 1, labs }, null, 2)}\n`);
        else
          context.terminal.out(
            labs.map((each) => renderLab(each, context.terminal.look)).join('\n') || 'No lab is up.\n',
          );
        return exit.ok;
      }),
    );
  inLab(lab.command('down').description('end the lab and leave nothing behind')).action(
    act<LabOption>(async (context, options) => {
      const down = await (await load()).labDown(options.lab ?? null);
      if (!down.ok) return fail(context, down.failure);
      context.terminal.out(`lab ${down.value.name} is down\n`);
      return exit.ok;
    }),
  );
}

function show(context: Context, status: Result<Lab.LabStatus>): number {
  if (!status.ok) return fail(context, status.failure);
  context.terminal.out(renderLab(status.value, context.terminal.look));
  const node = status.value.hosts[0]?.name ?? 'NODE';
  context.terminal.note(`Look at it: sempre lab exec ${node} -- sempre status`);
  return exit.ok;
}

// ---------------------------------------------------------------- faults

function addFaults(lab: Command, act: Actor): void {
  const fault = (name: string, description: string, did: string, inject: Injection): void => {
    inLab(lab.command(name).description(description).argument('<node>')).action(
      act<LabOption>(async (context, options, node = '') =>
        tell(context, await inject(await load(), options.lab ?? null, node), `${node} ${did}`),
      ),
    );
  };
  fault('power-off', 'all processes of a node die at once, its cables go dark', 'is off', (of, name, node) =>
    of.labPowerOff(name, node),
  );
  fault('power-on', 'boot a node that is off', 'is on', (of, name, node) => of.labPowerOn(name, node));
  fault('resume', 'end a pause', 'goes on', (of, name, node) => of.labResume(name, node, false));
  fault('kill-daemon', 'kill -9 of the daemon; what it started goes on', 'has lost its daemon', (of, name, node) =>
    of.labKillDaemon(name, node),
  );
  for (const verb of ['cut', 'heal'] as const) {
    inLab(
      lab
        .command(verb)
        .description(verb === 'cut' ? 'cut a link of a node, or all at once' : 'mend a link of a node, or all')
        .argument('<node>')
        .argument('[link]', 'number of the link, from 0', linkNumber),
    ).action(
      act<LabOption>(async (context, options, node = '', link) => {
        const of = await load();
        const number = link === undefined ? null : Number(link);
        const result = await (verb === 'cut' ? of.labCut : of.labHeal)(options.lab ?? null, node, number);
        const which = number === null ? 'all links' : `link ${number}`;
        return tell(context, result, `${which} of ${node} ${verb === 'cut' ? 'cut' : 'mended'}`);
      }),
    );
  }
  addPause(lab, act);
}

function addPause(lab: Command, act: Actor): void {
  inLab(lab.command('pause').description('hold up the daemon of a node, as a stuck machine would').argument('<node>'))
    .option('--for <seconds>', 'resume by itself after this time', Number)
    .option('--whole', 'every process of the node', false)
    .action(
      act<LabOption & { for?: number; whole: boolean }>(async (context, options, node = '') => {
        const of = await load();
        const { for: pauseSeconds, whole } = options;
        if (pauseSeconds === undefined)
          return tell(context, await of.labPause(options.lab ?? null, node, whole), `${node} is paused`);
        if (!(pauseSeconds > 0 && pauseSeconds <= 3600)) {
          return fail(context, { code: 'USAGE', message: '--for takes seconds, up to 3600', next: null });
        }
        return tell(
          context,
          await of.labPauseFor(options.lab ?? null, node, whole, pauseSeconds * 1000),
          `${node} was paused for ${pauseSeconds} s`,
        );
      }),
    );
}

function tell(context: Context, result: Result<Injected>, words: string): number {
  if (!result.ok) return fail(context, result.failure);
  context.terminal.out(`${words}\n`);
  return exit.ok;
}

// ---------------------------------------------------------------- programs in the lab

function addPrograms(lab: Command, act: Actor): void {
  inLab(lab.command('exec').description('run a program on a node').argument('<node>').argument('<command...>')).action(
    act<LabOption>(async (context, options, node = '', command) =>
      inherit(context, (await load()).labExec(options.lab ?? null, node, command as unknown as string[])),
    ),
  );
  inLab(
    lab
      .command('probe')
      .description('be a steady client on the lab network: every lost request is counted')
      .argument('<url>')
      .argument('[options...]', "the probe's own options, after --"),
  ).action(
    act<LabOption>(async (context, options, url = '', more) =>
      inherit(
        context,
        (await load()).labProbe(options.lab ?? null, url, (more as unknown as string[] | undefined) ?? []),
      ),
    ),
  );
}

function addLog(lab: Command, act: Actor): void {
  inLab(lab.command('log').description('the last lines of the log of a daemon').argument('<node>'))
    .option('-n, --lines <count>', 'how many', Number, 50)
    .action(
      act<LabOption & { lines: number }>(async (context, options, node = '') => {
        const lines = (await load()).labLog(options.lab ?? null, node, options.lines);
        context.terminal.out(lines.map((line) => `${line}\n`).join(''));
        return exit.ok;
      }),
    );
}

/** Runs it on this terminal; its exit code is ours. */
async function inherit(context: Context, argv: Result<string[]>): Promise<number> {
  if (!argv.ok) return fail(context, argv.failure);
  const [program = '', ...rest] = argv.value;
  const child = spawn(program, rest, { stdio: 'inherit' });
  // Ctrl-C reaches the child by itself; its end is ours.
  process.on('SIGINT', () => {});
  return new Promise((resolve) => {
    child.once('error', (error) =>
      resolve(
        fail(context, { code: 'UNSUPPORTED', message: `${program} cannot be run: ${error.message}`, next: null }),
      ),
    );
    child.once('exit', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : exit.failed)));
  });
}

function linkNumber(text: string): string {
  if (!/^\d{1,2}$/.test(text)) throw new InvalidArgumentError('It must be the number of a link, from 0.');
  return text;
}
