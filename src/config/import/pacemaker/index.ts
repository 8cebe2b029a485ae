/**
 * `sempre import pacemaker`: a CIB, or what `crm configure show` prints, as a cluster file that decides the same. What it cannot
 * say is told in notes, with the place; what a CIB does not hold (addresses) is left to be filled in.
 *
 * read → bare (without status and devices) → situate (the engine works out what is inherited) → names → entries → layout
 */

import { failure, type Result, success } from '../../../lib/errors.ts';
import { constrain } from '../../../policy/constrain/index.ts';
import type { AttributeSet, Input, ResourceConfig } from '../../../policy/input.ts';
import { situate } from '../../../policy/situate/index.ts';
import type { Resource, Situation } from '../../../policy/situation.ts';
import { infinity } from '../../../policy/values.ts';
import { printable } from '../../show.ts';
import { readCib } from '../cib.ts';
import { readCrm } from '../crm.ts';
import { ImportFault } from '../fault.ts';
import { nameFor } from '../fromHeartbeatText.ts';
import { bareOf, withoutRules } from './bare.ts';
import { whyNoContainer } from './bundles.ts';
import { clusterOf, defaultsOf, settingsOf } from './cluster.ts';
import { constraintsOf, ticketName } from './constraints.ts';
import { type Corosync, readCorosync } from './corosync.ts';
import { type Blank, ImportDraft, type PacemakerNote } from './draft.ts';
import { fencingOf } from './fencing.ts';
import { type Entry, wordsOf } from './layers.ts';
import { layOut } from './layout.ts';
import { locationsOf } from './locations.ts';
import { nodesNamed, withMembers } from './members.ts';
import { type ImportNames, type NamedThing, namesOf, primitivesOf } from './names.ts';
import { type Addresses, nodesOf, scoresOfNodes } from './nodes.ts';
import { operationDefaults } from './operations.ts';
import { placesIn } from './place.ts';
import { isConnection, remoteNodesOf, withRemoteNodes } from './remotes.ts';
import { rulesEntry, servicesOf } from './services.ts';
import type { Translating } from './translating.ts';

export type { Blank, PacemakerNote } from './draft.ts';

export interface NamedText {
  /** For messages and comments. */
  readonly name: string;
  readonly text: string;
}

/** What a CIB does not hold. */
export interface PacemakerHints {
  readonly cluster: string | null;
  readonly corosync: NamedText | null;
  readonly addresses: Addresses;
  /** The table of hosts, by names in small letters; null: it is not asked. */
  readonly hosts: Addresses | null;
  /** The address of a machine that only votes. */
  readonly witness: string | null;
  /** The device that resets a node whose daemon hangs. */
  readonly watchdog: string | null;
  /** The time for rules, if the CIB does not say one; null: that of the wall clock. */
  readonly nowS: number | null;
}

/** Nobody told anything. */
export const noHints: PacemakerHints = {
  cluster: null,
  corosync: null,
  addresses: new Map(),
  hosts: null,
  witness: null,
  watchdog: null,
  nowS: null,
};

export interface FromPacemaker {
  /** The cluster file. */
  readonly text: string;
  readonly notes: readonly PacemakerNote[];
  readonly blanks: readonly Blank[];
  /** The configuration as it was read. */
  readonly input: Input;
  readonly names: ImportNames;
}

/** Failures: FILE_UNREADABLE with file, line and column. */
export function fromPacemaker(file: NamedText, hints: PacemakerHints): Result<FromPacemaker> {
  const draft = new ImportDraft();
  const read = readNamed(file, (text) => readConfiguration(text, hints, draft));
  if (!read.ok) return read;
  const corosync = hints.corosync === null ? success(null) : readNamed(hints.corosync, readCorosync);
  if (!corosync.ok) return corosync;
  const input = withMembers(read.value, corosync.value, hints.addresses, draft);
  if (!input.nodes.some(({ type }) => type === 'member'))
    return failure(
      'FILE_UNREADABLE',
      printable(`${file.name} names no node: it is only a part of a configuration`),
      'sempre import pacemaker FILE --node NAME=ADDRESS',
    );
  const made = translate(file, input, hints, corosync.value, draft);
  const placed = placesIn(file.text, isXml(file.text));
  return success({ ...made, notes: draft.notes.map(placed), blanks: draft.blanks, input });
}

