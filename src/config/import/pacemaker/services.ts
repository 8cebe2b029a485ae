/** Resources as services and groups. */
import type {
  AttributeSet,
  BundleConfig,
  CloneConfig,
  PrimitiveConfig,
  ResourceConfig,
} from '../../../policy/input.ts';
import { readSets } from '../../../policy/rule/index.ts';
import { scoreOf } from '../../../policy/rule/text.ts';
import type { Resource } from '../../../policy/situation.ts';
import { asksForNumber } from '../../numbers.ts';
import { agentOf } from './agents.ts';
import { containerEntry, insideEntry } from './bundles.ts';
import { type Entry, isAttributeName, joined, plainValue, type Words, wordsEntry, wordsOf } from './layers.ts';
import type { Locations } from './locations.ts';
import { primitivesOf } from './names.ts';
import { type OperationDefaults, operationsOf } from './operations.ts';
import { paramRules, withMoreRules } from './paramRules.ts';
import { ruleText } from './ruleText.ts';
import { utilizationRules } from './switched.ts';
import type { Translating } from './translating.ts';

/** What stands above a service, and what is known of the cluster. */
export interface ServiceSources {
  readonly defaults: Words;
  readonly operations: OperationDefaults;
  readonly locations: Locations;
  /** Meta attributes that a rule switches on, by the id of their owner. */
  readonly ruled: ReadonlyMap<string, readonly AttributeSet[]>;
  /** What a failed stop leads to where nothing is said. */
  readonly fencesStops: boolean;
}

export interface ServiceEntries {
  readonly services: Record<string, Entry>;
  readonly groups: Record<string, Entry>;
  /** Where the entry of each id of the configuration stands. */
  readonly paths: ReadonlyMap<string, readonly string[]>;
}

/** Parameters that it takes over, of its group and its clone. */
type Outer = readonly (readonly AttributeSet[])[];

export function servicesOf(
  resources: readonly ResourceConfig[],
  sources: ServiceSources,
  translating: Translating,
): ServiceEntries {
  const services: Record<string, Entry> = {};
  const groups: Record<string, Entry> = {};
  const paths = new Map<string, readonly string[]>();
  const put = (config: PrimitiveConfig, above: Words, more: Entry, outer: Outer): void => {
    const name = nameOf(config.id, translating);
    services[name] = serviceEntry(config, above, more, outer, sources, translating);
    paths.set(config.id, ['services', name]);
  };
  for (const resource of resources) {
    const child = resource.kind === 'clone' ? resource.child : resource;
    if (child.kind === 'bundle') {
      const name = nameOf(child.id, translating);
      services[name] = bundleEntry(child, name, sources, translating);
      for (const { id } of [child, ...primitivesOf(child)]) paths.set(id, ['services', name]);
      continue;
    }
    const outer = resource.kind === 'clone' ? [resource.parameters] : [];
    const copies = resource.kind === 'clone' ? copiesEntry(resource, sources, translating) : {};
    const own = resource.kind === 'clone' ? rulesEntry([...ruledOf(resource.id, sources)], translating) : {};
    if (child.kind === 'primitive') {
      const name = nameOf(child.id, translating);
      put(child, sources.defaults, joined(copies, placesEntry(name, sources), own), outer);
    } else {
      const name = nameOf(child.id, translating);
      const words = wordsFor(translating.instances.get(child.id) ?? null, translating);
      const ruled = [resource.id, child.id].filter((id, at, all) => all.indexOf(id) === at);
      groups[name] = joined(
        wordsEntry(words, sources.defaults),
        copies,
        placesEntry(name, sources),
        rulesEntry(
          ruled.flatMap((id) => ruledOf(id, sources)),
          translating,
        ),
      );
      paths.set(child.id, ['groups', name]);
      for (const member of child.members)
        put(member, words, { group: name, ...placesEntry(nameOf(member.id, translating), sources) }, [
          child.parameters,
          ...outer,
        ]);
    }
    if (resource.id !== child.id) paths.set(resource.id, paths.get(child.id) ?? []);
  }
  for (const [name, group] of Object.entries(groups)) if (Object.keys(group).length === 0) delete groups[name];
  return { services, groups, paths };
}

