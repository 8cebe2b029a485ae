/**
 * What resources say of themselves in meta attributes, in the words of the cluster file, layer by layer: `defaults`, a group, a
 * service. Each layer is written only as far as it differs from the one above.
 */
import { stickinessMax } from '../../../core/model.ts';
import { booleanOf, intervalMsOf, isTrue, scoreOf } from '../../../policy/rule/text.ts';
import { infinity } from '../../../policy/values.ts';
import { defaults } from '../../defaults.ts';
import { formatDuration } from '../../duration.ts';

/** A mapping of the cluster file. */
export type Entry = Record<string, unknown>;

export interface Words {
  readonly stickiness: number;
  readonly failures: { readonly max: number; readonly forgetMs: number | null };
  readonly priority: number;
  readonly meta: Readonly<Record<string, string | boolean | number>>;
}

const plainMeta = {
  critical: true,
  'multiple-active': 'stop_start',
  'target-role': 'Started',
  'is-managed': true,
  maintenance: false,
  'allow-unhealthy-nodes': false,
};

/** What a file says that says nothing of it. */
export const ownWords: Words = {
  stickiness: defaults.service.stickiness,
  failures: defaults.service.failures,
  priority: 0,
  meta: plainMeta,
};

/** What meta attributes amount to, with Pacemaker's own defaults where they say nothing. */
export function wordsOf(raw: ReadonlyMap<string, string>, isPromotable: boolean): Words {
  const given = (name: string): string | undefined => {
    const value = raw.get(name);
    return value?.toLowerCase() === 'default' ? undefined : value;
  };
  const threshold = given('migration-threshold') === undefined ? infinity : scoreOf(given('migration-threshold'));
  const forgetMs = intervalMsOf(raw.get('failure-timeout'));
  return {
    stickiness: Math.max(scoreOf(given('resource-stickiness')), 0),
    failures: {
      max: threshold < 0 ? 1 : threshold === 0 ? infinity : threshold,
      forgetMs: forgetMs > 0 ? forgetMs : null,
    },
    priority: scoreOf(raw.get('priority')),
    meta: {
      critical: raw.has('critical') ? isTrue(raw.get('critical')) : true,
      'multiple-active': multipleActive(raw.get('multiple-active')),
      'target-role': targetRole(raw.get('target-role'), isPromotable),
      'is-managed': given('is-managed') === undefined ? true : booleanOf(given('is-managed')) === true,
      maintenance: isTrue(raw.get('maintenance')),
      'allow-unhealthy-nodes': isTrue(raw.get('allow-unhealthy-nodes')),
    },
  };
}

function multipleActive(text: string | undefined): string {
  const word = text?.toLowerCase() ?? '';
  return ['stop_only', 'block', 'stop_unexpected'].includes(word) ? word : 'stop_start';
}

function targetRole(text: string | undefined, isPromotable: boolean): string {
  const role = text?.toLowerCase();
  if (role === 'stopped') return 'Stopped';
  return isPromotable && (role === 'unpromoted' || role === 'slave') ? 'Unpromoted' : 'Started';
}

/** As an entry of the file: only what is not said above. */
export function wordsEntry(words: Words, above: Words): Entry {
  const failures = {
    ...(words.failures.max === above.failures.max ? {} : { max: maxText(words.failures.max) }),
    ...(words.failures.forgetMs === above.failures.forgetMs ? {} : { forget: forgetText(words.failures.forgetMs) }),
  };
  const meta = Object.fromEntries(Object.entries(words.meta).filter(([name, value]) => above.meta[name] !== value));
  return {
    ...(words.stickiness === above.stickiness ? {} : { stickiness: stickinessText(words.stickiness) }),
    ...(Object.keys(failures).length === 0 ? {} : { failures }),
    ...(words.priority === above.priority ? {} : { priority: scoreText(words.priority) }),
    ...(Object.keys(meta).length === 0 ? {} : { meta }),
  };
}

const stickinessText = (stickiness: number): number | string => (stickiness >= stickinessMax ? 'stay' : stickiness);

const maxText = (max: number): number | string => (max > 1000 ? 'never' : max);

const dayMs = 86_400_000;

const forgetText = (forgetMs: number | null): string =>
  forgetMs === null ? 'never' : formatDuration(Math.min(Math.max(forgetMs, 1000), 365 * dayMs));

export function scoreText(score: number): number | string {
  if (score >= infinity) return 'inf';
  return score <= -infinity ? '-inf' : score;
}

/** What attributes of nodes, and what there is room for, can be called. */
export const isAttributeName = (text: string): boolean => /^[A-Za-z_#][\w.:#-]{0,99}$/.test(text);

/** A text of a CIB as a person would write it in YAML. */
export function plainValue(text: string): string | number | boolean {
  if (/^(0|-?[1-9]\d{0,14})$/.test(text)) return Number(text);
  return text === 'true' || text === 'false' ? text === 'true' : text;
}

/** Entries laid over each other: the later one counts, mappings under `meta` are merged. */
export function joined(...entries: readonly Entry[]): Entry {
  const meta = Object.assign({}, ...entries.map((entry) => entry['meta'] ?? {})) as Entry;
  const all = Object.assign({}, ...entries) as Entry;
  return Object.keys(meta).length === 0 ? all : { ...all, meta };
}
