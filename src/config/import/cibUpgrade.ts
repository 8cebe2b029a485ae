/**
 * Brings the configuration of an older CIB into the form of schema 3, as Pacemaker does before it reads it. The tree is changed in
 * place. (What differs between 1.3 and 2.0 are access lists alone, which nobody here reads.)
 */
import { isFrom06, upgradeFrom06 } from './cibUpgrade06.ts';
import { childOf, childrenOf, type Element, elementNear } from './element.ts';
import type { Reading } from './reading.ts';

export function upgrade(root: Element, reading: Reading): void {
  if (isFrom06(root)) upgradeFrom06(root);
  if (majorOf(root.attributes['validate-with']) >= 3) return;
  const configuration = childOf(root, 'configuration');
  if (configuration === null) return;
  for (const set of childrenOf(childOf(configuration, 'crm_config'), 'cluster_property_set'))
    moveOptions(set, configuration, reading);
  for (const resource of withOperations(childOf(configuration, 'resources'))) moveRequires(resource);
}

/** Schemas without a number (`none`, `pacemaker-next`) are taken for today's. */
const majorOf = (schema: string | undefined): number => Number(/-(\d+)\.\d+$/.exec(schema ?? '')?.[1] ?? 3);

// ---------------------------------------------------------------- cluster options

interface Move {
  /** The name of today; null: there is none. */
  readonly name: string | null;
  /** Where it belongs today, if not among the cluster options. */
  readonly to?: 'rsc_defaults' | 'op_defaults';
  /** Only this value means anything today, and is another one. */
  readonly only?: readonly [value: string, today: string];
}

const gone: Move = { name: null };

const inDefaults: readonly (readonly [string, Move])[] = [
  ['default-action-timeout', { name: 'timeout', to: 'op_defaults' }],
  ['default-resource-stickiness', { name: 'resource-stickiness', to: 'rsc_defaults' }],
  ['is-managed-default', { name: 'is-managed', to: 'rsc_defaults' }],
  [
    'default-resource-failure-stickiness',
    { name: 'migration-threshold', to: 'rsc_defaults', only: ['-INFINITY', '1'] },
  ],
  ['default-migration-threshold', gone],
];

const underscored: readonly string[] = [
  ...['cluster_recheck_interval', 'dc_deadtime', 'election_timeout', 'no_quorum_policy', 'remove_after_stop'],
  ...['shutdown_escalation', 'startup_fencing', 'stonith_action', 'stonith_enabled', 'stop_orphan_actions'],
  ...['stop_orphan_resources', 'symmetric_cluster'],
];

const moves: ReadonlyMap<string, Move> = new Map([
  ...underscored.map((name): [string, Move] => [name, { name: name.replaceAll('_', '-') }]),
  ...inDefaults,
  ...inDefaults.map(([name, move]): [string, Move] => [name.replaceAll('-', '_'), move]),
  ['transition_idle_timeout', { name: 'cluster-delay' }],
  ['expected-quorum-votes', gone],
  ['notification-agent', gone],
  ['notification-recipient', gone],
]);

function moveOptions(set: Element, configuration: Element, reading: Reading): void {
  const kept: Element[] = [];
  for (const child of set.children) {
    const move = child.name === 'nvpair' ? moves.get(child.attributes['name'] ?? '') : undefined;
    const pair = move === undefined ? child : moved(child, move, reading);
    if (pair === null) continue;
    if (move?.to === undefined) kept.push(pair);
    else addDefault(configuration, move.to, set, pair);
  }
  set.children = kept;
}

/** In today's words; null: it has no meaning today. */
function moved(pair: Element, { name, to, only }: Move, reading: Reading): Element | null {
  const { name: old = '', value = '' } = pair.attributes;
  if (name === null || (only !== undefined && value !== only[0])) {
    reading.note(pair, `the option ${old} (${value}) means nothing today: left out`);
    return null;
  }
  reading.note(pair, `the option ${old} is ${name} today${to === undefined ? '' : `, in ${to}`}`);
  return elementNear(pair, 'nvpair', { ...pair.attributes, name, value: only?.[1] ?? value });
}