const nameOf = (id: string, { names }: Translating): string => names.thing(id)?.name ?? id;

const ruledOf = (id: string, { ruled }: ServiceSources): readonly AttributeSet[] => ruled.get(id) ?? [];

const wordsFor = (resource: Resource | null, { situation }: Translating): Words => {
  const raw = new Map(resource?.rawMeta ?? []);
  const { managedByDefault, defaultStickiness } = situation.options;
  if (!raw.has('is-managed') && managedByDefault === false) raw.set('is-managed', 'false');
  if (!raw.has('resource-stickiness') && defaultStickiness !== null)
    raw.set('resource-stickiness', String(defaultStickiness));
  return wordsOf(raw, resource?.meta.promotable ?? false);
};

// ---------------------------------------------------------------- one service

function serviceEntry(
  config: PrimitiveConfig,
  above: Words,
  more: Entry,
  outer: Outer,
  sources: ServiceSources,
  translating: Translating,
): Entry {
  const { draft } = translating;
  const resource = translating.instances.get(config.id) ?? null;
  const { agent, kind, note } = agentOf(config.agent);
  if (note !== null) draft.note(config.id, note);
  const migrate = migrateEntry(resource, kind, config.id, translating);
  const abilities = {
    isPromotable: resource?.meta.promotable ?? false,
    migrates: 'migrate' in migrate,
    isNotified: resource?.meta.notify ?? false,
    isFenced: sources.fencesStops,
  };
  const operations = operationsOf(config, kind, abilities, sources.operations, translating);
  const words = withoutOwnPriority(wordsFor(resource, translating), above, 'group' in more, config.id, translating);
  noteMeta(resource, config.id, translating);
  const onFail = sources.fencesStops ? operations.onFail : unfenced(operations.onFail, config.id, translating);
  const times = sources.fencesStops ? operations.entry : withoutFencing(operations.entry, config.id, translating);
  const utilization = utilizationOf(resource?.utilization ?? new Map(), config.id, translating);
  const room = hasRoom(utilization, translating);
  if (!room) draft.note(config.id, 'no node has room for it, so that it never ran: target-role is Stopped now');
  return joined(
    { agent: agent ?? draft.blank(`agent for ${nameOf(config.id, translating)}`, 'ocf:heartbeat:Dummy') },
    paramsEntry(resource, kind, config.id, translating),
    times,
    wordsEntry(words, above),
    Object.keys(onFail).length === 0 ? {} : { 'on-fail': onFail },
    Object.keys(utilization).length === 0 || !room ? {} : { utilization },
    room ? {} : { meta: { 'target-role': 'Stopped' } },
    migrate,
    // In two places at once a guest would be two.
    isMachine(config.id, translating) ? { takeover: 'fencing' } : {},
    more,
    withMoreRules(ownRules(config.id, more, sources, translating), [
      ...utilizationRules(config.id, config.utilization, ['date', 'resource'], translating),
      ...operations.rules,
      ...paramRules(config, outer, kind, translating),
    ]),
  );
}

// ---------------------------------------------------------------- one bundle

function bundleEntry(config: BundleConfig, name: string, sources: ServiceSources, translating: Translating): Entry {
  const { draft, nodes, instances } = translating;
  const { id, child } = config;
  const bundle = instances.get(id);
  const meta = bundle?.meta ?? { cloneMax: 1, cloneNodeMax: 1, promotable: false };
  const places = placesEntry(name, sources);
  const able = (sources.locations.placesOf(name).on ?? nodes).length;
  const perNode = Math.min(meta.cloneNodeMax, instancesMax);
  const copies = copiesWithin(id, meta.cloneMax, able, perNode, draft);
  const container = containerEntry(config, name, { perNode }, translating);
  const inside = child === null ? null : insideEntry(child, sources.operations, sources.fencesStops, translating);
  if (inside !== null)
    draft.note(
      id,
      'what runs inside starts, stops and fails with its container, which is no node here: no constraint is about the inside alone',
    );
  const onFail =
    inside === null || sources.fencesStops ? (inside?.onFail ?? {}) : unfenced(inside.onFail, id, translating);
  const utilization = child === null ? {} : utilizationOf(ownUtilization(child), id, translating);
  return joined(
    container,
    inside?.entry ?? {},
    wordsEntry(wordsFor(bundle ?? null, translating), sources.defaults),
    Object.keys(onFail).length === 0 ? {} : { 'on-fail': onFail },
    Object.keys(utilization).length === 0 ? {} : { utilization },
    replicasEntry(config, { copies: Math.max(copies, 1), able, perNode }, container, translating),
    places,
    withMoreRules(ownRules(id, {}, sources, translating), inside?.rules ?? []),
  );
}

