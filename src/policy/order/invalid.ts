/** Edges that would only make a plan impossible. */
import { type Action, type Edge, Implies } from '../actions.ts';
import { counts } from './graph.ts';
import type { Net } from './net.ts';

export function dropInvalid(net: Net): void {
  for (const action of net.actions.all) for (const edge of action.before) if (isFromInside(net, edge)) edge.implies = 0;
  for (const migration of migrationsLastFirst(net))
    for (const edge of migration.before) if (edge.implies === Implies.load && closesLoop(net, edge)) edge.implies = 0;
}

/** Of two that wait for each other's room, the one whose turn came later need not wait. */
function migrationsLastFirst({ placement, actions, situation }: Net): readonly Action[] {
  const turns = new Map(placement.sequence.map((top, turn) => [top, turn]));
  const turnOf = ({ resource }: Action): number => {
    let top = resource;
    for (let at = resource; at !== null; at = situation.resources[at]?.parent ?? null) top = at;
    return turns.get(top ?? -1) ?? -1;
  };
  const migrations = actions.all.filter(({ task }) => task === 'migrate_to');
  return migrations.sort((a, b) => turnOf(b) - turnOf(a) || b.id - a.id);
}

/** What runs on a guest node cannot be waited for by what the node consists of, whatever people ordered. */
function isFromInside(net: Net, { first, second, implies }: Edge): boolean {
  if ((implies & Implies.preserve) !== 0 || first.resource === null || first.node === null || second.resource === null)
    return false;
  const node = net.situation.nodes[first.node];
  return node?.container === second.resource;
}

function closesLoop(net: Net, edge: Edge): boolean {
  if (!counts(net, edge)) return false;
  const seen = new Set<Action>([edge.first]);
  for (const action of seen)
    for (const before of action.before) {
      if (!counts(net, before)) continue;
      if (before.first === edge.second) return true;
      seen.add(before.first);
    }
  return false;
}
