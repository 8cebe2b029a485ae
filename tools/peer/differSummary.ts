/** What `crm_simulate -S` prints, in the form of the suite. */
import { byText } from '../../src/lib/compare.ts';
import { type Element, idOf, within } from './differTree.ts';
import type { PeerAction, PeerState } from './result.ts';

/** What the text leaves out: who is in which group, and who is configured at all. */
export interface Names {
  readonly members: ReadonlyMap<string, readonly string[]>;
  readonly primitives: ReadonlySet<string>;
}

export interface Summary {
  readonly initial: PeerState;
  readonly final: PeerState;
  readonly actions: readonly PeerAction[];
}

export function namesOf(cib: Element): Names {
  const groups = within(cib, 'group').map(
    (group) => [idOf(group), within(group, 'primitive').map(idOf)] as [string, string[]],
  );
  return { members: new Map(groups), primitives: new Set(within(cib, 'primitive').map(idOf)) };
}

const headings = [
  'Current cluster status:',
  'Transition Summary:',
  'Executing Cluster Transition:',
  'Revised Cluster Status:',
];

/** Null: the text is no whole answer. */
export function summaryOf(text: string, names: Names): Summary | null {
  const parts = headings.map((): string[] => []);
  let part = -1;
  for (const line of text.split('\n')) {
    const heading = headings.indexOf(line.trim());
    if (heading >= 0) part = heading;
    else parts[part]?.push(line);
  }
  if (part !== headings.length - 1) return null;
  const unique = uniqueIn(text, names);
  return {
    initial: stateOf(parts[0] ?? [], names),
    final: stateOf(parts[3] ?? [], names),
    actions: (parts[1] ?? []).flatMap((line) => actionOf(line, unique, names)),
  };
}

// ---------------------------------------------------------------- nodes and resources

interface Open {
  readonly indent: number;
  readonly kind: 'clone' | 'bundle' | 'other';
  readonly members: readonly string[];
  readonly isUnique: boolean;
}

type Found = Record<string, { on: [string, string][]; flags: Record<string, string[]> }>;

function stateOf(lines: readonly string[], names: Names): PeerState {
  const nodes: Record<string, { kind: string; state: string }> = {};
  const resources: Found = {};
  let section = '';
  let open: Open[] = [];
  for (const line of lines) {
    const indent = line.length - line.trimStart().length;
    const body = line.trim().startsWith('* ') ? line.trimStart().slice(2) : '';
    if (body === '') continue;
    if (indent === 2) section = body;
    else if (section.startsWith('Node List')) Object.assign(nodes, nodesOf(body));
    else if (section.includes('Resources')) {
      open = open.filter((each) => each.indent < indent);
      const opened = openedBy(body, indent, names);
      if (opened !== null) open.push(opened);
      else takeResource(resources, body, open, names);
      if (opened?.kind === 'clone' && !opened.isUnique)
        for (const member of opened.members) resources[member] ??= { on: [], flags: {} };
    }
  }
  for (const { on } of Object.values(resources)) on.sort((a, b) => byText(a[0], b[0]) || byText(a[1], b[1]));
  return { nodes, resources };
}

const kindOf = (word: string | undefined): string => word?.toLowerCase() ?? 'member';

function nodesOf(body: string): Record<string, { kind: string; state: string }> {
  const one = /^(Remote|Guest)?Node ([^:]+): (.*)$/.exec(body);
  if (one !== null) return { [bare(one[2])]: { kind: kindOf(one[1]), state: nodeState(one[3] ?? '') } };
  const many = /^(Remote|Guest)?(Online|OFFLINE): \[ (.*?) \]/.exec(body);
  if (many === null) return {};
  const state = { kind: kindOf(many[1]), state: (many[2] ?? '').toLowerCase() };
  return Object.fromEntries((many[3] ?? '').split(/\s+/).map((name) => [bare(name), state]));
}

/** A guest is shown with its host. */
const bare = (name: string | undefined): string => (name ?? '').split('@')[0] ?? '';

const nodeStates: Record<string, string> = {
  'UNCLEAN (online)': 'unclean-online',
  'UNCLEAN (pending)': 'unclean-pending',
  'UNCLEAN (offline)': 'unclean-offline',
  pending: 'pending',
  'standby (on-fail)': 'standby-onfail',
  'standby (on-fail, with active resources)': 'standby-onfail',
  standby: 'standby',
  'standby (with active resources)': 'standby',
  'OFFLINE (standby)': 'offline-standby',
  maintenance: 'maintenance',
  'OFFLINE (maintenance)': 'offline-maintenance',
  online: 'online',
  OFFLINE: 'offline',
};

function nodeState(text: string): string {
  const plain = text.replace(/\s*\(health is \w+\)/, '').trim();
  return nodeStates[plain] ?? plain;
}