/** Replicas that need no number are alike, as they are to Pacemaker where one runs on a node at most. */
function replicasEntry(
  { id, child }: BundleConfig,
  { copies, able, perNode }: { readonly copies: number; readonly able: number; readonly perNode: number },
  container: Entry,
  { draft, instances }: Translating,
): Entry {
  const { meta } = instances.get(id) ?? {};
  // Each replica is a node of its own to Pacemaker: how many of them are promoted on one machine, nobody counts.
  const roles =
    meta?.promotable === true
      ? promotableEntry({ ...meta, isUnique: perNode > 1, promotedNodeMax: perNode }, copies)
      : {};
  const { notify = false } = (child === null ? undefined : instances.get(child.id))?.meta ?? {};
  const text = JSON.stringify(container);
  const isOwn = asksForNumber(text) || text.includes('"address":');
  if (perNode > 1 || copies === 1 || isOwn) {
    if (notify) draft.lose(id, notUnique);
    return { ...roles, instances: copies, unique: true, ...(perNode > 1 ? { 'per-node': perNode } : {}) };
  }
  return { ...roles, instances: copies >= able ? 'all' : copies, ...(notify ? { notify: true } : {}) };
}

const notUnique = 'its agent is told what other copies do (notify): here unique copies are not';

/** It is the container that needs it. */
const ownUtilization = ({ utilization }: PrimitiveConfig): ReadonlyMap<string, number> =>
  new Map([...readSets(utilization, { nowS: 0 })].map(([name, amount]) => [name, Number.parseInt(amount, 10)]));

/** As many as nodes have places for. */
function copiesWithin(id: string, max: number, able: number, perNode: number, draft: Translating['draft']): number {
  const copies = Math.min(max, able * perNode, instancesMax);
  if (copies < max)
    draft.note(id, `${max} copies are wanted, and no more than ${copies} can run: instances is ${copies}`);
  return copies;
}

const isMachine = (id: string, { remotes }: Translating): boolean =>
  [...remotes.values()].some(({ machine }) => machine === id);

/** What nothing can switch off cannot be fenced: then it is stopped, as Pacemaker does it. */
function unfenced(onFail: Entry, id: string, { draft }: Translating): Entry {
  const answers = Object.entries(onFail).filter(([, answer]) => answer === 'fence');
  if (answers.length === 0) return onFail;
  draft.note(id, 'on-fail fence is left out: not every node can be switched off');
  const others = Object.entries(onFail).filter(([, answer]) => answer !== 'fence');
  const stopped = answers
    .filter(([operation]) => operation !== 'stop')
    .map(([operation]) => [operation, 'stop'] as const);
  return Object.fromEntries([...others, ...stopped]);
}

/** The same of what each of several checks says. */
function withoutFencing(entry: Entry, id: string, translating: Translating): Entry {
  const { check } = entry;
  if (!Array.isArray(check)) return entry;
  const checks = (check as readonly Entry[]).map(({ 'on-fail': answer, ...rest }) => {
    const { check: then } = answer === undefined ? {} : unfenced({ check: answer }, id, translating);
    return { ...rest, ...(then === undefined ? {} : { 'on-fail': then }) };
  });
  return { ...entry, check: checks };
}

/** On some node, if anybody looks at that. */
function hasRoom(utilization: Entry, { situation }: Translating): boolean {
  if (situation.options.placementStrategy === 'default') return true;
  return Object.entries(utilization).every(([what, amount]) =>
    situation.nodes.some((node) => (node.utilization.get(what) ?? 0) >= Number(amount)),
  );
}

