/** `sempre import pacemaker`: a CIB or crm text as a cluster file, and whether that decides the same. Needs no daemon. */
import { type Command, Option } from 'commander';
import type { Comparison } from '../config/import/pacemaker/compare/index.ts';
import type { FromPacemaker, PacemakerHints, PacemakerNote } from '../config/import/pacemaker/index.ts';
import type { Problem } from '../config/problems.ts';
import { success } from '../lib/errors.ts';
import { exit } from '../lib/exit.ts';
import { nameOf, readText } from './cluster-file.ts';
import { type Context, fail, print } from './context.ts';
import { nodeAddresses, readHosts, readMaybe, writeNew } from './import-input.ts';
import type { Actor } from './program.ts';
import { paint } from './terminal.ts';

export interface CibOptions {
  readonly corosync?: string;
  readonly node?: ReadonlyMap<string, readonly string[]>;
  readonly resolve?: string | true;
  readonly cluster?: string;
  readonly witness?: string;
  readonly watchdog?: string;
  readonly out?: string;
  readonly output: 'yaml' | 'json';
}

export function addPacemaker(command: Command, act: Actor): void {
  command
    .command('pacemaker')
    .description(
      'a CIB, or what «crm configure show» prints, as a cluster file that decides the same; exit code 2 when something is to be filled in, was left out, or is decided otherwise',
    )
    .argument('<file>', 'cib.xml, the output of cibadmin --query, or of crm configure show; -: standard input')
    .option('--corosync <file>', 'corosync.conf, for the addresses of the nodes')
    .option('--node <name=address,...>', 'addresses of a node, one for each link; may be repeated', nodeAddresses)
    .option('--resolve [file]', 'addresses of other nodes from a table of hosts (default: /etc/hosts)')
    .option('--witness <address>', 'a third machine that only votes')
    .option('--watchdog <device>', 'the watchdog of every node, such as /dev/watchdog')
    .option('--cluster <name>', 'name of the cluster')
    .option('--out <file>', 'write it there, and not to standard output; never over another file')
    .addOption(
      new Option('-o, --output <format>', 'yaml: the cluster file; json: with all notes and the comparison')
        .choices(['yaml', 'json'])
        .default('yaml'),
    )
    .action(act<CibOptions>((context, options, file) => importCib(context, file ?? '-', options)));
}

export async function importCib(context: Context, file: string, options: CibOptions): Promise<number> {
  const text = await readText(context, file);
  if (text === null) return exit.badData;
  if (text.trim() === '')
    return fail(context, { code: 'FILE_UNREADABLE', message: `${nameOf(file)} is empty`, next: 'cibadmin --query' });
  const corosync = await readMaybe(options.corosync ?? null);
  if (!corosync.ok) return fail(context, corosync.failure);
  const hosts =
    options.resolve === undefined
      ? success(null)
      : await readHosts(options.resolve === true ? '/etc/hosts' : options.resolve);
  if (!hosts.ok) return fail(context, hosts.failure);
  const { fromPacemaker } = await import('../config/import/pacemaker/index.ts');
  const hints: PacemakerHints = {
    cluster: options.cluster ?? null,
    corosync: corosync.value,
    addresses: options.node ?? new Map(),
    hosts: hosts.value,
    witness: options.witness ?? null,
    watchdog: options.watchdog ?? null,
    nowS: null,
  };
  const name = nameOf(file);
  const made = fromPacemaker({ name, text }, hints);
  if (!made.ok) return fail(context, made.failure);
  return hand(context, name, made.value, options);
}

/** What was found out about the cluster file that was made. */
interface Verdict {
  /** Mistakes in it, but for what is to be filled in. */
  readonly problems: readonly Problem[];
  /** Null: with such mistakes nothing is decided. */
  readonly comparison: Comparison | null;
}

async function judge(made: FromPacemaker): Promise<Verdict> {
  const { clusterOf, compare } = await import('../config/import/pacemaker/compare/index.ts');
  const cluster = clusterOf(made);
  return 'services' in cluster
    ? { problems: [], comparison: compare(made, cluster) }
    : { problems: cluster, comparison: null };
}

/** Writes the file out, and says everything else on standard error. */
async function hand(context: Context, name: string, made: FromPacemaker, { out, output }: CibOptions): Promise<number> {
  if (out !== undefined) {
    const written = await writeNew(out, made.text);
    if (!written.ok) return fail(context, written.failure);
  }
  const verdict = await judge(made);
  const { text: clusterFile, notes, blanks } = made;
  const { problems, comparison } = verdict;
  const fillIn = blanks.map(({ what }) => what);
  const isSame = comparison !== null && comparison.differences.length === 0;
  const isReady = isSame && blanks.length === 0 && notes.every(({ isLoss }) => !isLoss);
  if (output === 'json')
    await print(context, 'json', { schemaVersion: 1, same: isSame, clusterFile, notes, fillIn, problems, comparison });
  else if (out === undefined) context.terminal.out(clusterFile);
  if (output !== 'json') say(context, name, made, verdict, out ?? null);
  return isReady ? exit.ok : exit.partly;
}

function say(
  { terminal }: Context,
  name: string,
  { notes, blanks }: FromPacemaker,
  { problems, comparison }: Verdict,
  out: string | null,
): void {
  const { look } = terminal;
  for (const note of notes)
    terminal.note(
      `${paint(look, note.isLoss ? 'bad' : 'warn', note.isLoss ? 'left out' : 'note')} ${noteText(name, note)}`,
    );
  for (const { what } of blanks) terminal.note(`${paint(look, 'bad', 'fill in')} ${what}`);
  for (const { message, hint } of problems)
    terminal.note(`${paint(look, 'bad', 'mistake')} ${message}${hint === null ? '' : ` (${hint})`}`);
  for (const line of comparison === null ? [] : differenceLines(comparison))
    terminal.note(`${paint(look, 'bad', 'differs')} ${line}`);
  if (comparison !== null) {
    const isSame = comparison.same === comparison.asked;
    terminal.note(paint(look, isSame ? 'good' : 'bad', comparisonText(comparison)));
  }
  terminal.note(
    `  next: ${out === null ? 'write it with --out FILE, then sempre validate FILE' : `sempre validate ${out}`}`,
  );
}

function noteText(file: string, { about, line, column, text }: PacemakerNote): string {
  const place = line === null ? '' : `${file}:${line}:${column ?? 1}: `;
  return `${place}${about === null ? '' : `${about}: `}${text}`;
}

function comparisonText({ asked, same, nodes, nodesAsked }: Comparison): string {
  const some = nodesAsked < nodes ? ` (with ${nodesAsked} of the ${nodes} nodes lost or in standby)` : '';
  return `decides the same in ${same} of ${asked} situations${some}`;
}

/** What differs in many situations alike is said once. */
function differenceLines({ differences }: Comparison): readonly string[] {
  const found = new Map<string, { readonly when: string; readonly text: string; count: number }>();
  for (const { service, theirs, ours, because, when } of differences) {
    const key = `${service} ${theirs} ${ours}`;
    const known = found.get(key);
    if (known !== undefined) known.count += 1;
    else
      found.set(key, {
        when,
        text: `${service}: ${theirs} in Pacemaker, ${ours} here${because === null ? '' : `: ${because}`}`,
        count: 1,
      });
  }
  return [...found.values()].map(
    ({ when, text, count }) => `${when}${count === 1 ? '' : ` (and in ${count - 1} more)`}: ${text}`,
  );
}
