/**
 * What happens to a machine decides what happens on its guest, and the other way round:
 *
 * - before a machine is stopped, but for a live migration, its guest is drained as in standby: what runs there stops first, in order;
 * - a guest that has to be fenced is so by stopping its machine, for which nothing on the guest is waited for;
 * - a machine that has stopped everywhere is started again only once all know that its guest is off, so that nobody later takes the
 *   guest's new life for the one that is lost.
 *
 * See docs/internals/guests.md.
 */
import type { Guest } from '../guests.ts';
import { guestIn, guestOn, guestsOf } from '../guests.ts';
import type { NodeId, Service, ServiceId } from '../model.ts';
import { mayRunBy, type ServiceState } from '../ports.ts';
import type { Aftermath } from './aftermath.ts';
import type { Hindrance, Stop } from './change.ts';
import { type Graph, graphOf } from './graph.ts';
import { isOnItsWay } from './migrate.ts';
import type { GuestPlaces, Held, Plan, ScheduleInput } from './plan.ts';
import type { CopiesBy } from './ruled.ts';
import { type Copy, isMember, type Seen, underWay } from './seen.ts';
import type { Settled, SettledServices } from './settle.ts';
import { type MachineSeen, machineSeen } from './takeover.ts';
import type { Board, Vertex } from './vertices.ts';

/** Guests whose machines are to stop, and why. */
export interface Ends {
  readonly drained: ReadonlyMap<NodeId, string>;
  readonly fenced: ReadonlyMap<NodeId, string>;
}

export const nothingEnds: Ends = { drained: new Map(), fenced: new Map() };

/** On guests that are to end nothing runs any more, and the machine of one that is fenced does not either. */
export function withEnds(graph: Graph, { view }: ScheduleInput, aftermath: Aftermath, ends: Ends): Aftermath {
  if (ends.drained.size + ends.fenced.size === 0) return aftermath;
  const standby = new Map([...ends.drained, ...aftermath.standby]);
  const stopped = new Map(aftermath.stopped);
  for (const [node, because] of ends.fenced) {
    const why = `its guest ${node} is fenced by that: ${because}`;
    if (isMember(view, node)) standby.set(node, `it is being fenced: ${because}`);
    for (const { machine, node: each } of guestsOf(graph.cluster)) if (each === node) stopped.set(machine.id, why);
  }
  return { ...aftermath, standby, stopped };
}

/** What follows from this plan for guests beside what is known already; the same object: nothing. */
export function moreEnds(graph: Graph, input: ScheduleInput, settled: SettledServices, plan: Plan, ends: Ends): Ends {
  const fenced = new Map(ends.fenced);
  const drained = new Map(ends.drained);
  const asked = [...(input.guests?.asked ?? [])].map(([node, because]) => ({ node, because }));
  for (const { node, because } of [...asked, ...plan.fence])
    if (!fenced.has(node) && isToFence(graph, input, settled, node)) fenced.set(node, because);
  for (const { node, machine } of guestsOf(graph.cluster)) {
    const stop = isMember(input.view, node) ? stopOf(settled.get(machine.id), plan) : undefined;
    if (stop === undefined || fenced.has(node) || drained.has(node)) continue;
    drained.set(node, `its machine ${machine.id} is to stop on ${stop.node}: ${stop.because}`);
  }
  return fenced.size === ends.fenced.size && drained.size === ends.drained.size ? ends : { drained, fenced };
}

/** Not while its machine is on its way to another node, during which a guest may be silent for a moment. */
function isToFence(graph: Graph, input: ScheduleInput, settled: SettledServices, node: NodeId): boolean {
  const guest = guestOn(graph.cluster, node);
  if (guest === undefined || input.admin.disarmed !== null || input.guests?.returning.has(node) === true) return false;
  return !isOnItsWay(settled.get(guest.machine.id)?.copies ?? []);
}