/** The turn of a group is its own: a member has none to itself. */
function withoutOwnPriority(words: Words, above: Words, isMember: boolean, id: string, { draft }: Translating): Words {
  if (!isMember || words.priority === above.priority) return words;
  draft.note(id, 'its own priority says nothing beside that of its group: left out');
  return { ...words, priority: above.priority };
}

function noteMeta(resource: Resource | null, id: string, { draft }: Translating): void {
  const raw = resource?.rawMeta ?? new Map<string, string>();
  const stickiness = Number.parseInt(raw.get('resource-stickiness') ?? '0', 10);
  if (stickiness < 0 || raw.get('resource-stickiness')?.startsWith('-') === true)
    draft.note(id, 'its stickiness is negative, which Pacemaker takes for 0: 0 here');
  if (raw.has('container')) draft.lose(id, `it runs inside of ${raw.get('container')}: containers are no nodes here`);
  const requires = raw.get('requires')?.toLowerCase();
  if (requires === 'nothing' || requires === 'quorum')
    draft.note(id, `requires ${requires} is left out: «takeover» says what must be certain about a lost node`);
}

function paramsEntry(resource: Resource | null, kind: 'ocf' | 'systemd', id: string, { draft }: Translating): Entry {
  const values = readSets(resource?.parameterSets ?? [], { nowS: 0 });
  const params: Entry = {};
  for (const [name, value] of values)
    if (/^[A-Za-z_][\w-]{0,99}$/.test(name)) params[name] = plainValue(value);
    else draft.note(id, `its parameter «${name}» has a name that none can have here: left out`);
  if (Object.keys(params).length === 0) return {};
  if (kind === 'ocf') return { params };
  draft.note(id, `a unit of systemd has no parameters: ${Object.keys(params).join(', ')} left out`);
  return {};
}

function utilizationOf(values: ReadonlyMap<string, number>, id: string, { draft }: Translating): Entry {
  const entry: Entry = {};
  for (const [name, amount] of values)
    if (isAttributeName(name) && Number.isSafeInteger(amount) && amount >= 0) entry[name] = Math.max(amount, 0);
    else draft.lose(id, `it takes up ${amount} of «${name}»: only amounts from 0, and plain names, are taken here`);
  return entry;
}

function migrateEntry(resource: Resource | null, kind: 'ocf' | 'systemd', id: string, { draft }: Translating): Entry {
  if (resource?.meta.allowMigrate !== true) return {};
  if (kind === 'ocf' && resource.instance === null) return { migrate: true };
  if (kind === 'systemd') draft.note(id, 'allow-migrate is left out: only OCF agents can migrate');
  return {};
}

// ---------------------------------------------------------------- places and copies

function placesEntry(name: string, { locations }: ServiceSources): Entry {
  const { on, onScore, locations: entries } = locations.placesOf(name);
  return {
    ...(on === null || on.length === 0 ? {} : { on }),
    ...(onScore === 0 ? {} : { 'on-score': onScore }),
    ...(entries.length === 0 ? {} : { location: entries }),
    ...(on?.length === 0 ? { meta: { 'target-role': 'Stopped' } } : {}),
  };
}

function copiesEntry({ id, child }: CloneConfig, { locations }: ServiceSources, translating: Translating): Entry {
  const { situation, nodes, draft, input } = translating;
  const index = situation.resourceById.get(id);
  const clone = index === undefined ? undefined : situation.resources[index];
  if (clone === undefined) return {};
  const { cloneMax, cloneMin } = clone.meta;
  const members = input.nodes.filter(({ type }) => type === 'member').length;
  const on = locations.placesOf(nameOf(child.id, translating)).on ?? [];
  const able = on.length > 0 ? on.length : nodes.length;
  const isAll = cloneMax >= Math.min(members, able);
  const copies = cloneMax === 0 ? 1 : cloneMax;
  if (cloneMax === 0) draft.note(id, 'clone-max is 0, so that nothing runs: target-role is Stopped now');
  const unique = uniqueEntry(clone, child.kind, able, translating);
  return {
    ...(clone.meta.promotable ? promotableEntry(clone.meta, unique?.instances ?? (isAll ? able : copies)) : {}),
    ...(isAll && clone.meta.promotable ? {} : { instances: isAll ? 'all' : copies }),
    ...unique,
    ...(clone.meta.interleave ? { interleave: true } : {}),
    ...(clone.meta.ordered ? { ordered: true } : {}),
    ...(clone.meta.notify && unique === null ? { notify: true } : {}),
    ...(cloneMin > 0 || cloneMax === 0
      ? {
          meta: {
            ...(cloneMin > 0 ? { 'clone-min': cloneMin } : {}),
            ...(cloneMax === 0 ? { 'target-role': 'Stopped' } : {}),
          },
        }
      : {}),
  };
}

