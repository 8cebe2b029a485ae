/** What is said of the cluster as a whole: who may act when, options, and what all services have in common. */
import { readSets } from '../../../policy/rule/index.ts';
import { booleanOf, durationMsOf } from '../../../policy/rule/text.ts';
import { formatDuration } from '../../duration.ts';
import { knownOptions, whyUnfit } from '../../policy/known.ts';
import type { Corosync } from './corosync.ts';
import { type ImportedFencing, isFencingOn } from './fencing.ts';
import { type Entry, ownWords, plainValue, type Words, wordsEntry } from './layers.ts';
import type { OperationDefaults } from './operations.ts';
import type { Translating } from './translating.ts';

export type Settings = ReadonlyMap<string, string>;

/** What makes it certain that a lost node has ended. */
export type Certainty = 'devices' | 'lease' | 'operator';

export interface ClusterParts {
  readonly certainty: Certainty;
  readonly heartbeat: Entry;
  readonly quorum: Entry;
  readonly watchdog: string;
  readonly fencing: Entry;
  readonly options: Entry;
}

export function clusterOf(
  settings: Settings,
  fencing: ImportedFencing,
  corosync: Corosync | null,
  hints: { readonly witness: string | null; readonly watchdog: string | null },
  translating: Translating,
): ClusterParts {
  const { nodes, remotes, draft } = translating;
  const isFenced = isFencingOn(settings) && fencing.coversAll;
  const voters = nodes.length - remotes.size;
  const isPair = voters === 2 && hints.witness === null;
  const certainty = isFenced ? 'devices' : isPair ? 'operator' : 'lease';
  const deviceCount = Object.keys(fencing.devices).length;
  if (!isFenced && nodes.length > 1) noteUnfenced(isPair, deviceCount, translating);
  if (!isFencingOn(settings) && deviceCount > 0)
    draft.note('stonith-enabled', 'its fence devices were switched off; here a device that is in the file is used');
  if (corosync?.quorumDevice != null)
    draft.note(
      null,
      `the quorum device on ${corosync.quorumDevice} is a witness here: sempre witness, and «witness» in the file`,
    );
  const hasWatchdog = booleanOf(settings.get('have-watchdog')) === true;
  const powerOn = /^(off|poweroff)$/i.test(settings.get('stonith-action') ?? '') ? { 'power-on': false } : {};
  return {
    certainty,
    heartbeat: heartbeatOf(corosync),
    quorum: isPair ? { tie: isFenced ? 'fence' : 'none' } : noQuorumOf(settings, isFenced, translating),
    watchdog: hints.watchdog ?? (hasWatchdog ? '/dev/watchdog' : 'none'),
    fencing: deviceCount === 0 ? {} : { ...powerOn, devices: fencing.devices },
    options: optionsOf(settings, translating),
  };
}

function noteUnfenced(isPair: boolean, devices: number, { draft }: Translating): void {
  const what = devices === 0 ? 'nothing switches a lost node off' : 'not every node can be switched off';
  const then = isPair
    ? 'its services wait for «sempre node confirm-off NODE»; a fence device or a witness ends that (docs/guide/two-nodes.md)'
    : 'its services wait until it has stopped them by itself («takeover: lease»); a watchdog makes that certain';
  draft.note('stonith-enabled', `${what}: ${then}`);
}

const missedAdvised = 5;

/** A silent node is waited for as long as before. */
function heartbeatOf(corosync: Corosync | null): Entry {
  const tokenMs = corosync?.tokenMs ?? null;
  if (tokenMs === null) return {};
  const deadMs = Math.min(Math.max(tokenMs, 1000), 300_000);
  const intervalMs = Math.min(Math.floor(deadMs / missedAdvised), 10_000);
  return { interval: formatDuration(intervalMs), dead: formatDuration(deadMs) };
}

function noQuorumOf(settings: Settings, isFenced: boolean, { draft, nodes }: Translating): Entry {
  const policy = settings.get('no-quorum-policy')?.toLowerCase() ?? 'stop';
  if (nodes.length < 2 || policy === 'stop') return {};
  if (policy === 'freeze' || policy === 'ignore') {
    if (isFenced) return { 'no-quorum': policy };
    draft.note(
      'no-quorum-policy',
      `${policy} is stop now: nothing switches a lost node off, so that it has to stop by itself when it is alone`,
    );
    return {};
  }
  draft.note('no-quorum-policy', `${policy} is stop now, which is what there is in its place`);
  return {};
}

// ---------------------------------------------------------------- options

/** They have places of their own in the file, or are looked at elsewhere. */
const elsewhere = new Set([
  ...['symmetric-cluster', 'stonith-enabled', 'no-quorum-policy', 'stonith-action', 'cluster-name', 'maintenance-mode'],
  ...['have-watchdog', 'dc-version', 'cluster-infrastructure', 'last-lrm-refresh', 'is-managed-default'],
  ...['default-resource-stickiness', 'stonith-watchdog-timeout', 'dc-deadtime', 'expected-quorum-votes'],
]);

function optionsOf(settings: Settings, { draft }: Translating): Entry {
  const entry: Entry = {};
  if (booleanOf(settings.get('start-failure-is-fatal')) !== false) entry['start-failure-is-fatal'] = true;
  for (const [name, value] of settings) {
    if (elsewhere.has(name) || name === 'start-failure-is-fatal') continue;
    const known = Object.hasOwn(knownOptions, name) ? knownOptions[name] : undefined;
    const word = known?.kind === 'flag' ? String(booleanOf(value) ?? value) : value;
    if (known === undefined) draft.note(name, 'an option that nobody here knows: left out');
    else if (known.kind === 'refused') draft.note(name, `the option is left out: ${known.because}`);
    else if (whyUnfit(known, word) !== null) draft.note(name, `«${value}» ${whyUnfit(known, word)}: left out`);
    else if (!isPlain(name, word)) entry[name] = plainValue(word);
  }
  if (booleanOf(settings.get('maintenance-mode')) === true)
    draft.note('maintenance-mode', 'the cluster was in maintenance, which the file cannot say: sempre maintenance on');
  if ((durationMsOf(settings.get('stonith-watchdog-timeout')) ?? 0) > 0)
    draft.note(
      'stonith-watchdog-timeout',
      'a node that hangs is reset by its own watchdog: «watchdog: {device, timeout}»',
    );
  return entry;
}

const plain: Readonly<Record<string, string>> = {
  'placement-strategy': 'default',
  'node-health-strategy': 'none',
  'stop-all-resources': 'false',
};

const isPlain = (name: string, value: string): boolean => plain[name] === value;

// ---------------------------------------------------------------- defaults

const hourMs = 3_600_000;

/** Places in `on` are worth nothing: locations say what they are worth. */
export function defaultsOf(words: Words, operations: OperationDefaults, certainty: Certainty): Entry {
  const { timeoutMs } = operations;
  const timeout = timeoutMs === null ? null : formatDuration(Math.min(Math.max(timeoutMs, 100), hourMs));
  return {
    'on-score': 0,
    ...wordsEntry(words, ownWords),
    ...(certainty === 'lease' ? { takeover: 'lease' } : {}),
    ...(certainty === 'devices' ? { 'on-fail': { stop: 'fence' } } : {}),
    ...(timeout === null ? {} : { check: { timeout }, 'start-timeout': timeout, 'stop-timeout': timeout }),
  };
}

export const settingsOf = (sets: Parameters<typeof readSets>[0]): Settings => readSets(sets, { nowS: 0 });