export const isXml = (text: string): boolean => /^\s*</.test(text.replace(/^\uFEFF/, ''));

function readConfiguration(text: string, { nowS }: PacemakerHints, draft: ImportDraft): Input {
  const options = {
    ...(nowS === null ? {} : { nowS }),
    onNote: ({ line, column, text: note }: { line: number; column: number; text: string }) =>
      draft.read(line, column, note),
  };
  const input = isXml(text) ? readCib(text, options) : readCrm(text, options);
  if (input.nodeStates.some(({ history }) => history.length > 0))
    draft.note(null, 'the status section is left out: what runs where is looked at anew');
  return input;
}

function readNamed<T>({ name, text }: NamedText, reader: (text: string) => T): Result<T> {
  try {
    return success(reader(text));
  } catch (error) {
    if (!(error instanceof ImportFault)) throw error;
    return failure('FILE_UNREADABLE', printable(error.inFile(name)));
  }
}

// ---------------------------------------------------------------- the file

function translate(
  file: NamedText,
  read: Input,
  hints: PacemakerHints,
  corosync: Corosync | null,
  draft: ImportDraft,
): { readonly text: string; readonly names: ImportNames } {
  const asRead = withoutReplicaRoles(bareOf(read), draft);
  const ruled = new Map<string, AttributeSet[]>();
  const plain = withoutRules(asRead, (owner, kind, set) => {
    if (kind === 'meta') ruled.set(owner, [...(ruled.get(owner) ?? []), set]);
    // What a service says of them, it says itself.
    else if (kind !== 'values')
      draft.lose(set.id || owner, `a rule switches values of ${owner} on, which nothing here can say: left out`);
  });
  const situation = situate(plain);
  const remotes = remoteNodesOf(situation);
  const bare = withRemoteNodes(asRead, remotes);
  const resources = bare.resources.filter((resource) => isTaken(resource, situation, draft));
  const names = namesOf(bare, resources, (id) => isPromotable(id, situation), draft);
  const nodes = [
    ...new Set(bare.nodes.flatMap(({ name, type }) => (type === 'member' ? (names.node(name) ?? []) : []))),
  ];
  const nodeIds = new Map(bare.nodes.map(({ id, name }) => [id, name]));
  const instances = firstById(situation);
  const translating: Translating = { input: bare, situation, instances, names, nodes, nodeIds, remotes, draft };
  const tops = new Map(resources.flatMap(({ id }) => toEntry(names.thing(id))));
  const settings = settingsOf(read.options.filter(({ rule }) => rule === null));
  const guests = new Set(
    [...remotes.values()].flatMap(({ name, machine }) => (machine === null ? [] : [names.node(name)])),
  );
  const fenced = nodes.filter((node) => !guests.has(node));
  const fencing = fencingOf(read, names, fenced, draft);
  const parts = clusterOf(settings, fencing, corosync, hints, translating);
  const operations = operationDefaults(bare.operationDefaults, draft);
  const rawDefaults = new Map(settingsOf(plain.resourceDefaults));
  const { managedByDefault, defaultStickiness } = situation.options;
  if (!rawDefaults.has('is-managed') && managedByDefault === false) rawDefaults.set('is-managed', 'false');
  if (!rawDefaults.has('resource-stickiness') && defaultStickiness !== null)
    rawDefaults.set('resource-stickiness', String(defaultStickiness));
  const defaults = wordsOf(rawDefaults, false);
  const locations = locationsOf(translating, tops, (name) =>
    onHosts(name, resources, translating, allowedIn(name, resources, translating)),
  );
  const { services, groups, paths } = servicesOf(
    resources,
    { defaults, operations, locations, ruled, fencesStops: parts.certainty === 'devices' },
    translating,
  );
  const { colocation, order, ticket } = constraintsOf(translating);
  const location = [...scoresOfNodes(tops, translating), ...locations.shared];
  const constraints = nonEmpty({ location, colocation, order, ticket });
  const cluster = hints.cluster ?? settings.get('cluster-name') ?? corosync?.clusterName ?? 'imported';
  const entry = nonEmpty({
    cluster: nameFor(cluster, new Set()),
    heartbeat: parts.heartbeat,
    quorum: parts.quorum,
    watchdog: parts.watchdog,
    ...(hints.witness === null ? {} : { witness: { address: hints.witness } }),
    nodes: nodesOf(read, translating, { corosync, said: hints.addresses, hosts: hints.hosts }, fencing.levels),
    fencing: parts.fencing,
    defaults: {
      ...defaultsOf(defaults, operations, parts.certainty),
      ...rulesEntry(ruled.get('rsc_defaults') ?? [], translating),
    },
    options: parts.options,
    services,
    groups,
    constraints,
    tags: tagsOf(resources, translating),
    tickets: ticketsOf(bare, draft),
  });
  const places = new Map([...fencing.paths, ...paths]);
  const comments = draft.notes.map(({ about, text }) => commentOf(about, text, places));
  const head = { path: [], text: `From Pacemaker: ${printable(file.name)}. Check it: sempre validate FILE` };
  return { text: layOut(entry, [head, ...comments]), names };
}

