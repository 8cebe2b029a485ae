/** `sempre import heartbeat`: the files of another cluster manager as a cluster file. Needs no daemon, and changes none. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { FromHeartbeat, HeartbeatFiles, HeartbeatHints } from '../config/import/fromHeartbeat.ts';
import type { Problem } from '../config/problems.ts';
import { reasonOf } from '../daemon/reason.ts';
import { failure, type Result, success } from '../lib/errors.ts';
import { exit } from '../lib/exit.ts';
import { count } from './cluster-file.ts';
import { type Context, fail, print } from './context.ts';
import { commas, nodeAddresses, readHosts, readMaybe, writeNew } from './import-input.ts';
import { addPacemaker, importCib } from './import-pacemaker.ts';
import type { Actor } from './program.ts';
import { paint } from './terminal.ts';

interface Options {
  readonly haCf?: readonly string[];
  readonly haresources?: string;
  readonly cib?: string;
  readonly authkeys?: string;
  readonly node?: ReadonlyMap<string, readonly string[]>;
  readonly resolve?: string | true;
  readonly ping?: readonly string[];
  readonly agent?: ReadonlyMap<string, string>;
  readonly cluster?: string;
  readonly witness?: string;
  readonly watchdog?: string;
  readonly out?: string;
  readonly output: 'yaml' | 'json';
}

export function addImport(program: Command, act: Actor): void {
  const command = program
    .command('import')
    .description('pacemaker, heartbeat: write a cluster file from that of another manager');
  addPacemaker(command, act);
  command
    .command('heartbeat')
    .description(
      'ha.cf, haresources and authkeys of Heartbeat as a cluster file, or the CIB of version 2; exit code 2 when it needs more than they hold',
    )
    .argument('[dir]', 'folder of the files; ha.cf.NODE is the ha.cf of that node (default: /etc/ha.d)')
    .option('--ha-cf <file...>', 'ha.cf, or that of each node as ha.cf.NODE')
    .option('--haresources <file>', 'haresources')
    .option('--cib <file>', 'cib.xml of version 2, in place of haresources: see import pacemaker')
    .option('--authkeys <file>', 'authkeys; no key is shown or copied')
    .option('--node <name=address,...>', 'addresses of a node, one for each link; may be repeated', nodeAddresses)
    .option('--resolve [file]', 'addresses of nodes not named by --node, from a table of hosts (default: /etc/hosts)')
    .option('--ping <address,...>', 'addresses outside of the cluster that show whether the network is there', commas)
    .option('--agent <script=agent>', 'what runs a script of haresources; may be repeated', scriptAgent)
    .option('--witness <address>', 'a third machine that only votes')
    .option('--watchdog <device>', 'the watchdog of every node, such as /dev/watchdog')
    .option('--cluster <name>', 'name of the cluster')
    .option('--out <file>', 'write it there, and not to standard output; never over another file')
    .addOption(
      new Option('-o, --output <format>', 'yaml: the cluster file; json: with all notes')
        .choices(['yaml', 'json'])
        .default('yaml'),
    )
    .action(act<Options>((context, options, dir) => importHeartbeat(context, dir ?? null, options)));
}

function scriptAgent(text: string, before: ReadonlyMap<string, string> = new Map()): ReadonlyMap<string, string> {
  const [, script = '', agent = ''] = /^([^=\s]+)=(\S+)$/.exec(text) ?? [];
  if (script === '') throw new InvalidArgumentError('It must look like httpd=systemd:apache2.');
  return new Map([...before, [script, agent]]);
}

// ---------------------------------------------------------------- heartbeat

async function importHeartbeat(context: Context, dir: string | null, options: Options): Promise<number> {
  if (options.cib !== undefined) return importCib(context, options.cib, options);
  const files = await findFiles(dir, options);
  if (!files.ok) return fail(context, files.failure);
  const hosts =
    options.resolve === undefined
      ? success(null)
      : await readHosts(options.resolve === true ? '/etc/hosts' : options.resolve);
  if (!hosts.ok) return fail(context, hosts.failure);
  const { fromHeartbeat } = await import('../config/import/fromHeartbeat.ts');
  const hints: HeartbeatHints = {
    cluster: options.cluster ?? null,
    addresses: options.node ?? new Map(),
    hosts: hosts.value,
    ping: options.ping ?? [],
    witness: options.witness ?? null,
    watchdog: options.watchdog ?? null,
    agents: options.agent ?? new Map(),
  };
  const made = fromHeartbeat(files.value, hints);
  if (!made.ok) return fail(context, made.failure);
  return hand(context, made.value, options);
}

/** Writes the file out, and says everything else on standard error. */
async function hand(context: Context, made: FromHeartbeat, { out, output }: Options): Promise<number> {
  const { parseClusterFile } = await import('../config/parse.ts');
  const { problems } = parseClusterFile(made.text, out ?? 'cluster.yaml');
  const isReady = problems.every(({ severity }) => severity === 'warning');
  if (out !== undefined) {
    const written = await writeNew(out, made.text);
    if (!written.ok) return fail(context, written.failure);
  }
  const { text: clusterFile, notes, blanks } = made;
  if (output === 'json')
    await print(context, 'json', { schemaVersion: 1, valid: isReady, clusterFile, notes, fillIn: blanks, problems });
  else if (out === undefined) context.terminal.out(clusterFile);
  if (output !== 'json') say(context, made, problems, out ?? null);
  return isReady ? exit.ok : exit.partly;
}