const instancesMax = 32;

/** `able`: how many nodes may run it. Null: its copies are alike, or become so. */
function uniqueEntry(
  { baseId: id, meta }: Resource,
  child: ResourceConfig['kind'],
  able: number,
  { draft }: Translating,
): (Entry & { readonly instances: number }) | null {
  const { isUnique, cloneMax, cloneNodeMax, promotable, promotedNodeMax, notify } = meta;
  if (!isUnique) {
    if (cloneNodeMax > 1)
      draft.lose(id, `${cloneNodeMax} copies may run on one node: of copies that are alike it is one`);
    return null;
  }
  if (child === 'group') {
    draft.lose(id, 'its copies are different from each other (globally-unique): here copies of a group are alike');
    if (promotable && promotedNodeMax > 1)
      draft.lose(id, `${promotedNodeMax} copies may be promoted on one node: here it is one`);
    return null;
  }
  if (notify) draft.lose(id, notUnique);
  const perNode = Math.min(cloneNodeMax, instancesMax);
  const copies = Math.min(cloneMax, able * perNode, instancesMax);
  if (copies < cloneMax)
    draft.note(id, `clone-max is ${cloneMax}, and no more than ${copies} copies can run: instances is ${copies}`);
  return { instances: Math.max(copies, 1), unique: true, ...(perNode > 1 ? { 'per-node': perNode } : {}) };
}

function promotableEntry(
  { isUnique, promotedMax, promotedNodeMax }: Pick<Resource['meta'], 'isUnique' | 'promotedMax' | 'promotedNodeMax'>,
  copies: number,
): Entry {
  const perNode = isUnique ? Math.max(1, Math.min(promotedNodeMax, copies)) : 1;
  const max = Math.max(1, Math.min(promotedMax, copies));
  if (max === 1) return { promotable: true };
  return { promotable: { max, ...(perNode > 1 ? { 'per-node': perNode } : {}) } };
}

// ---------------------------------------------------------------- rules

function ownRules(id: string, more: Entry, sources: ServiceSources, translating: Translating): Entry {
  const own = ruledOf(id, sources);
  const { rules: above = [] } = more as { readonly rules?: readonly Entry[] };
  const { rules = [] } = rulesEntry(own, translating) as { readonly rules?: readonly Entry[] };
  const all = [...above, ...rules];
  return all.length === 0 ? {} : { rules: all };
}

const ruleMeta = [
  ...['resource-stickiness', 'priority', 'migration-threshold', 'failure-timeout', 'critical', 'multiple-active'],
  ...['target-role', 'is-managed', 'maintenance', 'allow-unhealthy-nodes'],
];

/** The later one counts first, as in the configuration. */
export function rulesEntry(sets: readonly AttributeSet[], { names, nodeIds, draft }: Translating): Entry {
  const rules = sets
    .toSorted((a, b) => (a.score ?? 0) - (b.score ?? 0))
    .flatMap(({ id, rule, values }): Entry[] => {
      const text = rule === null ? null : ruleText(rule, ['date', 'resource'], names, nodeIds);
      const left = values.filter(([name]) => ruleMeta.includes(name));
      if (text === null || left.length < values.length)
        draft.lose(id, 'a rule switches these values on, and there are no words for it here: left out');
      if (text === null || left.length === 0) return [];
      return [{ where: text, meta: Object.fromEntries(left.map(([name, value]) => [name, ruledValue(name, value)])) }];
    });
  return rules.length === 0 ? {} : { rules };
}

function ruledValue(name: string, value: string): string | number | boolean {
  if (name === 'resource-stickiness' && scoreOf(value) < 0) return 0;
  return /^[+-]?inf(inity)?$/i.test(value) ? (value.startsWith('-') ? '-inf' : 'inf') : plainValue(value);
}