function firstById({ resources }: Situation): ReadonlyMap<string, Resource> {
  const found = new Map<string, Resource>();
  for (const resource of resources)
    if (resource.config !== null && !found.has(resource.baseId)) found.set(resource.baseId, resource);
  return found;
}

const toEntry = (thing: NamedThing | null): [string, NamedThing][] => (thing === null ? [] : [[thing.name, thing]]);

const nonEmpty = (entry: Entry): Entry =>
  Object.fromEntries(
    Object.entries(entry).filter(
      ([, value]) => typeof value !== 'object' || value === null || Object.keys(value).length > 0,
    ),
  );

function commentOf(about: string | null, text: string, places: ReadonlyMap<string, readonly string[]>) {
  const path = about === null ? undefined : places.get(about);
  return { path: path ?? [], text: about === null || path !== undefined ? text : `${printable(about)}: ${text}` };
}

/** What has the machine of a guest in it runs on machines of their own. */
function onHosts(
  name: string,
  resources: readonly ResourceConfig[],
  { nodes, names, remotes }: Translating,
  allowed: ReadonlySet<string> | null,
): ReadonlySet<string> | null {
  const machines = new Set([...remotes.values()].flatMap(({ machine }) => machine ?? []));
  const isHere = resources.some(
    (resource) => names.thing(resource.id)?.name === name && primitivesOf(resource).some(({ id }) => machines.has(id)),
  );
  if (!isHere) return allowed;
  const others = new Set([...remotes.keys()].map((each) => names.node(each)));
  return new Set(nodes.filter((node) => !others.has(node) && (allowed?.has(node) ?? true)));
}

/** What connects to a remote node is the node itself; bundles of which nothing can be run have no place in the file. */
function isTaken(resource: ResourceConfig, { resourceById }: Situation, draft: ImportDraft): boolean {
  if (resource.kind === 'bundle') {
    const known = resourceById.has(resource.id)
      ? null
      : 'a bundle that Pacemaker itself leaves out: nothing inside can be reached';
    const because = whyNoContainer(resource) ?? known;
    if (because !== null) draft.lose(resource.id, because);
    return because === null;
  }
  if (resource.kind !== 'primitive' || !isConnection(resource)) return true;
  const now =
    'it runs the daemon, and nobody connects to it: where, when and how often that was tried says nothing more';
  draft.note(resource.id, `a remote node is a node without a vote here. ${now}`);
  return false;
}

