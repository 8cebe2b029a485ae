/** The cluster file as text: sections apart from each other, what is short on one line, notes where they belong. */
import { Document, isCollection, isMap, isPair, isScalar, isSeq, type Node, type Pair, type YAMLMap } from 'yaml';
import type { Entry } from './layers.ts';

/** Sections and keys of a service in the order in which people read them. */
const order = [
  ...['cluster', 'heartbeat', 'quorum', 'watchdog', 'nodes', 'fencing', 'defaults', 'options'],
  ...['services', 'groups', 'constraints', 'tags', 'tickets'],
];
const serviceOrder = [
  ...[
    'container',
    'command',
    'agent',
    'params',
    'group',
    'on',
    'on-score',
    'location',
    'instances',
    'unique',
    'per-node',
    'promotable',
    'interleave',
    'ordered',
    'notify',
  ],
  ...['migrate', 'check', 'start-timeout', 'stop-timeout', 'promote-timeout', 'demote-timeout'],
  ...[
    'migrate-to-timeout',
    'migrate-from-timeout',
    'notify-timeout',
    'stickiness',
    'priority',
    'failures',
    'on-fail',
    'takeover',
  ],
  ...['utilization', 'meta', 'rules'],
];

export interface Comment {
  /** Keys down to the entry that it stands before; empty: at the top. */
  readonly path: readonly string[];
  readonly text: string;
}

export function layOut(file: Entry, comments: readonly Comment[]): string {
  const document = new Document(inOrder(file, order));
  const { contents } = document;
  if (!isMap(contents)) return '';
  for (const { key, value } of contents.items as Pair<Node, Node>[])
    shape(String((key as { value?: unknown }).value), value, 1);
  spread(contents as YAMLMap<Node, Node>);
  const top: string[] = [];
  for (const [where, texts] of byPlace(comments)) {
    const key = keyAt(
      contents as YAMLMap<Node, Node>,
      where.split('\n').filter((part) => part !== ''),
    );
    if (key === null) top.push(...texts);
    else
      key.commentBefore = texts
        .flatMap(wrapped)
        .map((line) => ` ${line}`)
        .join('\n');
  }
  const head = top.flatMap(wrapped).map((line) => `# ${line}`.trimEnd());
  return `${head.join('\n')}\n\n${document.toString({ lineWidth: 0, flowCollectionPadding: true })}`;
}

function inOrder(file: Entry, keys: readonly string[]): Entry {
  const rank = (key: string): number => (keys.includes(key) ? keys.indexOf(key) : keys.length);
  const sorted = Object.entries(file).toSorted(([a], [b]) => rank(a) - rank(b));
  return Object.fromEntries(
    sorted.map(([key, value]) => {
      if (key !== 'services' && key !== 'groups') return [key, value];
      const entries = Object.entries(value as Record<string, Entry>);
      return [key, Object.fromEntries(entries.map(([name, entry]) => [name, inOrder(entry, serviceOrder)]))];
    }),
  );
}

const lineMax = 110;

/** A mapping or list that fits on a line stands on one, but for sections, services and the like. */
function shape(key: string, node: Node | null, depth: number): void {
  if (!isCollection(node)) return;
  const isOpen = depth === 1 || (depth === 2 && open.has(key)) || (isSeq(node) && key === 'location');
  const children = node.items as (Node | Pair<Node, Node>)[];
  for (const child of children)
    if (isPair(child))
      shape(depth === 1 ? key : String((child.key as { value?: unknown }).value), child.value as Node, depth + 1);
    else shape(key, child, depth + 1);
  const fits = JSON.stringify(node.toJSON()).length <= lineMax;
  node.flow = !isOpen && fits && !(isSeq(node) && children.some((child) => isMap(child as Node) && key !== 'sets'));
}

/** Of these sections, each entry has lines of its own. */
const open = new Set(['services', 'groups', 'fencing', 'constraints']);

/** An empty line before each section and each service. */
function spread(contents: YAMLMap<Node, Node>): void {
  for (const [index, { key, value }] of contents.items.entries()) {
    if (index > 0) key.spaceBefore = true;
    const name = String((key as { value?: unknown }).value);
    if (!isMap(value) || !['services', 'groups'].includes(name)) continue;
    for (const [at, pair] of (value as YAMLMap<Node, Node>).items.entries()) if (at > 0) pair.key.spaceBefore = true;
  }
}

function byPlace(comments: readonly Comment[]): ReadonlyMap<string, string[]> {
  const found = new Map<string, string[]>();
  for (const { path, text } of comments) {
    const key = path.join('\n');
    const known = found.get(key);
    if (known === undefined) found.set(key, [text]);
    else known.push(text);
  }
  return found;
}

/** Null: there is no such key. */
function keyAt(contents: YAMLMap<Node, Node>, path: readonly string[]): Node | null {
  let at: YAMLMap<Node, Node> = contents;
  let key: Node | null = null;
  for (const part of path) {
    if (!isMap(at) || at.flow === true) return key;
    const pair: Pair<Node, Node> | undefined = at.items.find((each) => isScalar(each.key) && each.key.value === part);
    if (pair === undefined) return null;
    key = pair.key;
    at = pair.value as YAMLMap<Node, Node>;
  }
  return key;
}

const widthMax = 116;

function wrapped(text: string): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > widthMax) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}
