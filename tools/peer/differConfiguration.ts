/** Random changes of configurations: options, meta attributes, nodes, utilization, operations, the resources themselves. */
import { configuration, nodesIn, pickOr, resourceNames, resourcesIn, type Weighted } from './differCib.ts';
import type { Draw } from './differDraw.ts';
import { drop, type Element, idOf, make, reach, setValue, within } from './differTree.ts';

// ---------------------------------------------------------------- values

const yesNo = ['true', 'false'];

const options: Record<string, readonly string[]> = {
  'no-quorum-policy': ['stop', 'freeze', 'ignore', 'demote', 'suicide'],
  'stonith-enabled': yesNo,
  'symmetric-cluster': yesNo,
  'placement-strategy': ['default', 'utilization', 'minimal', 'balanced'],
  'maintenance-mode': yesNo,
  'stop-all-resources': yesNo,
  'start-failure-is-fatal': yesNo,
  'concurrent-fencing': yesNo,
  'enable-startup-probes': yesNo,
  'startup-fencing': yesNo,
  'stop-orphan-resources': yesNo,
  'stop-orphan-actions': yesNo,
  'remove-after-stop': yesNo,
  'stonith-action': ['reboot', 'off', 'poweroff'],
  'have-watchdog': yesNo,
  'stonith-watchdog-timeout': ['0', '10s'],
  'priority-fencing-delay': ['0', '15s'],
  'shutdown-lock': yesNo,
  'node-health-strategy': ['none', 'only-green', 'progressive', 'migrate-on-red', 'custom'],
  'node-health-base': ['0', '10', '-10'],
  'node-health-green': ['0', '5'],
  'node-health-yellow': ['0', '-5'],
  'node-health-red': ['-INFINITY', '-100'],
};

const roles = ['Started', 'Stopped', 'Promoted', 'Unpromoted', 'Master', 'Slave'];

const meta: Record<string, readonly string[]> = {
  'target-role': roles,
  'is-managed': yesNo,
  priority: ['-10', '0', '1', '10', 'INFINITY'],
  'resource-stickiness': ['0', '1', '100', '-100', 'INFINITY'],
  'migration-threshold': ['0', '1', '2', '3', 'INFINITY'],
  'failure-timeout': ['0', '10s', '1h', '3000000000s'],
  'allow-migrate': yesNo,
  'multiple-active': ['stop_start', 'stop_only', 'block', 'stop_unexpected'],
  requires: ['nothing', 'quorum', 'fencing', 'unfencing'],
  critical: yesNo,
  maintenance: yesNo,
};

const cloneMeta: Record<string, readonly string[]> = {
  'clone-max': ['0', '1', '2', '3', '5'],
  'clone-node-max': ['1', '2', '3'],
  'clone-min': ['0', '1', '2'],
  interleave: yesNo,
  ordered: yesNo,
  notify: yesNo,
  'globally-unique': yesNo,
  promotable: yesNo,
  'promoted-max': ['0', '1', '2', '3'],
  'promoted-node-max': ['1', '2'],
  'target-role': roles,
};

const operation: Record<string, readonly string[]> = {
  'on-fail': ['ignore', 'block', 'stop', 'restart', 'fence', 'standby', 'demote'],
  interval: ['0', '5s', '10s', '77s'],
  timeout: ['20s', '91s'],
  enabled: yesNo,
  role: ['Started', 'Stopped', 'Promoted', 'Unpromoted'],
};

const entry = (draw: Draw, table: Record<string, readonly string[]>): readonly [string, string] => {
  const name = draw.pick(Object.keys(table));
  return [name, draw.pick(table[name] ?? [])];
};

// ---------------------------------------------------------------- edits

function option(cib: Element, draw: Draw): string {
  const [name, value] = entry(draw, options);
  setValue(configuration(cib, 'crm_config'), 'cluster_property_set', name, value);
  return `option ${name}=${value}`;
}

function head(cib: Element, draw: Draw): string {
  const [name, value] = draw.chance(0.7)
    ? (['have-quorum', draw.pick(['0', '1'])] as const)
    : (['dc-uuid', idOf(draw.pick([...nodesIn(cib), make('node', { id: 'nobody' })]))] as const);
  cib.attributes[name] = value;
  return `cib ${name}=${value}`;
}

function metaOfResource(cib: Element, draw: Draw): string | null {
  const resource = pickOr(draw, resourcesIn(cib));
  if (resource === null) return null;
  const isClone = resource.name === 'clone' || resource.name === 'master';
  const [name, value] = entry(draw, isClone && draw.chance(0.8) ? cloneMeta : meta);
  setValue(resource, 'meta_attributes', name, value);
  return `${resource.name} ${idOf(resource)} ${name}=${value}`;
}