/** Unless a default of that name is set already. What had a rule keeps it. */
function addDefault(configuration: Element, section: string, from: Element, pair: Element): void {
  const defaults = childOrNew(configuration, section, {});
  const rules = childrenOf(from, 'rule');
  if (rules.length > 0) {
    const id = `${from.attributes['id'] ?? ''}-${section}`;
    const set = defaults.children.find(({ attributes }) => attributes['id'] === id);
    if (set === undefined) defaults.children.push(elementNear(from, 'meta_attributes', { id }, [...rules, pair]));
    else set.children.push(pair);
    return;
  }
  const sets = plainSets(defaults);
  if (sets.some((set) => has(set, pair.attributes['name']))) return;
  (sets[0] ?? childOrNew(defaults, 'meta_attributes', { id: `${section}-options` }, true)).children.push(pair);
}

function childOrNew(parent: Element, name: string, attributes: Element['attributes'], isNew = false): Element {
  const found = isNew ? null : childOf(parent, name);
  if (found !== null) return found;
  const made = elementNear(parent, name, attributes);
  parent.children.push(made);
  return made;
}

const plainSets = (parent: Element): Element[] =>
  childrenOf(parent, 'meta_attributes').filter(
    (set) => set.attributes['id-ref'] === undefined && childOf(set, 'rule') === null,
  );

const has = (set: Element, name: string | undefined): boolean =>
  set.children.some((pair) => pair.name === 'nvpair' && pair.attributes['name'] === name);

// ---------------------------------------------------------------- what a start requires

function* withOperations(resources: Element | null): Generator<Element> {
  for (const child of resources?.children ?? []) {
    if (child.name === 'primitive' || child.name === 'template') yield child;
    else yield* withOperations(child);
  }
}

/** It was said of operations, of which only start and promote counted; today it is said of the resource. */
function moveRequires(resource: Element): void {
  const operations = childrenOf(resource, 'operations').flatMap((each) => childrenOf(each, 'op'));
  const sets = operations.flatMap(takeRequires);
  const attribute = sets.findLast(({ source }) => source === 'attribute');
  const plain = attribute ?? sets.findLast(({ source }) => source === 'set');
  const isSet = plainSets(resource).some((set) => has(set, 'requires'));
  if (plain !== undefined && !isSet) resource.children.push(plain.set);
  if (attribute !== undefined || isSet) return;
  for (const { source, set } of sets) if (source === 'setWithRule') resource.children.push(set);
}

interface Requirement {
  readonly source: 'attribute' | 'set' | 'setWithRule';
  readonly set: Element;
}

/** Takes it out of the operation. */
function takeRequires(op: Element): Requirement[] {
  const found: Requirement[] = [];
  const value = op.attributes['requires'];
  delete op.attributes['requires'];
  if (value !== undefined) found.push({ source: 'attribute', set: requiresSet(op, [], value) });
  for (const meta of childrenOf(op, 'meta_attributes')) {
    const pair = meta.children.find(({ attributes }) => attributes['name'] === 'requires');
    if (pair === undefined) continue;
    meta.children = meta.children.filter((each) => each !== pair);
    const rules = childrenOf(meta, 'rule');
    const set = requiresSet(op, rules, pair.attributes['value'] ?? '');
    found.push({ source: rules.length > 0 ? 'setWithRule' : 'set', set });
  }
  return op.attributes['name'] === 'start' || op.attributes['name'] === 'promote' ? found : [];
}

const requiresSet = (op: Element, rules: readonly Element[], value: string): Element =>
  elementNear(op, 'meta_attributes', { id: `${op.attributes['id'] ?? ''}-requires` }, [
    ...rules,
    elementNear(op, 'nvpair', { name: 'requires', value }),
  ]);
