/**
 * What waits for probes: a resource that is probed now may be found active, and would then have to stop first. So what is ordered
 * after its stop waits for the probe too, and so does the way down of what would restart because of it.
 */
import { type Action, type Edge, Implies, type Ordering } from '../actions.ts';
import type { NodeIndex, Resource } from '../situation.ts';
import { matching } from './apply.ts';
import { isMultiple, type Net, resourceAt, resourceOf } from './net.ts';
import { Pairing } from './pairing.ts';

export function orderAfterProbes(net: Net): void {
  orderRestarts(net);
  for (const ordering of net.orderings) orderLikeStop(net, ordering);
  orderNodeActions(net);
}

const probesOf = (net: Net, { index }: Resource): readonly Action[] =>
  net.actions.of(index).filter(({ task, intervalMs }) => task === 'monitor' && intervalMs === 0);

// ---------------------------------------------------------------- restarts

const isWayDown = ({ task, isPseudo, resource }: Action): boolean =>
  (task === 'stop' || task === 'demote') && !isPseudo && resource !== null;

function orderRestarts(net: Net): void {
  if (!net.actions.all.some((action) => isWayDown(action) && resourceOf(net, action)?.kind === 'primitive')) return;
  const pairing = new Pairing(net);
  for (const resource of net.situation.resources) {
    if (resource.kind !== 'primitive') continue;
    const probes = probesOf(net, resource);
    const ways = new Map<Action, ReadonlySet<Action>>();
    for (const probe of probes)
      for (const { second } of [...probe.after]) {
        const down = ways.get(second) ?? waysDown({ net, pairing, resource }, second);
        ways.set(second, down);
        for (const action of down) net.actions.order(probe, action, Implies.order);
      }
  }
}

interface Search {
  readonly net: Net;
  readonly pairing: Pairing;
  /** What is probed. */
  readonly resource: Resource;
}

/** Stops and demotions of all that restarts if what is probed has to, following what is ordered after `from`. */
function waysDown(search: Search, from: Action): ReadonlySet<Action> {
  const found = new Set<Action>();
  const seen = new Set<Action>([from]);
  for (const action of seen) {
    const resource = resourceOf(search.net, action);
    if (resource?.kind === 'primitive' && resource !== search.resource)
      for (const down of downOf(search.net, action, resource)) found.add(down);
    const partner = partnerIn(search, resource);
    for (const edge of action.after) if (leadsOn(search, resource, edge, partner)) seen.add(edge.second);
  }
  return found;
}

function downOf(net: Net, { task }: Action, { index }: Resource): readonly Action[] {
  const down = task === 'start' ? 'stop' : task === 'promote' ? 'demote' : null;
  return net.actions.of(index).filter((each) => each.task === down && !each.isPseudo);
}

/** Of an interleaved clone only one instance is concerned; undefined: none; null: all of them. */
function partnerIn({ pairing, resource }: Search, other: Resource | null): Resource | null | undefined {
  if (other === null || !isMultiple(other) || !other.meta.interleave) return null;
  return pairing.find(resource, other, 'then');
}

function leadsOn(
  { net, resource: probed }: Search,
  resource: Resource | null,
  { second, implies }: Edge,
  partner: Resource | null | undefined,
): boolean {
  if ((implies & Implies.second) !== 0) return true;
  const next = resourceOf(net, second);
  if (resource === null || resource.kind === 'primitive' || probed.parent === resource.index) return false;
  if (next === null || isMultiple(next) || next.parent !== resource.index) return false;
  return partner === null || partner === next;
}

// ---------------------------------------------------------------- stops

/** «Stop this, then do that» also means: look whether this runs, then do that. */
function orderLikeStop(net: Net, { first, second, implies }: Ordering): void {
  if ('action' in first ? first.action.task !== 'stop' : first.task !== 'stop') return;
  const index = 'action' in first ? first.action.resource : first.resource;
  const other = 'action' in second ? second.action.resource : second.resource;
  if (index === null || index === other || implies === 0) return;
  const resource = resourceAt(net, index);
  const task = 'action' in second ? second.action.task : second.task;
  if (resource.kind !== 'primitive' || (resource.container === other && task === 'stop')) return;
  const kept = implies & (Implies.unlessMigrating | Implies.sameNode);
  const isSpecial = implies === Implies.apart || implies === Implies.load;
  for (const probe of probesOf(net, resource))
    for (const then of matching(net, second))
      if (isNeededBefore(probe, then)) net.actions.order(probe, then, isSpecial ? implies : Implies.order | kept);
}

/** A node is unfenced before anything is looked for there, and shut down after. */
function isNeededBefore({ node }: Action, { task, how, node: where }: Action): boolean {
  if (task === 'fence' && how === 'on') return node !== where;
  return task !== 'shutdown' || node === where;
}

/** The same where the stop is followed by something that is done to a node: it is an edge already. */
function orderNodeActions(net: Net): void {
  for (const then of net.actions.all) {
    if (then.task !== 'shutdown' && then.how !== 'load stopped') continue;
    for (const [resource, implies] of stopsBefore(net, then))
      for (const probe of probesOf(net, resource)) {
        if (!isNeededBefore(probe, then)) continue;
        if (implies === Implies.load && !isSame(probe.node, then.node)) continue;
        net.actions.order(
          probe,
          then,
          implies === Implies.load ? implies : Implies.order | (implies & Implies.sameNode),
        );
      }
  }
}

const isSame = (a: NodeIndex | null, b: NodeIndex | null): boolean => a !== null && a === b;

function stopsBefore(net: Net, then: Action): ReadonlyMap<Resource, number> {
  const found = new Map<Resource, number>();
  for (const { first, implies } of then.before) {
    const resource = first.task === 'stop' ? resourceOf(net, first) : null;
    if (resource?.kind === 'primitive') found.set(resource, implies);
  }
  return found;
}
