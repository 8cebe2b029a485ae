/**
 * Heartbeat 1's files as a cluster file that behaves the same, as far as a cluster file can say it, with a comment on
 * where each line came from and a note on whatever could not be carried over. No secret gets into either.
 */
import { failure, type Result, success } from '../../lib/errors.ts';
import { printable } from '../show.ts';
import { ImportFault, type Place } from './fault.ts';
import { readFencing, writeFencing } from './fromHeartbeatFencing.ts';
import {
  type Addresses,
  type ImportedNode,
  type KnownAddresses,
  knownAddresses,
  nodesOf,
  type ReadHaCf,
  type ReadHaResources,
  writeNodes,
} from './fromHeartbeatNodes.ts';
import { writeHeartbeat, writeQuorum, writeWatchdog } from './fromHeartbeatQuorum.ts';
import { needsCertainty, virtualAddresses, writeServices } from './fromHeartbeatServices.ts';
import { ClusterFileDraft, type HeartbeatNote, nameFor, type Sourced, sourced } from './fromHeartbeatText.ts';
import { type HaCf, readAuthKeys, readHaCf, readHaResources } from './heartbeat.ts';

export type { HeartbeatNote } from './fromHeartbeatText.ts';

export interface HeartbeatFile {
  /** For messages and comments. */
  readonly name: string;
  readonly text: string;
}

export interface HeartbeatFiles {
  /** The first one counts; of the others only the addresses of `ucast` do. `node`: who has it, where that is known. */
  readonly haCf: readonly (HeartbeatFile & { readonly node: string | null })[];
  readonly haResources: HeartbeatFile | null;
  readonly authKeys: HeartbeatFile | null;
}

/** What Heartbeat's files do not hold. */
export interface HeartbeatHints {
  readonly cluster: string | null;
  /** Addresses of the nodes, by their names in ha.cf in small letters. */
  readonly addresses: Addresses;
  /** The table of hosts, by names in small letters; null: it is not asked. */
  readonly hosts: Addresses | null;
  readonly ping: readonly string[];
  /** Address of a machine that only votes. */
  readonly witness: string | null;
  /** Device of a watchdog that every node has. */
  readonly watchdog: string | null;
  /** What runs a script of haresources, by its name or by its name and values. */
  readonly agents: ReadonlyMap<string, string>;
}

export interface FromHeartbeat {
  /** The cluster file. */
  readonly text: string;
  readonly notes: readonly HeartbeatNote[];
  /** What has to be filled in, in the order of the text. */
  readonly blanks: readonly string[];
}

/** Failures: FILE_UNREADABLE with file, line and column; USAGE for an address of an unknown node. */
export function fromHeartbeat(files: HeartbeatFiles, hints: HeartbeatHints): Result<FromHeartbeat> {
  const read = readFiles(files);
  return read.ok ? translate(read.value, hints) : read;
}

interface ReadFiles {
  readonly haCfs: readonly ReadHaCf[];
  readonly haResources: ReadHaResources | null;
  readonly draft: ClusterFileDraft;
}

function readFiles({ haCf, haResources, authKeys }: HeartbeatFiles): Result<ReadFiles> {
  const draft = new ClusterFileDraft();
  const haCfs: ReadHaCf[] = [];
  for (const file of haCf) {
    const value = readNamed(file, readHaCf);
    if (!value.ok) return value;
    haCfs.push({ file: file.name, node: file.node?.toLowerCase() ?? null, value: value.value });
  }
  const [first, ...others] = haCfs;
  for (const { file, value } of haCfs) draft.read(file, file === first?.file ? value.notes : []);
  for (const other of others)
    if (first !== undefined && meaning(first.value) !== meaning(other.value))
      draft.note({ file: other.file, line: 1 }, `it differs from ${first.file} in more than ucast: that one was taken`);
  const resources = haResources === null ? null : readNamed(haResources, readHaResources);
  if (resources !== null && !resources.ok) return resources;
  if (resources !== null && haResources !== null) draft.read(haResources.name, resources.value.notes);
  const keys = authKeys === null ? null : readNamed(authKeys, readAuthKeys);
  if (keys !== null && !keys.ok) return keys;
  if (keys !== null && authKeys !== null) {
    draft.read(authKeys.name, keys.value.notes);
    draft.note(
      sourced(authKeys.name, keys.value.used),
      'its key is not carried over: «sempre init» on the first node makes a new one, «sempre join» gives it to the others',
    );
  }
  const read = resources === null || haResources === null ? null : { file: haResources.name, value: resources.value };
  return success({ haCfs, haResources: read, draft });
}

function readNamed<T>({ name, text }: HeartbeatFile, reader: (text: string) => T): Result<T> {
  try {
    return success(reader(text));
  } catch (error) {
    if (!(error instanceof ImportFault)) throw error;
    return failure('FILE_UNREADABLE', printable(error.inFile(name)));
  }
}

/** Without places, and without the addresses that each node writes of the other one. */
function meaning({ links, ...rest }: HaCf): string {
  const same = links.map((link) => (link.kind === 'unicast' ? { ...link, address: '' } : link));
  return JSON.stringify({ ...rest, links: same }, (key, value: unknown) =>
    ['line', 'column', 'notes', 'others'].includes(key) ? undefined : value,
  );
}

