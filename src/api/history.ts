/**
 * The cluster files that were in force, of all nodes in one list: every node remembers those that it saw, and a node that was
 * away has gaps that others fill.
 */
import type { NodeId } from '../core/model.ts';
import { type Admin, noAdmin, type Version } from '../core/ports.ts';
import { compareVersions, noVersion } from '../core/state.ts';
import { byText } from '../lib/compare.ts';
import { gather } from './gather.ts';
import type { ApiHost } from './host.ts';
import { schemaVersion } from './status.ts';

/** What one node kept of a version. */
export interface HistoryLine {
  readonly version: Version;
  /** When it came into force there, by that node's wall clock: for people only. */
  readonly at: string;
  /** What changed, in words, one change each. */
  readonly what: readonly string[];
  /** Who asked and why, where this node was told; else empty. */
  readonly because: string;
  /** It was known here before a majority had it, and was taken back. */
  readonly withdrawn: boolean;
}

export interface HistoryEntry extends HistoryLine {
  readonly source: string;
  readonly admin: Admin;
}

/** One version, as all nodes that answered know it. */
export interface HistoryVersion extends HistoryLine {
  /** How many versions back from the one in force; null: it was withdrawn. */
  readonly back: number | null;
  /** Who remembers it. */
  readonly nodes: readonly NodeId[];
}

/** `GET /v1/history`: the newest first. */
export interface HistoryAnswer {
  readonly schemaVersion: typeof schemaVersion;
  readonly inForce: Version;
  readonly versions: readonly HistoryVersion[];
  readonly silent: readonly NodeId[];
}

/** `GET /v1/history?version=4.2`. */
export interface HistoryEntryAnswer extends HistoryEntry {
  readonly schemaVersion: typeof schemaVersion;
}

export interface HistorySource {
  /** The newest first. */
  lines(): readonly HistoryLine[];
  entry(version: Version): HistoryEntry | null;
  /** Notes who asked for a version and why. */
  explain(version: Version, because: string): void;
}

/** What a peer answers to `history`. */
export interface PeerHistory {
  readonly lines: readonly HistoryLine[];
}

export async function historyAnswer(host: ApiHost): Promise<HistoryAnswer> {
  const { answers, silent } = await gather(host, () => ({ kind: 'history' }), isPeerHistory);
  const all = new Map([...answers, [host.self, { lines: host.history.lines() }]]);
  return { schemaVersion, inForce: host.content().version, versions: merge(all, host.content().version), silent };
}

/** The entry, from this node or from the first one that has it; null: nobody has. */
export async function historyEntry(host: ApiHost, version: Version): Promise<HistoryEntryAnswer | null> {
  const own = host.history.entry(version);
  if (own !== null) return answerOf(own);
  const { answers } = await gather(host, () => ({ kind: 'historyEntry', version }), isPeerEntry);
  const [found] = [...answers.values()];
  return found === undefined ? null : answerOf(found.entry);
}

/** Wishes that another version of the software did not know yet are none. */
const answerOf = (entry: HistoryEntry): HistoryEntryAnswer => ({
  schemaVersion,
  ...entry,
  admin: { ...noAdmin, ...entry.admin },
});

/** Versions of all nodes in one list, the newest first. */
export function merge(all: ReadonlyMap<NodeId, PeerHistory>, inForce: Version): HistoryVersion[] {
  const found = new Map<string, { line: HistoryLine; nodes: NodeId[] }>();
  for (const [node, { lines }] of [...all].sort(([a], [b]) => byText(a, b)))
    for (const line of lines) {
      const key = `${line.version.view}.${line.version.counter}`;
      const known = found.get(key);
      found.set(key, { line: both(known?.line, line), nodes: [...(known?.nodes ?? []), node] });
    }
  const sorted = [...found.values()].sort((a, b) => compareVersions(b.line.version, a.line.version));
  let back = 0;
  return sorted.map(({ line, nodes }) => {
    const counts = !line.withdrawn && compareVersions(line.version, inForce) <= 0;
    return { back: counts ? back++ : null, ...line, nodes };
  });
}

/** One node may know more: who asked, or that it came into force after all. The earliest time is nearest to the change. */
function both(a: HistoryLine | undefined, b: HistoryLine): HistoryLine {
  if (a === undefined) return b;
  return {
    version: a.version,
    at: byText(a.at, b.at) <= 0 ? a.at : b.at,
    what: a.what.length >= b.what.length ? a.what : b.what,
    because: a.because === '' ? b.because : a.because,
    withdrawn: a.withdrawn && b.withdrawn,
  };
}

/** Reads `4.2`; null: it is no version. */
export function parseVersion(text: string): Version | null {
  const parts = /^(\d{1,15})\.(\d{1,15})$/.exec(text);
  return parts === null ? null : { view: Number(parts[1]), counter: Number(parts[2]) };
}

export const isFirst = (version: Version): boolean => compareVersions(version, noVersion) === 0;

const isPeerHistory = (answer: unknown): answer is PeerHistory => {
  const lines: unknown = (answer as Partial<PeerHistory> | null)?.lines;
  return Array.isArray(lines) && lines.every(isLine);
};

const isPeerEntry = (answer: unknown): answer is { entry: HistoryEntry } => {
  const entry: unknown = (answer as { entry?: unknown } | null)?.entry;
  return isEntry(entry);
};

export function isLine(line: unknown): line is HistoryLine {
  const { version, at, what, because, withdrawn } = (line ?? {}) as Partial<HistoryLine>;
  return (
    Number.isSafeInteger(version?.view) &&
    Number.isSafeInteger(version?.counter) &&
    typeof at === 'string' &&
    Array.isArray(what) &&
    what.every((each) => typeof each === 'string') &&
    typeof because === 'string' &&
    typeof withdrawn === 'boolean'
  );
}

export const isEntry = (entry: unknown): entry is HistoryEntry =>
  isLine(entry) &&
  typeof (entry as Partial<HistoryEntry>).source === 'string' &&
  typeof (entry as Partial<HistoryEntry>).admin === 'object';