function say(
  { terminal }: Context,
  { notes, blanks }: FromHeartbeat,
  problems: readonly Problem[],
  out: string | null,
): void {
  for (const { file, line, text } of notes)
    terminal.note(`${paint(terminal.look, 'warn', 'note')} ${file === null ? '' : `${file}:${line}: `}${text}`);
  for (const blank of blanks) terminal.note(`${paint(terminal.look, 'bad', 'fill in')} ${blank}`);
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  if (errors === 0) terminal.note(paint(terminal.look, 'good', `${out ?? 'the cluster file'}: no mistakes`));
  else if (errors > blanks.length)
    terminal.note(paint(terminal.look, 'bad', `${out ?? 'the cluster file'}: ${count(problems, 'error')} as it is`));
  terminal.note(
    `  next: ${out === null ? 'write it with --out FILE, then sempre validate FILE' : `sempre validate ${out}`}`,
  );
}

// ---------------------------------------------------------------- files

async function findFiles(dir: string | null, options: Options): Promise<Result<HeartbeatFiles>> {
  const isNamed = options.haCf !== undefined || options.haresources !== undefined || options.authkeys !== undefined;
  const folder = dir ?? (isNamed ? null : '/etc/ha.d');
  const listed = folder === null ? success([]) : await list(folder);
  if (!listed.ok) return listed;
  const inFolder = (name: string): string | null =>
    folder !== null && listed.value.includes(name) ? join(folder, name) : null;
  const haCf = options.haCf ?? haCfsIn(listed.value).map((name) => join(folder ?? '.', name));
  const haResources = await readMaybe(options.haresources ?? inFolder('haresources'));
  if (!haResources.ok) return haResources;
  const authKeys = await readMaybe(options.authkeys ?? inFolder('authkeys'));
  if (!authKeys.ok) return authKeys;
  const found: HeartbeatFiles['haCf'][number][] = [];
  for (const path of haCf) {
    const read = await readMaybe(path);
    if (!read.ok) return read;
    if (read.value !== null) found.push({ ...read.value, node: /^ha\.cf\.(.+)$/.exec(read.value.name)?.[1] ?? null });
  }
  if (found.length === 0 && haResources.value === null)
    return failure(
      'FILE_UNREADABLE',
      `neither ha.cf nor haresources is in ${folder ?? 'what the options name'}`,
      'sempre import heartbeat DIR',
    );
  return success({ haCf: found, haResources: haResources.value, authKeys: authKeys.value });
}

/** `ha.cf` alone, or that of each node. */
function haCfsIn(names: readonly string[]): readonly string[] {
  if (names.includes('ha.cf')) return ['ha.cf'];
  return names
    .filter((name) => /^ha\.cf\.[\w.-]+$/.test(name) && !/\.(bak|old|orig|dpkg-\w+|rpm\w+)$/.test(name))
    .toSorted();
}

async function list(folder: string): Promise<Result<readonly string[]>> {
  try {
    return success(await readdir(folder));
  } catch (error) {
    return failure('FILE_UNREADABLE', `${folder} cannot be read: ${reasonOf(error)}`, 'sempre import heartbeat DIR');
  }
}