// ---------------------------------------------------------------- the file

function translate({ haCfs, haResources: written, draft }: ReadFiles, hints: HeartbeatHints): Result<FromHeartbeat> {
  const haCf = haCfs[0] ?? null;
  const found = nodesOf(haCf, written, hints.addresses, draft);
  if (!found.ok) return found;
  const nodes = found.value;
  if (nodes.length === 0)
    return failure('USAGE', 'no file names a node', 'sempre import heartbeat --node NAME=ADDRESS');
  const haResources = usesCib(haCf) ? null : written;
  const known = knownAddresses(nodes, hints.addresses, hints.hosts, draft);
  const fencing = readFencing(haCf, nodes, draft);
  const { certainty } = fencing;
  noteMissing(haCf, haResources, nodes, draft);
  if (haCf !== null) noteUnsaid(haCf, draft);
  writeHead(haCfs, haResources, hints, draft);
  if (haCf !== null) writeHeartbeat(haCf, draft);
  writeNodes(nodes, haCfs, known, draft);
  const own = ownAddresses(haResources, known);
  const nodeCount = nodes.length;
  const { ping, witness, agents } = hints;
  writeQuorum({ haCf, certainty, nodeCount, ping, witness, own }, draft);
  const stopsItself = nodeCount > 2 || witness !== null;
  const services = haResources === null ? null : { haCf, haResources, nodes, certainty, stopsItself, agents };
  const isCareful = services !== null && needsCertainty(services);
  const wanted = !isCareful ? 'nothing' : stopsItself && certainty === 'nothing' ? 'device' : 'answer';
  writeWatchdog({ haCf, said: hints.watchdog, wanted }, draft);
  writeFencing(fencing, draft);
  if (services !== null) writeServices(services, draft);
  return success({ text: draft.text, notes: draft.notes, blanks: draft.blanks });
}

/** From version 2 on, haresources may lie there unread. */
const usesCib = (haCf: ReadHaCf | null): boolean =>
  haCf?.value.others.some(
    ({ name, values }) => name === 'crm' && /^(on|yes|true|1|respawn|manual)$/i.test(values[0] ?? ''),
  ) === true;

function writeHead(
  haCfs: readonly ReadHaCf[],
  haResources: ReadHaResources | null,
  { cluster }: HeartbeatHints,
  draft: ClusterFileDraft,
): void {
  const directive = haCfs[0]?.value.others.find(({ name }) => name === 'cluster')?.values[0];
  const names = [...haCfs, ...(haResources === null ? [] : [haResources])].map(({ file }) => file);
  draft.comment(0, `From Heartbeat: ${names.join(', ')}. Check it: sempre validate FILE`);
  draft.gap();
  draft.line(0, `cluster: ${nameFor(cluster ?? directive ?? 'heartbeat', new Set())}`);
  draft.gap();
}

/** That one of these answers says nothing about the network. */
function ownAddresses(
  haResources: ReadHaResources | null,
  known: ReadonlyMap<string, KnownAddresses>,
): ReadonlySet<string> {
  const ofNodes = [...known.values()].flatMap(({ addresses }) => addresses.map((text) => text.split('/')[0] ?? ''));
  return new Set([...(haResources === null ? [] : virtualAddresses(haResources)), ...ofNodes]);
}

// ---------------------------------------------------------------- notes

function noteMissing(
  haCf: ReadHaCf | null,
  haResources: ReadHaResources | null,
  nodes: readonly ImportedNode[],
  draft: ClusterFileDraft,
): void {
  if (haCf === null)
    draft.note(null, 'there is no ha.cf: nodes are those of haresources and --node, times are the usual ones');
  if (haResources === null)
    draft.note(
      null,
      `${usesCib(haCf) ? 'haresources is not used' : 'there is no haresources'}: the file has no services`,
    );
  if (nodes.length === 1) draft.note(null, 'one node has nobody to take over: name the others, --node NAME=ADDRESS');
}

/** What a cluster file has no word for. */
function noteUnsaid({ file, value }: ReadHaCf, draft: ClusterFileDraft): void {
  const at = (place: Place): Sourced => sourced(file, place);
  for (const link of value.links)
    if (link.kind === 'serial')
      draft.note(at(link), `serial ${link.device} is left out: links are networks; take a second one`);
  if (value.warntimeMs !== null)
    draft.note(at(value.warntimeMs), 'warntime is left out: late heartbeats show in «sempre status»');
  if (value.deadpingMs !== null)
    draft.note(at(value.deadpingMs), 'deadping is left out: ping is asked when a node is lost');
  for (const each of value.respawn) draft.note(at(each), respawned(each.command[0] ?? ''));
  const told = new Set(value.notes.map(({ line }) => line));
  const quiet = value.others.filter(({ name, line }) => name !== 'cluster' && !told.has(line));
  const [first] = quiet;
  if (first === undefined) return;
  const words = [...new Set(quiet.map(({ name }) => name))].join(', ');
  draft.note(at(first), `left out, because nothing depends on it here: ${words}`);
}

const respawned = (program: string): string =>
  /(^|\/)ipfail$/.test(program)
    ? 'ipfail moved services to the node that reaches more ping addresses; here ping decides only when the nodes lose each other'
    : `«${program}» is left out: make it a systemd unit`;
