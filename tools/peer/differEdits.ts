/** All random changes, and the events that the other scheduler itself puts into an input. */
import { nodesIn, pickOr } from './differCib.ts';
import { configurationEdits } from './differConfiguration.ts';
import { constraintEdits } from './differConstraints.ts';
import type { Draw } from './differDraw.ts';
import type { Peer } from './differPeer.ts';
import { statusEdits } from './differStatus.ts';
import { type Element, idOf, within } from './differTree.ts';

/** One change: it makes the same again of the same tree. Null: not possible there. It may change the tree that it is given. */
export type Edit = (cib: Element, peer: Peer) => Promise<{ cib: Element; told: string } | null>;

const treeEdits = [...configurationEdits, ...constraintEdits, ...statusEdits];

const injectWeight = 4;

/** Draws what kind of change it is to be; the change itself is drawn when it is made, from a chance of its own. */
export function anyEdit(draw: Draw, own: () => Draw): Edit {
  const bag = treeEdits.flatMap(([weight, edit]) => Array.from({ length: weight }, () => edit));
  const at = draw.below(bag.length + injectWeight);
  const edit = bag[at];
  if (edit === undefined) return async (cib, peer) => injected(cib, own(), peer);
  return (cib) => {
    const told = edit(cib, own());
    return Promise.resolve(told === null ? null : { cib, told });
  };
}

async function injected(cib: Element, draw: Draw, peer: Peer): Promise<{ cib: Element; told: string } | null> {
  const events = eventOf(cib, draw);
  const changed = events === null ? null : await peer.inject(cib, events);
  return events === null || changed === null ? null : { cib: changed, told: `event ${events.join(' ')}` };
}

function eventOf(cib: Element, draw: Draw): string[] | null {
  const one = pickOr(draw, nodesIn(cib))?.attributes['uname'];
  const resource = pickOr(draw, within(cib, 'lrm_resource'));
  const ticket = pickOr(draw, within(cib, 'rsc_ticket'))?.attributes['ticket'];
  const kind = draw.below(ticket === undefined ? 6 : 8);
  if (kind === 0) return ['-q', draw.pick(['0', '1'])];
  if (kind >= 6) return [draw.pick(['-g', '-r', '-b', '-e']), ticket ?? ''];
  if (one === undefined) return null;
  if (kind < 4) return [draw.pick(['-d', '-f', '-u']), one];
  if (resource === null) return null;
  const task = draw.pick(['monitor', 'start', 'stop', 'promote', 'demote', 'monitor', 'migrate_to', 'migrate_from']);
  const interval = task === 'monitor' ? draw.pick(['0', '10000', '33000']) : '0';
  return ['-i', `${idOf(resource)}_${task}_${interval}@${one}=${draw.pick(['0', '1', '5', '7', '8', '9'])}`];
}