function stopOf(change: Settled | undefined, { actions }: Plan): Stop | undefined {
  return change?.stops.find(
    (stop) =>
      endsMachine(change, stop) &&
      actions.some(
        ({ verb, service, on, blocked }) =>
          verb === 'stop' && service === change.service.id && on === stop.node && blocked === null,
      ),
  );
}

/** Not what is left of it after a live migration, nor a second copy. */
const endsMachine = ({ passage, placement }: Settled, { node, kind }: Stop): boolean =>
  passage?.from !== node && (kind !== 'end' || placement.nodes.length === 0);

/** Of guests as places for services: see `GuestPlaces`. */
export function guestPlaces(graph: Graph, input: ScheduleInput): GuestPlaces {
  const closing = new Map<NodeId, string>();
  const away = new Map<NodeId, string>();
  for (const { node, machine } of guestsOf(graph.cluster)) {
    const states = statesOf(machine, input);
    const up = states.find(({ state }) => state !== 'stopped' && state !== 'stopping');
    const stopping = states.find(({ state }) => state === 'stopping');
    if (isMember(input.view, node)) {
      if (up === undefined && states.length > 0)
        closing.set(node, `its machine ${machine.id} ${stopping === undefined ? 'runs on no member' : 'is stopping'}`);
    } else away.set(node, `it is not in the view: its machine ${machine.id} ${whereIs(up ?? stopping)}`);
  }
  return { closing, away };
}

/** On members that may run it, or have a record of it. */
function statesOf({ id, on }: Service, { view, records }: ScheduleInput): readonly Place[] {
  return view.members.flatMap((node) => {
    const state = records.get(node)?.services[id]?.state;
    return state === undefined && !on.includes(node) ? [] : [{ node, state: state ?? 'unknown' }];
  });
}

interface Place {
  readonly node: NodeId;
  readonly state: ServiceState;
}

function whereIs(place: Place | undefined): string {
  if (place === undefined) return 'runs on no member';
  if (place.state === 'running') return `runs on ${place.node}, and its daemon has not joined`;
  return `is ${underWay(place.state) ?? place.state} on ${place.node}`;
}

/** What runs on that guest ends with this machine. */
export const isOver = ({ cluster }: Graph, { fenced }: Ends, machine: ServiceId, node: NodeId): boolean =>
  fenced.has(node) && guestIn(cluster, machine)?.node === node;

// ---------------------------------------------------------------- known to be off

const runsNowhere = ({ on, unseen, elsewhere }: MachineSeen): boolean =>
  on.length === 0 && unseen.length === 0 && elsewhere === null;

/** Why a machine that runs nowhere is not started yet. */
export function machineBlock(
  graph: Graph,
  input: ScheduleInput,
  held: Held,
  verb: Parameters<Hindrance['ruled']>[0],
  service: ServiceId,
): string | null {
  const guest = verb === 'start' ? guestIn(graph.cluster, service) : undefined;
  if (guest === undefined || !runsNowhere(machineSeen(graph, input, held, guest.machine))) return null;
  const { node } = guest;
  const alive = `it runs nowhere, but its guest ${node} is`;
  if (isMember(input.view, node)) return `${alive} in the view`;
  if (input.guests?.heard.has(node) === true) return `${alive} heard`;
  if (isElsewhere(input, guest)) return `its guest ${node} may still run in another machine`;
  return Object.hasOwn(input.admin.off, node) ? null : `all have to know first that its guest ${node} is off`;
}

