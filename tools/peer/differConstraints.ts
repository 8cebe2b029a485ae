/** Random changes of constraints. */

import { configuration, nodesIn, pickOr, resourcesIn, type TreeEdit, type Weighted } from './differCib.ts';
import type { Draw } from './differDraw.ts';
import { drop, type Element, idOf, make, within } from './differTree.ts';

const scores = ['INFINITY', '-INFINITY', '1000', '100', '1', '0', '-1', '-100', '-1000'];
const kinds = ['Mandatory', 'Optional', 'Serialize'];
const yesNo = ['true', 'false'];
const roles = ['Started', 'Stopped', 'Promoted', 'Unpromoted'];
const actions = ['start', 'stop', 'promote', 'demote'];
const losses = ['stop', 'demote', 'fence', 'freeze'];

const values: Record<string, Record<string, readonly string[]>> = {
  rsc_location: { score: scores, role: roles, 'resource-discovery': ['always', 'never', 'exclusive'] },
  rsc_colocation: { score: scores, 'rsc-role': roles, 'with-rsc-role': roles, influence: yesNo },
  rsc_order: {
    kind: kinds,
    symmetrical: yesNo,
    'require-all': yesNo,
    'first-action': actions,
    'then-action': actions,
  },
  rsc_ticket: { 'loss-policy': losses, 'rsc-role': roles },
  resource_set: { sequential: yesNo, 'require-all': yesNo, role: roles, action: actions, score: scores },
  rule: { score: scores, 'boolean-op': ['and', 'or'], role: roles },
};

function changed(cib: Element, draw: Draw): string | null {
  const one = pickOr(draw, within(configuration(cib, 'constraints'), ...Object.keys(values)));
  const table = values[one?.name ?? ''] ?? {};
  if (one === null) return null;
  const name = draw.pick(Object.keys(table));
  const value = draw.pick(table[name] ?? []);
  if (name === 'kind') delete one.attributes['score'];
  one.attributes[name] = value;
  return `${one.name} ${idOf(one)} ${name}=${value}`;
}

function removed(cib: Element, draw: Draw): string | null {
  const one = pickOr(draw, configuration(cib, 'constraints').children);
  if (one === null) return null;
  drop(cib, one);
  return `without ${one.name} ${idOf(one)}`;
}

/** What constraints may name: bundles as a whole, groups, clones, and what is in groups. */
function subjects(cib: Element): string[] {
  const inBundles = within(cib, 'bundle').flatMap((bundle) => within(bundle, 'primitive'));
  const inClones = within(cib, 'clone', 'master').flatMap((clone) => clone.children);
  return resourcesIn(cib)
    .filter((each) => each.name !== 'template' && !inBundles.includes(each) && !inClones.includes(each))
    .map(idOf);
}

const some = (draw: Draw, table: Record<string, readonly string[]>, chance = 0.25): Record<string, string> =>
  Object.fromEntries(
    Object.entries(table)
      .filter(() => draw.chance(chance))
      .map(([name, list]) => [name, draw.pick(list)]),
  );

const added =
  (build: (cib: Element, draw: Draw, id: string) => Element | null): TreeEdit =>
  (cib, draw) => {
    const constraints = configuration(cib, 'constraints');
    const fresh = subjects(cib).length === 0 ? null : build(cib, draw, `differ-${constraints.children.length}`);
    if (fresh === null) return null;
    constraints.children.push(fresh);
    const sets = within(fresh, 'resource_ref').map(idOf);
    return `new ${[fresh.name, ...Object.values(fresh.attributes).slice(1), ...sets].join(' ')}`;
  };

const location = added((cib, draw, id) => {
  const node = pickOr(draw, nodesIn(cib))?.attributes['uname'];
  if (node === undefined) return null;
  const { score: _, ...rest } = values['rsc_location'] ?? {};
  const rsc = draw.pick(subjects(cib));
  return make('rsc_location', { id, rsc, node, score: draw.pick(scores), ...some(draw, rest, 0.15) });
});

const colocation = added((cib, draw, id) => {
  const { score: _, ...rest } = values['rsc_colocation'] ?? {};
  const pair = { rsc: draw.pick(subjects(cib)), 'with-rsc': draw.pick(subjects(cib)) };
  const by = some(draw, { 'node-attribute': ['#uname', 'site', 'standby'] }, 0.1);
  return make('rsc_colocation', { id, ...pair, score: draw.pick(scores), ...some(draw, rest, 0.15), ...by });
});

const order = added((cib, draw, id) => {
  const pair = Object.fromEntries(['first', 'then'].map((side) => [side, draw.pick(subjects(cib))]));
  return make('rsc_order', { id, ...pair, ...some(draw, values['rsc_order'] ?? {}) });
});

const ticket = added((cib, draw, id) => {
  const known = within(cib, 'rsc_ticket', 'ticket_state').map(
    ({ attributes }) => attributes['ticket'] ?? attributes['id'] ?? '',
  );
  const name = draw.pick([...known, 'differ']);
  return make('rsc_ticket', {
    id,
    rsc: draw.pick(subjects(cib)),
    ticket: name,
    ...some(draw, values['rsc_ticket'] ?? {}),
  });
});

const sets = added((cib, draw, id) => {
  const list = subjects(cib);
  const isOrder = draw.chance(0.5);
  const { score: _, ...rest } = values['resource_set'] ?? {};
  const set = (number: number): Element => {
    const size = 1 + draw.below(3);
    const refs = new Set(Array.from({ length: size }, () => draw.pick(list)));
    const { action, 'require-all': requireAll, role, ...plain } = some(draw, rest);
    const own = isOrder ? { action, 'require-all': requireAll } : { role };
    const inside = [...refs].map((ref) => make('resource_ref', { id: ref }));
    return make('resource_set', { id: `${id}-${number}`, ...plain, ...own }, inside);
  };
  const inside = Array.from({ length: 1 + draw.below(2) }, (_, number) => set(number));
  return isOrder
    ? make('rsc_order', { id, kind: draw.pick(kinds) }, inside)
    : make('rsc_colocation', { id, score: draw.pick(scores) }, inside);
});

export const constraintEdits: Weighted = [
  [4, changed],
  [2, removed],
  [2, location],
  [2, colocation],
  [2, order],
  [1, ticket],
  [1, sets],
];