function metaOfAll(cib: Element, draw: Draw): string {
  const [name, value] = entry(draw, meta);
  setValue(configuration(cib, 'rsc_defaults'), 'meta_attributes', name, value);
  return `default ${name}=${value}`;
}

function metaGone(cib: Element, draw: Draw): string | null {
  const pair = pickOr(
    draw,
    within(configuration(cib, 'resources'), 'meta_attributes').flatMap(({ children }) => children),
  );
  if (pair === null) return null;
  drop(cib, pair);
  return `without ${pair.name} ${idOf(pair)}`;
}

function parameter(cib: Element, draw: Draw): string | null {
  const primitive = pickOr(draw, within(configuration(cib, 'resources'), 'primitive'));
  if (primitive === null) return null;
  setValue(primitive, 'instance_attributes', draw.pick(['differ', 'ip', 'passwd']), String(draw.below(3)));
  return `parameters of ${idOf(primitive)}`;
}

function operations(cib: Element, draw: Draw): string | null {
  const primitive = pickOr(draw, within(configuration(cib, 'resources'), 'primitive'));
  if (primitive === null) return null;
  const list = reach(primitive, 'operations');
  const known = pickOr(draw, list.children);
  if (known !== null && draw.chance(0.15)) {
    drop(list, known);
    return `without op ${idOf(known)}`;
  }
  const name = draw.pick(['monitor', 'monitor', 'start', 'stop', 'promote', 'demote']);
  const fresh = make('op', { id: `differ-${idOf(primitive)}-op`, name, interval: name === 'monitor' ? '33s' : '0' });
  const op = known !== null && draw.chance(0.8) ? known : fresh;
  if (op === fresh && !list.children.some((child) => idOf(child) === idOf(fresh))) list.children.push(fresh);
  const [attribute, value] = entry(draw, operation);
  op.attributes[attribute] = value;
  return `op ${op.attributes['name']} of ${idOf(primitive)}: ${attribute}=${value}`;
}

function node(cib: Element, draw: Draw): string | null {
  const one = pickOr(draw, nodesIn(cib));
  if (one === null) return null;
  const rules = within(cib, 'expression').map(({ attributes }) => attributes);
  const asked = rules.filter(({ attribute = '#' }) => !attribute.startsWith('#'));
  const [name, value] =
    asked.length > 0 && draw.chance(0.3)
      ? [asked[draw.below(asked.length)]?.['attribute'] ?? '', asked[draw.below(asked.length)]?.['value'] ?? '1']
      : entry(draw, { standby: ['true', 'false', 'on', 'off'], maintenance: yesNo });
  setValue(one, 'instance_attributes', name, value);
  return `node ${one.attributes['uname']} ${name}=${value}`;
}

function utilization(cib: Element, draw: Draw): string | null {
  const owner = pickOr(draw, [...nodesIn(cib), ...within(configuration(cib, 'resources'), 'primitive')]);
  if (owner === null) return null;
  const name = draw.pick(['cpu', 'memory']);
  const value = draw.pick(['0', '1', '2', '4', '100', '-1']);
  setValue(owner, 'utilization', name, value);
  return `utilization ${owner.attributes['uname'] ?? idOf(owner)} ${name}=${value}`;
}

/** What still runs of it is an orphan then. */
function resourceGone(cib: Element, draw: Draw): string | null {
  const gone = pickOr(draw, resourcesIn(cib));
  if (gone === null || gone.name === 'template') return null;
  const parent = [configuration(cib, 'resources'), ...resourcesIn(cib)].find(({ children }) => children.includes(gone));
  if (parent === undefined || (parent.name !== 'resources' && parent.name !== 'group')) return null;
  if (parent.name === 'group' && within(parent, 'primitive').length < 2) return null;
  drop(cib, gone);
  const without = (element: Element): boolean => Object.values(element.attributes).includes(idOf(gone));
  const constraints = configuration(cib, 'constraints');
  constraints.children = constraints.children.filter((each) => ![each, ...within(each)].some(without));
  return `without ${gone.name} ${idOf(gone)}`;
}

function resourceLast(cib: Element, draw: Draw): string | null {
  const parent = pickOr(draw, [configuration(cib, 'resources'), ...within(cib, 'group')]);
  const moved = pickOr(draw, parent?.children.filter(({ name }) => resourceNames.includes(name)) ?? []);
  if (parent === null || moved === null) return null;
  parent.children = [...parent.children.filter((child) => child !== moved), moved];
  return `${idOf(moved)} last in ${idOf(parent)}`;
}

export const configurationEdits: Weighted = [
  [4, option],
  [1, head],
  [5, metaOfResource],
  [1, metaOfAll],
  [1, metaGone],
  [1, parameter],
  [2, operations],
  [2, node],
  [1, utilization],
  [1, resourceGone],
  [1, resourceLast],
];
