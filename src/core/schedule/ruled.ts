/**
 * What do the orders among the cluster's rules say about the engine's steps?
 *
 * The engine decides what an order implies: who restarts with whom, and who cannot start. Two things it does not know: what is
 * under way counts as done for it, and has to end first all the same; and what it orders may turn out to be no step of ours.
 */
import { must } from '../../lib/assert.ts';
import type { Order } from '../../policy/constraints.ts';
import type { PolicyAction } from '../../policy/plan.ts';
import type { ResourceIndex } from '../../policy/situation.ts';
import { type NodeId, nameInFile, type Service, type ServiceId } from '../model.ts';
import { type Answer, copiesOf } from './answer.ts';
import type { IsLeft } from './change.ts';
import { type Copy, underWay } from './seen.ts';

/** `start`: also what takes its place in a live migration, and `migrateTo` what begins one. */
export type RuledVerb = 'start' | 'stop' | 'reload' | 'promote' | 'demote' | 'migrateTo';

export interface Doing {
  readonly verb: RuledVerb;
  readonly service: ServiceId;
  readonly node: NodeId;
}

/** Of two services; `isLocal`: of their copies on one node. */
export interface RuledOrder {
  readonly id: string;
  readonly first: ServiceId;
  readonly firstAction: Order['firstAction'];
  readonly second: ServiceId;
  readonly secondAction: Order['secondAction'];
  readonly kind: Order['kind'];
  /** The second can only run if the first does: or, of copies that differ, one of these. */
  readonly needsFirst: boolean;
  readonly firsts: readonly ServiceId[];
  readonly isLocal: boolean;
}

export interface Ruled {
  /** By the service that waits. */
  readonly into: ReadonlyMap<ServiceId, readonly RuledOrder[]>;
  /** The second waits for the first. */
  readonly edges: readonly { readonly first: Doing; readonly second: Doing }[];
  /** Why a step waits for what the engine orders before it, and what is under way: by `keyOf`. */
  readonly waits: ReadonlyMap<string, string>;
}

export const nothingRuled: Ruled = { into: new Map(), edges: [], waits: new Map() };

export const keyOf = ({ verb, service, node }: Doing): string => `${verb} ${service} on ${node}`;

export function ruledOf(answer: Answer): Ruled {
  const names = namesOf(answer);
  const into = ordersOf(answer, names);
  const edges: { first: Doing; second: Doing }[] = [];
  const waits = new Map<string, string>();
  const { actions } = answer.plan;
  for (const action of actions) {
    const second = doingOf(answer, names, action);
    if (second === null) continue;
    for (const first of before(answer, names, action)) {
      if (!isCarried(answer, first, second)) continue;
      edges.push({ first, second });
      const why = whyUnderWay(answer, first.service, (copy) => copy.node === first.node);
      if (why !== null && !waits.has(keyOf(second))) waits.set(keyOf(second), `after ${first.service}, which ${why}`);
    }
  }
  return edges.length + into.size === 0 ? nothingRuled : { into, edges, waits };
}

/**
 * What comes between the steps of one service is ours to say, but that copies start and stop one after the other, and that one which
 * differs from another waits until that has made room for it.
 */
function isCarried({ graph }: Answer, first: Doing, second: Doing): boolean {
  const of = ({ service }: Doing): Service => must(graph.services.get(service), `service ${service}`);
  const [one, other] = [of(first), of(second)];
  if (nameInFile(one) !== nameInFile(other)) return true;
  if (first.verb === second.verb) return one.ordered;
  return one !== other && first.verb === 'stop' && second.verb === 'start' && first.node === second.node;
}

// ---------------------------------------------------------------- names

/** A clone of copies that differ is all of them. */
type Names = ReadonlyMap<ResourceIndex, readonly ServiceId[]>;

function namesOf({ graph, situation }: Answer): Names {
  const names = new Map<ResourceIndex, readonly ServiceId[]>();
  for (const service of graph.cluster.services) {
    const { id } = service;
    const whole = must(situation.resourceById.get(nameInFile(service)), `resource ${id}`);
    names.set(whole, [...(names.get(whole) ?? []), id]);
    for (const copy of copiesOf(situation, service)) names.set(copy, [id]);
  }
  return names;
}

const verbs: Readonly<Partial<Record<PolicyAction['task'], RuledVerb>>> = {
  start: 'start',
  stop: 'stop',
  'reload-agent': 'reload',
  promote: 'promote',
  demote: 'demote',
  migrate_to: 'migrateTo',
  migrate_from: 'start',
};

function doingOf({ situation }: Answer, names: Names, { task, resource, node, isPseudo }: PolicyAction): Doing | null {
  const verb = verbs[task];
  const [service] = resource === null ? [] : (names.get(resource) ?? []);
  if (verb === undefined || service === undefined || node === null || isPseudo) return null;
  return { verb, service, node: must(situation.nodes[node], 'node of the engine').name };
}

/** Steps without work only carry the order on. */
function before(answer: Answer, names: Names, action: PolicyAction): readonly Doing[] {
  const found: Doing[] = [];
  const met = new Set(action.after);
  for (const id of met) {
    const sooner = must(answer.plan.actions[id], 'action of the engine');
    const doing = doingOf(answer, names, sooner);
    if (doing !== null) found.push(doing);
    else for (const each of sooner.after) met.add(each);
  }
  return found;
}