/** Pacemaker deals out the roles of a bundle among its replicas, which are nodes of their own to it: none of them can be named here. */
function withoutReplicaRoles(input: Input, draft: ImportDraft): Input {
  const bundles = input.resources.filter(({ kind }) => kind === 'bundle');
  const ids = new Set(bundles.flatMap((each) => [each.id, ...primitivesOf(each).map(({ id }) => id)]));
  const hasRole = (role: string | null): boolean => role !== null && role.toLowerCase() !== 'started';
  const locations = input.constraints.locations.filter((location) => {
    const { id, subject, role, rules } = location;
    const asksRole = hasRole(role) || rules.some((rule) => hasRole(rule.role));
    if (subject.kind !== 'one' || !ids.has(subject.id) || !asksRole) return true;
    const replica = namedReplica(nodesNamed(location), bundles);
    if (replica !== null) draft.lose(id, `location: it is about a role of replica ${replica}: left out`);
    else
      draft.note(
        id,
        'location: it is about a role of a bundle, whose replicas are nodes of their own to Pacemaker: it had no effect, and is left out',
      );
    return false;
  });
  return { ...input, constraints: { ...input.constraints, locations } };
}

const namedReplica = (names: readonly string[], bundles: readonly ResourceConfig[]): string | null =>
  names.find((name) =>
    bundles.some(({ id }) => name.startsWith(`${id}-`) && /^\d+$/.test(name.slice(id.length + 1))),
  ) ?? null;

function isPromotable(id: string, { resources, resourceById }: Situation): boolean {
  const index = resourceById.get(id);
  return index !== undefined && resources[index]?.meta.promotable === true;
}

/**
 * In a cluster where nodes have to be named: those that some location names; of what is looked for on some nodes exclusively, those
 * alone. Null: they need not be named.
 */
function allowedIn(
  name: string,
  resources: readonly ResourceConfig[],
  { situation, names, input }: Translating,
): ReadonlySet<string> | null {
  const ids = new Set(
    resources
      .filter(({ id }) => names.thing(id)?.name === name)
      .flatMap((resource) => [resource.id, ...primitivesOf(resource).map(({ id }) => id)]),
  );
  const named = new Set<string>();
  const exclusive = new Set<string>();
  const { locations } = constrain(situate({ ...situation.input, constraints: input.constraints }));
  for (const { resource, role, nodes, discovery } of locations) {
    const { baseId, parent } = situation.resources[resource] ?? { baseId: '', parent: null };
    if (!ids.has(baseId) && !(parent !== null && ids.has(situation.resources[parent]?.baseId ?? ''))) continue;
    for (const { node, score } of nodes) {
      const place = names.node(situation.nodes[node]?.name ?? '') ?? '';
      if (discovery === 'exclusive') exclusive.add(place);
      // What is said of promoted copies alone opens no node.
      if (role !== 'promoted' && score > -infinity) named.add(place);
    }
  }
  const open = situation.options.symmetric ? null : named;
  if (exclusive.size === 0) return open;
  return open === null ? exclusive : new Set([...open].filter((place) => exclusive.has(place)));
}

/** Tags, and templates under the names that constraints have for them. */
function tagsOf(resources: readonly ResourceConfig[], { input, names }: Translating): Entry {
  const entry: Entry = {};
  const add = (id: string, members: readonly string[]): void => {
    const tag = names.thing(id);
    const known = [...new Set(members.flatMap((member) => names.thing(member)?.name ?? []))];
    if (tag?.kind === 'tag' && known.length > 0) entry[tag.name] = known;
  };
  for (const primitive of resources.flatMap(primitivesOf)) {
    if (primitive.template === null || !isNamed(primitive.template, input)) continue;
    const made = resources.flatMap(primitivesOf).filter(({ template }) => template === primitive.template);
    add(
      primitive.template,
      made.map(({ id }) => id),
    );
  }
  for (const [id, members] of input.tags) add(id, members);
  return entry;
}

/** Some constraint asks for it. */
const isNamed = (id: string, { constraints }: Input): boolean =>
  JSON.stringify(constraints).includes(JSON.stringify(id));

function ticketsOf({ ticketStates, constraints }: Input, draft: ImportDraft): Entry {
  const entry: Entry = {};
  for (const id of new Set(constraints.tickets.map(({ ticket }) => ticket))) {
    const state = ticketStates.find((each) => each.id === id);
    if (state === undefined)
      draft.note(id, 'nothing says whether this cluster holds the ticket: say it under «tickets»');
    else entry[ticketName(id)] = state.granted ? (state.standby ? 'standby' : 'granted') : 'revoked';
  }
  return entry;
}