/** Where a cluster has just started, what runs nowhere yet waits for a guest that it would rather run on. */
export function guestBlock(
  { services }: Graph,
  { view, guests }: ScheduleInput,
  copiesBy: CopiesBy,
  verb: Parameters<Hindrance['ruled']>[0],
  id: ServiceId,
  node: NodeId,
): string | null {
  if (verb !== 'start' || guests === undefined || guests.awaited.size === 0) return null;
  const { on = [], clone = true, onScore = 0 } = services.get(id) ?? {};
  if (clone || onScore === 0 || copiesBy(id).some(({ record }) => record !== null && mayRunBy(record))) return null;
  const better = on.slice(0, Math.max(0, on.indexOf(node)));
  const guest = better.find((each) => guests.awaited.has(each) && !isMember(view, each));
  return guest === undefined ? null : `the cluster has just started, and ${guest}, where it would rather run, may come`;
}

const isElsewhere = ({ admin: { stray } }: ScheduleInput, { node }: Guest): boolean =>
  Object.hasOwn(stray, node) && stray[node]?.wasElsewhere === true;

/** Lost guests whose machines run nowhere: of those only whom nobody hears any more. */
export function endedGuests(graph: Graph, input: ScheduleInput, held: Held): NonNullable<Plan['ended']> {
  return guestsOf(graph.cluster).flatMap((guest) => {
    const { node, machine } = guest;
    if (isMember(input.view, node) || input.guests?.heard.has(node) === true || isElsewhere(input, guest)) return [];
    if (isKnown(input, node)) return [];
    if (!runsNowhere(machineSeen(graph, input, held, machine))) return [];
    const because = `its machine ${machine.id} runs nowhere, as seen in view ${input.view.number}`;
    return [{ node, machine: machine.id, because }];
  });
}

/** That it is off, and nothing happened since that makes it worth saying so again. */
const isKnown = ({ admin, guests, outsiders }: ScheduleInput, node: NodeId): boolean =>
  Object.hasOwn(admin.off, node) && guests?.asked.has(node) !== true && outsiders?.has(node) !== true;

// ---------------------------------------------------------------- the order of stops

/** A machine stops after all that runs on its guest. What cannot be stopped there ends with it. */
export function linkGuests(graph: Graph, seen: Seen, board: Board, { drained }: Ends): void {
  for (const { node, machine } of guestsOf(graph.cluster)) {
    const ours = drained.has(node) ? board.get(machine.id) : undefined;
    if (ours === undefined) continue;
    const before = neededFor(graph, machine.id);
    const stops = ours.settled.stops.filter((stop) => endsMachine(ours.settled, stop));
    for (const { id } of graph.cluster.services) {
      const copy = before.has(id) ? undefined : seen.services.get(id)?.copies.find((each) => each.node === node);
      if (copy === undefined || copy.record === null || !mayRunBy(copy.record) || copy.state === 'blocked') continue;
      const theirs = board.get(id)?.stops.get(node);
      for (const stop of stops) link(ours.stops.get(stop.node), theirs, `${id} ${inWords(copy)}, its guest`);
    }
  }
}

function link(stop: Vertex | undefined, sooner: Vertex | undefined, why: string): void {
  if (stop === undefined) return;
  if (sooner !== undefined) stop.after.add(sooner);
  else stop.blocked = stop.cause = stop.blocked ?? why;
}

const inWords = ({ node, state }: Copy): string => `is ${underWay(state) ?? state} on ${node}`;

/** Services that a machine relies on: `validate` keeps them off guests. */
function neededFor({ cluster }: Graph, machine: ServiceId): ReadonlySet<ServiceId> {
  const { services } = graphOf(cluster);
  const all = new Set([machine]);
  // A set is walked to what was added meanwhile.
  for (const id of all) for (const need of services.get(id)?.needs ?? []) all.add(need);
  return all;
}

/** The machine of a guest that is fenced waits for nothing there. */
export function freeMachines(graph: Graph, board: Board, { fenced }: Ends): void {
  for (const { node, machine } of guestsOf(graph.cluster)) {
    const stops = fenced.has(node) ? board.get(machine.id)?.stops.values() : undefined;
    for (const stop of stops ?? []) for (const sooner of stop.after) if (sooner.on === node) stop.after.delete(sooner);
  }
}