function ordersOf({ graph, constraints }: Answer, names: Names): Ruled['into'] {
  const into = new Map<ServiceId, RuledOrder[]>();
  for (const order of constraints.orders) {
    const { id, firstAction, secondAction, kind, needsFirst, gate } = order;
    const firsts = names.get(order.first) ?? [];
    for (const second of names.get(order.second) ?? []) {
      const known = into.get(second) ?? [];
      if (firsts.length > 0) into.set(second, known);
      for (const first of firsts) {
        const isLocal = [first, second].every((each) => isCopied(graph, each)) && isInterleaved(graph, second);
        known.push({
          id,
          first,
          firstAction,
          second,
          secondAction,
          kind,
          needsFirst: needsFirst && gate === null,
          firsts,
          isLocal,
        });
      }
    }
  }
  return into;
}

function isCopied({ services }: Answer['graph'], id: ServiceId): boolean {
  const service = services.get(id);
  return service?.clone === true || service?.copyOf !== undefined;
}

const isInterleaved = (graph: Answer['graph'], id: ServiceId): boolean => graph.services.get(id)?.interleave === true;

// ---------------------------------------------------------------- what is under way

/** Why a step cannot be taken now, though the engine would; null: nothing that an order names is in its way. */
export function ruledWait(ruled: Ruled, copiesBy: CopiesBy, doing: Doing): string | null {
  const known = ruled.waits.get(keyOf(doing));
  if (known !== undefined) return known;
  for (const { id, first, firstAction, secondAction, kind, isLocal } of ruled.into.get(doing.service) ?? []) {
    // Nobody promotes what may have to restart when it is known what starts before it.
    const isAhead = doing.verb === 'promote' && secondAction === 'start' && kind === 'mandatory';
    if (secondAction !== doing.verb && !isAhead) continue;
    for (const copy of copiesBy(first)) {
      if ((isLocal && copy.node !== doing.node) || (isAhead && copy.state !== 'probing')) continue;
      // Whatever is under way in what has to stop first: only when it has ended can that be stopped.
      const isAny = kind === 'serialize' || (kind === 'mandatory' && firstAction === 'stop');
      const bears = isAny ? underWay(copy.state) !== null : bearsOn(firstAction, copy);
      if (bears) return `after ${first}, which is ${underWay(copy.state)} on ${copy.node} (${id})`;
    }
  }
  return null;
}

/** Nothing is stopped under what an operator works on, by an order no more than by `needs`. */
export function leftWait(ruled: Ruled, copiesBy: CopiesBy, isLeft: IsLeft, doing: Doing): string | null {
  if (doing.verb !== 'stop') return null;
  for (const { id, first, firstAction, secondAction, kind, isLocal } of ruled.into.get(doing.service) ?? []) {
    if (secondAction !== 'stop' || firstAction !== 'stop' || kind !== 'mandatory') continue;
    const copy = copiesBy(first).find(
      ({ node, state }) =>
        isLeft(first, node) && state !== 'stopped' && state !== 'unknown' && (!isLocal || node === doing.node),
    );
    if (copy !== undefined) return `${first}, which stops before it (${id}), is in maintenance on ${copy.node}`;
  }
  return null;
}

export type CopiesBy = (service: ServiceId) => readonly Copy[];

function bearsOn(action: RuledOrder['firstAction'], { state }: Copy): boolean {
  switch (state) {
    case 'probing':
      return action === 'start' || action === 'promote';
    // Told of what comes next, it may be about to stop.
    case 'notifying':
      return action === 'start' || action === 'promote';
    case 'starting':
    case 'migrating':
      return action === 'start';
    case 'stopping':
      return action === 'stop';
    case 'promoting':
      return action === 'promote';
    case 'demoting':
      return action === 'demote' || action === 'promote';
    default:
      return false;
  }
}

function whyUnderWay({ candidates }: Answer, service: ServiceId, is: (copy: Copy) => boolean): string | null {
  const copy = candidates.get(service)?.seen.copies.find((each) => is(each) && underWay(each.state) !== null);
  return copy === undefined ? null : `is ${underWay(copy.state)} on ${copy.node}`;
}

export const firstsOf = (ruled: Ruled, second: ServiceId): readonly ServiceId[] =>
  (ruled.into.get(second) ?? []).filter(({ secondAction }) => secondAction === 'start').map(({ first }) => first);

// ---------------------------------------------------------------- words

/** Why what comes second restarts, in words: the first of those before it for which something is planned; null: no order is the cause. */
export function restartBecause(
  orders: readonly RuledOrder[],
  planned: (first: ServiceId) => string | null,
): string | null {
  for (const { first, id, kind, secondAction } of orders) {
    const does = kind === 'mandatory' && secondAction === 'start' ? planned(first) : null;
    if (does !== null) return `${first}, which starts before it (${id}), ${does}`;
  }
  return null;
}

/** Why what comes second cannot run. `nowhere`: it is on no node, or not on this one. */
export function refusedBecause(ruled: Ruled, service: ServiceId, nowhere: (first: ServiceId) => boolean): string {
  for (const { first, firsts, id, needsFirst } of ruled.into.get(service) ?? [])
    if (needsFirst && firsts.every(nowhere)) return `starts only after ${first} (${id}), which cannot run`;
  return 'what has to start before it cannot';
}
