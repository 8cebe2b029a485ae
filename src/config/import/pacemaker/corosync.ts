/** Reads what corosync.conf says of the nodes: their names and addresses, and how long a silent one is waited for. */
import { ImportFault } from '../fault.ts';

export interface Corosync {
  readonly clusterName: string | null;
  readonly nodes: readonly CorosyncNode[];
  /** Time after which a silent node counts as lost; null: not said. */
  readonly tokenMs: number | null;
  readonly twoNode: boolean;
  /** The host of a quorum device; null: there is none. */
  readonly quorumDevice: string | null;
}

export interface CorosyncNode {
  /** Null: the file does not tell. */
  readonly name: string | null;
  readonly id: string | null;
  /** One for each link. */
  readonly addresses: readonly string[];
}

interface Section {
  readonly name: string;
  readonly values: Map<string, string>;
  readonly sections: Section[];
}

/** Throws `ImportFault` and nothing else. */
export function readCorosync(text: string): Corosync {
  const root = sectionsOf(text);
  const totem = root.sections.find(({ name }) => name === 'totem');
  const quorum = root.sections.find(({ name }) => name === 'quorum');
  const device = quorum?.sections.find(({ name }) => name === 'device')?.sections.find(({ name }) => name === 'net');
  const token = Number.parseInt(totem?.values.get('token') ?? '', 10);
  return {
    clusterName: totem?.values.get('cluster_name') ?? null,
    nodes: [...listed(root), ...members(totem)],
    tokenMs: Number.isNaN(token) ? null : token,
    twoNode: quorum?.values.get('two_node') === '1',
    quorumDevice: device?.values.get('host') ?? null,
  };
}

const listed = (root: Section): CorosyncNode[] =>
  root.sections
    .filter(({ name }) => name === 'nodelist')
    .flatMap(({ sections }) => sections.filter(({ name }) => name === 'node'))
    .map(({ values }) => ({
      name: values.get('name') ?? null,
      id: values.get('nodeid') ?? null,
      addresses: [...values]
        .filter(([key]) => /^ring\d_addr$/.test(key))
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([, value]) => value),
    }));

/** Before there were lists of nodes, each interface had the addresses of all members in it, in the same order. */
function members(totem: Section | undefined): CorosyncNode[] {
  const links = (totem?.sections ?? [])
    .filter(({ name }) => name === 'interface')
    .map(({ sections }) => sections.filter(({ name }) => name === 'member'));
  const [first] = links;
  return (first ?? []).map((_, at) => ({
    name: null,
    id: null,
    addresses: links.flatMap((link) => link[at]?.values.get('memberaddr') ?? []),
  }));
}

const nestedMax = 10;

function sectionsOf(text: string): Section {
  const root: Section = { name: '', values: new Map(), sections: [] };
  const open = [root];
  for (const [index, line] of text.split('\n').entries()) {
    const place = { line: index + 1, column: 1 };
    const plain = line.replace(/\r$/, '').trim();
    if (plain === '' || plain.startsWith('#')) continue;
    const here = open.at(-1) ?? root;
    const begun = /^([\w.-]+)\s*\{$/.exec(plain);
    const pair = /^([\w.-]+)\s*:\s*(.*)$/.exec(plain);
    if (begun !== null) {
      const section: Section = { name: begun[1] ?? '', values: new Map(), sections: [] };
      here.sections.push(section);
      open.push(section);
      if (open.length > nestedMax) throw new ImportFault(place, 'sections are nested too deep');
    } else if (plain === '}') {
      if (open.length === 1) throw new ImportFault(place, 'no section is open that «}» could close');
      open.pop();
    } else if (pair !== null) here.values.set(pair[1] ?? '', pair[2] ?? '');
    else throw new ImportFault(place, 'neither «NAME {», «NAME: VALUE» nor «}»');
  }
  if (open.length > 1)
    throw new ImportFault(
      { line: text.split('\n').length, column: 1 },
      `the section «${open.at(-1)?.name}» is not closed`,
    );
  return root;
}
