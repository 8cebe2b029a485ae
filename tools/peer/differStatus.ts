/** Random changes of what the cluster recorded: nodes, attributes, tickets, histories. */

import { nodesIn, pickOr, type Weighted } from './differCib.ts';
import type { Draw } from './differDraw.ts';
import { drop, type Element, idOf, make, reach, setValue, within } from './differTree.ts';

const states = (cib: Element): Element[] => within(reach(cib, 'status'), 'node_state');

const nodeValues: Record<string, readonly string[]> = {
  in_ccm: ['true', 'false'],
  crmd: ['online', 'offline'],
  join: ['member', 'down', 'pending', 'banned'],
  expected: ['member', 'down'],
};

function nodeState(cib: Element, draw: Draw): string | null {
  const state = pickOr(draw, states(cib));
  if (state === null) return null;
  const name = draw.pick(Object.keys(nodeValues));
  const value = draw.pick(nodeValues[name] ?? []);
  state.attributes[name] = value;
  return `state of ${state.attributes['uname']} ${name}=${value}`;
}

function nodeStateGone(cib: Element, draw: Draw): string | null {
  const state = pickOr(draw, states(cib));
  if (state === null) return null;
  drop(cib, state);
  return `without state of ${state.attributes['uname']}`;
}

function transient(cib: Element, draw: Draw): string | null {
  const state = pickOr(draw, states(cib));
  if (state === null) return null;
  const [name, value] = attributeOf(cib, draw);
  const attributes = reach(state, 'transient_attributes');
  attributes.attributes['id'] ??= idOf(state);
  setValue(attributes, 'instance_attributes', name, value);
  return `transient ${state.attributes['uname']} ${name}=${value}`;
}

function attributeOf(cib: Element, draw: Draw): readonly [string, string] {
  const id = idOf(pickOr(draw, within(cib, 'primitive')) ?? make('', { id: 'nothing' }));
  const kind = draw.below(10);
  if (kind < 3)
    return [`fail-count-${id}#${draw.pick(['start_0', 'monitor_10000', 'stop_0'])}`, draw.pick(['1', '3', 'INFINITY'])];
  if (kind < 6) return [`master-${id}`, draw.pick(['-INFINITY', '-1', '0', '5', '10', '1000', 'INFINITY'])];
  if (kind < 8) return [`#health-${draw.pick(['a', 'b'])}`, draw.pick(['red', 'yellow', 'green', '-5', '7'])];
  return draw.pick([
    ['standby', 'true'],
    ['maintenance', 'true'],
    ['shutdown', '1'],
    ['shutdown', '1600000000'],
    ['terminate', 'true'],
    ['pingd', '0'],
    ['site', 'a'],
  ] as const);
}

function ticketState(cib: Element, draw: Draw): string | null {
  const named = within(cib, 'rsc_ticket').map(({ attributes }) => attributes['ticket'] ?? '');
  const id = pickOr(draw, named);
  if (id === null) return null;
  const tickets = reach(cib, 'status', 'tickets');
  const known = tickets.children.find((child) => idOf(child) === id);
  const state = known ?? make('ticket_state', { id });
  if (known === undefined) tickets.children.push(state);
  state.attributes['granted'] = draw.pick(['true', 'false']);
  if (draw.chance(0.4)) state.attributes['standby'] = draw.pick(['true', 'false']);
  return `ticket ${id} granted=${state.attributes['granted']} standby=${state.attributes['standby'] ?? ''}`;
}

// ---------------------------------------------------------------- histories

function operationGone(cib: Element, draw: Draw): string | null {
  const gone = pickOr(draw, within(cib, draw.chance(0.7) ? 'lrm_rsc_op' : 'lrm_resource'));
  if (gone === null) return null;
  drop(cib, gone);
  return `without ${gone.name} ${idOf(gone)}`;
}

function outcome(cib: Element, draw: Draw): string | null {
  const operation = pickOr(draw, within(cib, 'lrm_rsc_op'));
  if (operation === null) return null;
  const status = draw.pick(['0', '0', '0', '0', '4', '2', '1', '-1', '3', '5']);
  const rc = status === '-1' ? '193' : draw.pick(['0', '1', '2', '5', '6', '7', '8', '9', '190']);
  const key = operation.attributes['transition-key'] ?? '';
  Object.assign(operation.attributes, { 'rc-code': rc, 'op-status': status });
  if (key !== '') operation.attributes['transition-magic'] = `${status}:${rc};${key}`;
  return `${idOf(operation)} status ${status} rc ${rc}`;
}

function detail(cib: Element, draw: Draw): string | null {
  const operation = pickOr(draw, within(cib, 'lrm_rsc_op'));
  if (operation === null) return null;
  const { attributes } = operation;
  const kind = draw.pick(['call-id', 'last-rc-change', 'op-digest', 'operation', 'interval']);
  if (kind === 'call-id') attributes[kind] = String(1 + draw.below(60));
  else if (kind === 'last-rc-change')
    attributes[kind] = String(Number(attributes[kind] ?? 0) + draw.below(2000) - 1000);
  else if (kind === 'op-digest') attributes[kind] = draw.chance(0.5) ? undefined : '0'.repeat(32);
  else if (kind === 'interval') attributes[kind] = draw.pick(['0', '5000', '10000']);
  else attributes[kind] = draw.pick(['start', 'stop', 'monitor', 'promote', 'demote', 'migrate_to', 'migrate_from']);
  return `${idOf(operation)} ${kind}=${attributes[kind] ?? ''}`;
}

/** The history of one node becomes that of another one too. */
function historyCopied(cib: Element, draw: Draw): string | null {
  const from = pickOr(draw, within(cib, 'lrm_resource'));
  const node = pickOr(draw, nodesIn(cib));
  const state = states(cib).find(({ attributes }) => attributes['uname'] === node?.attributes['uname']);
  if (from === null || state === undefined) return null;
  const lrm = reach(state, 'lrm');
  lrm.attributes['id'] ??= idOf(state);
  const list = reach(lrm, 'lrm_resources');
  const others = list.children.filter((child) => idOf(child) !== idOf(from));
  list.children = [...others, structuredClone(from)];
  return `history of ${idOf(from)} also on ${state.attributes['uname']}`;
}

export const statusEdits: Weighted = [
  [2, nodeState],
  [1, nodeStateGone],
  [4, transient],
  [2, ticketState],
  [2, operationGone],
  [4, outcome],
  [2, detail],
  [1, historyCopied],
];
