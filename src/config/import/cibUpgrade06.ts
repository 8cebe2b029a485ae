/** Brings a CIB of the days of Heartbeat 2 (schema 0.6) into the form of schema 1.0. The tree is changed in place. */
import { type Attributes, childOf, childrenOf, type Element, elementNear } from './element.ts';

/** These files have no schema, but attributes that no later one has. */
export function isFrom06({ attributes }: Element): boolean {
  const schema = attributes['validate-with'];
  if (schema !== undefined) return schema.endsWith('-0.6');
  return ['have_quorum', 'cib_feature_revision', 'ignore_dtd', 'dc_uuid'].some(
    (name) => attributes[name] !== undefined,
  );
}

export function upgradeFrom06(root: Element): void {
  root.attributes['validate-with'] = 'pacemaker-1.0';
  walk(root);
  const options = childOf(childOf(root, 'configuration'), 'crm_config');
  if (options !== null && !knowsFencing(options)) options.children.push(withoutFencing(options));
}

/** Fencing had to be asked for. */
const knowsFencing = (options: Element): boolean =>
  options.children.some((child) => /^stonith[-_]enabled$/.test(child.attributes['name'] ?? '') || knowsFencing(child));

const withoutFencing = (options: Element): Element =>
  elementNear(options, 'cluster_property_set', { id: 'no-fencing' }, [
    elementNear(options, 'nvpair', { name: 'stonith-enabled', value: 'false' }),
  ]);

function walk(element: Element): void {
  hyphenate(element.attributes);
  for (const [i, child] of element.children.entries())
    if (child.name === 'master_slave') element.children[i] = { ...child, name: 'master' };
  for (const child of element.children) walk(child);
  upgradeOne(element);
}

const underscored: readonly string[] = [
  ...['boolean_op', 'on_fail', 'have_quorum', 'dc_uuid', 'op_status', 'transition_magic', 'call_id', 'rc_code'],
  ...['op_digest', 'transition_key', 'op_restart_digest', 'op_force_restart', 'score_attribute', 'start_delay'],
  ...['score_attribute_mangled', 'node_attribute', 'last_run', 'last_rc_change', 'exec_time', 'queue_time'],
];

/** Attributes with underscores in their names, and their names of today, which count if both are there. */
export const renamed: readonly (readonly [old: string, today: string])[] = underscored.map((old) => [
  old,
  old.replaceAll('_', '-'),
]);

function hyphenate(attributes: Attributes): void {
  for (const [old, today] of renamed) if (attributes[old] !== undefined) attributes[today] ??= attributes[old];
}

function upgradeOne(element: Element): void {
  switch (element.name) {
    case 'primitive':
    case 'group':
    case 'clone':
    case 'master':
      return resource(element);
    case 'meta_attributes':
      return metaNames(element);
    case 'op':
      return operation(element);
    case 'rule':
      return rule(element);
    case 'rsc_colocation':
      return colocation(element);
    case 'rsc_order':
      return order(element);
    default:
  }
}

const plain = new Set(['id', 'type', 'class', 'provider', 'description']);
const metaAmongParameters = new Set([
  ...['resource_stickiness', 'allow_migrate', 'globally_unique', 'target_role'],
  ...['clone_max', 'clone_node_max', 'master_max', 'master_node_max'],
]);

/** Meta attributes were attributes of the element, or stood among the parameters. */
function resource(element: Element): void {
  const pairs = Object.entries(element.attributes).filter(([name]) => !plain.has(name));
  for (const pair of childrenOf(element, 'instance_attributes').flatMap(pairsOf)) {
    const { name = '', value } = pair.attributes;
    if (metaAmongParameters.has(name)) pairs.push([name, value]);
  }
  const children = pairs.map(([name, value]) =>
    elementNear(element, 'nvpair', { name: name.replaceAll('_', '-'), value }),
  );
  if (children.length === 0) return;
  const id = `${element.name}-${element.attributes['id'] ?? ''}.meta`;
  element.children.unshift(elementNear(element, 'meta_attributes', { id }, children));
  if (element.attributes['class'] !== 'ocf') delete element.attributes['provider'];
}

const pairsOf = (set: Element): Element[] => childrenOf(childOf(set, 'attributes') ?? set, 'nvpair');

function metaNames(set: Element): void {
  for (const { attributes } of pairsOf(set)) attributes['name'] = attributes['name']?.replaceAll('_', '-');
}

function operation({ attributes }: Element): void {
  const { prereq, disabled } = attributes;
  attributes['interval'] ??= '0';
  if (prereq !== undefined) attributes['requires'] ??= prereq;
  if (disabled !== undefined) attributes['enabled'] ??= /true/i.test(disabled) ? 'false' : 'true';
}

/** A rule without expressions was always true. */
function rule(element: Element): void {
  const { attributes, children } = element;
  if (attributes['score-attribute'] === undefined) attributes['score'] ??= '0';
  if (children.length > 0) return;
  children.push(elementNear(element, 'expression', { attribute: '#uname', operation: 'defined' }));
}

function colocation({ attributes }: Element): void {
  attributes['rsc'] ??= attributes['from'];
  attributes['with-rsc'] ??= attributes['to'];
  attributes['rsc-role'] ??= attributes['from_role'];
  attributes['with-rsc-role'] ??= attributes['to_role'];
}

/** «from X after to Y», unless the type says before. */
function order({ attributes }: Element): void {
  const { from, to, type = 'after', action, to_action: toAction } = attributes;
  if (from === undefined || to === undefined) return;
  const isBefore = type.includes('before');
  attributes['first'] = isBefore ? from : to;
  attributes['then'] = isBefore ? to : from;
  attributes['first-action'] = isBefore ? action : (toAction ?? action ?? 'start');
  attributes['then-action'] = isBefore ? toAction : (action ?? 'start');
}