function openedBy(body: string, indent: number, { members }: Names): Open | null {
  const clone = /^Clone Set: \S+ \[([^\]]*)\](.*)$/.exec(body);
  if (clone !== null) {
    const child = clone[1] ?? '';
    const isUnique = (clone[2] ?? '').includes('unique');
    return { indent, kind: 'clone', members: members.get(child) ?? [child], isUnique };
  }
  const none = { indent, members: [], isUnique: false };
  if (/^Container bundle(?: set)?: \S+ \[/.test(body)) return { ...none, kind: 'bundle' };
  return /^(?:Resource Group|Replica)[:[]/.test(body) ? { ...none, kind: 'other' } : null;
}

const roles: Record<string, string> = {
  Started: 'Started',
  Promoted: 'Promoted',
  Unpromoted: 'Unpromoted',
  Stopped: 'Stopped',
  Starting: 'Starting',
  Stopping: 'Stopping',
  Migrating: 'Migrating',
  Promoting: 'Promoting',
  Demoting: 'Demoting',
  Master: 'Promoted',
  Slave: 'Unpromoted',
};

function takeResource(resources: Found, body: string, open: readonly Open[], { members }: Names): void {
  const clone = open.findLast(({ kind }) => kind === 'clone');
  const folded = /^(Started|Promoted|Unpromoted|Stopped)(?: \([^)]*\))?: \[ (.*?) \]/.exec(body);
  if (folded !== null && clone !== undefined && !body.includes('\t')) {
    const [, role = '', list = ''] = folded;
    if (role.startsWith('Stopped')) return;
    for (const node of list.split(/\s+/))
      for (const member of clone.members.flatMap((each) => members.get(each) ?? [each]))
        add(resources, member, node, role, [], false);
    return;
  }
  const own = /^([^\t]+)\t\(([^\t]*)\):\t(.*)$/.exec(body);
  if (own === null) return;
  const isAnonymous = clone !== undefined && !clone.isUnique;
  const shown = (own[1] ?? '').trim().replace(/ \([^)]*\)$/, '');
  const id = isAnonymous ? shown.replace(/:\d+$/, '') : shown;
  const { role, nodes, flags } = placeOf(own[3] ?? '');
  const inBundle = open.some(({ kind }) => kind === 'bundle');
  if (nodes.length === 0) add(resources, id, null, 'Stopped', flags, false);
  for (const node of nodes) add(resources, id, node, role, flags, inBundle);
}

/** `FAILED Promoted n1 (blocked)`, or with several nodes `Started [ n1 n2 ]`. */
function placeOf(text: string): { role: string; nodes: readonly string[]; flags: string[] } {
  const list = /\[ (.*?) \]\s*$/.exec(text);
  const flags: string[] = [];
  const words = (list === null ? text : text.slice(0, list.index))
    .replace(/\(([^)]*)\)/g, (_, inside: string) => {
      flags.push(...inside.split(',').map((flag) => flag.trim()));
      return ' ';
    })
    .split(/\s+/)
    .filter((word) => word !== '');
  if (words.includes('FAILED')) flags.push('failed');
  if (words.includes('ORPHANED')) flags.push('orphaned');
  const rest = words.filter((word) => word !== 'FAILED' && word !== 'ORPHANED');
  const at = rest.findIndex((word) => word in roles);
  const others = rest.filter((_, index) => index !== at);
  const nodes = list === null ? others.slice(0, 1) : (list[1] ?? '').split(/\s+/);
  return { role: roles[rest[at] ?? ''] ?? 'Started', nodes, flags };
}

const keptFlags = ['failed', 'blocked', 'unmanaged', 'orphaned'];

/** Only a bundle's replica can be stopped and yet have a place: that of its container. */
function add(
  resources: Found,
  id: string,
  node: string | null,
  role: string,
  flags: readonly string[],
  inBundle: boolean,
): void {
  resources[id] ??= { on: [], flags: {} };
  if (node === null || (role === 'Stopped' && !inBundle)) return;
  resources[id].on.push([node, role]);
  const kept = [...(resources[id].flags[node] ?? []), ...flags.filter((flag) => keptFlags.includes(flag))];
  if (kept.length > 0) resources[id].flags[node] = [...new Set(kept)].sort(byText);
}

// ---------------------------------------------------------------- actions

/** Children of clones whose instances are told apart. */
function uniqueIn(text: string, { members }: Names): Set<string> {
  const lines = text.matchAll(/Clone Set: \S+ \[([^\]]*)\] \(([^)]*)\)/g);
  return new Set(
    [...lines].flatMap(([, child = '', marks = '']) =>
      marks.includes('unique') ? (members.get(child) ?? [child]) : [],
    ),
  );
}

function actionOf(line: string, unique: ReadonlySet<string>, names: Names): PeerAction[] {
  const fence = /^ {2}\* Fence \((\w+)\) (\S+)(?: \(resource: \S+\))? '(.*)'$/.exec(line);
  if (fence !== null) return [{ action: 'fence', how: fence[1] ?? '', node: fence[2] ?? '', reason: fence[3] ?? '' }];
  const found = /^ {2}\* (\S+)\s+(\S+)\s+\(\s*(.*?)\s*\)\s*(.*)$/.exec(line);
  if (found === null) return [];
  const [, verb = '', resource = '', inside = '', tail = ''] = found;
  const reason = /^due to (.*?)( \(blocked\))?$/.exec(tail)?.[1];
  return [
    {
      action: verb.toLowerCase(),
      resource: plainId(resource, unique, names),
      ...sidesOf(verb, inside),
      blocked: /(^|\()blocked\)?$/.test(tail),
      ...(reason === undefined ? {} : { reason }),
    },
  ];
}

type Side = readonly [string, string | null];

function sidesOf(verb: string, inside: string): { from: Side | null; to: Side | null } {
  if (inside.includes('->')) {
    const [left = '', ...right] = inside.split('->');
    const from = sideOf(left);
    const to = sideOf(right.join('->'));
    return { from: [from[0] === '' ? to[0] : from[0], from[1]], to };
  }
  const side = sideOf(inside);
  return { from: verb === 'Start' ? null : side, to: verb === 'Stop' ? null : side };
}

function sideOf(text: string): Side {
  const words = text.split(/\s+/).filter((word) => word !== '');
  const role = words.findLast((word) => word in roles);
  return [words.findLast((word) => !(word in roles)) ?? '', role === undefined ? null : (roles[role] ?? null)];
}

function plainId(id: string, unique: ReadonlySet<string>, { primitives }: Names): string {
  const base = id.replace(/:\d+$/, '');
  return base !== id && !unique.has(base) && primitives.has(base) ? base : id;
}
