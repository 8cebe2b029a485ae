/** Order constraints: pairs, sets and tags made into «first before second», with the reverse for stops. */
import type { Gate, Order, OrderedAction } from '../constraints.ts';
import type { OrderConfig, ResourceSet } from '../input.ts';
import type { ResourceIndex, Situation } from '../situation.ts';
import { isAlive } from './locations.ts';
import { instanceOf, type Names } from './names.ts';
import { asSet, isWhole, known, type Members, membersOf } from './sets.ts';

type Pair = Extract<OrderConfig['link'], { readonly kind: 'pair' }>;
type Kind = Order['kind'];
type Symmetry = Order['symmetry'];

/** What all orders of one constraint have in common. */
interface Making {
  readonly situation: Situation;
  readonly names: Names;
  readonly config: OrderConfig;
  readonly kind: Kind;
  readonly isSymmetric: boolean;
  readonly into: Order[];
  readonly notes: string[];
}

interface Side {
  readonly resource: ResourceIndex;
  readonly action: OrderedAction;
}

export function ordersOf(situation: Situation, names: Names, notes: string[]): Order[] {
  const into: Order[] = [];
  for (const config of situation.input.constraints.orders) {
    if (!isAlive(config.lifetime, situation.input.nowS)) continue;
    const kind = kindOf(config.kind, config.score);
    const isSymmetric = symmetryOf(kind, config.symmetrical);
    const making = { situation, names, config, kind, isSymmetric, into, notes };
    const sets = setsOf(config, names);
    if (sets === null) fromPair(making, config.link as Pair);
    else fromSets(making, sets);
  }
  return into;
}

/** From the old `score` only zero says anything: optional. */
function kindOf(word: string | null, score: number | null): Kind {
  if (word === null) return score === 0 ? 'optional' : 'mandatory';
  const kind = word.toLowerCase();
  return kind === 'optional' || kind === 'serialize' ? kind : 'mandatory';
}

/** What only must not happen at once has no reverse. */
const symmetryOf = (kind: Kind, symmetrical: boolean | null): boolean => kind !== 'serialize' && symmetrical !== false;

/** Null: a pair of two resources. */
function setsOf(config: OrderConfig, names: Names): readonly Members[] | null {
  const { link } = config;
  if (link.kind === 'sets') return link.sets.map((set) => membersOf(set, names));
  const isTag = (id: string): boolean => names.resourceOf(id) === null && names.membersOf(id) !== null;
  if (!isTag(link.first) && !isTag(link.second)) return null;
  const first = asSet(link.first, names, { action: link.firstAction });
  const second = asSet(link.second, names, { action: link.secondAction });
  return [membersOf(first, names), membersOf(second, names)];
}

function fromPair(making: Making, link: Pair): void {
  const first = resourceOf(making, link.first, link.firstInstance);
  const second = resourceOf(making, link.second, link.secondInstance);
  const firstAction = actionOf(link.firstAction ?? 'start');
  const secondAction = actionOf(link.secondAction ?? link.firstAction ?? 'start');
  if (first === null || second === null || firstAction === null || secondAction === null) {
    making.notes.push(`order ${making.config.id}: a resource or action that it names does not exist`);
    return;
  }
  const before = { resource: first, action: firstAction };
  const after = { resource: second, action: secondAction };
  const { id } = making.config;
  const symmetry = making.isSymmetric ? 'symmetric' : 'asymmetric';
  const required = instancesRequired(making, first);
  if (required > 0)
    passGate(making, id, instancesOf(making, before), [after], symmetry, {
      name: `clone-one-or-more:${id}`,
      required,
    });
  else add(making, id, before, after, making.kind, symmetry, firstAction);
  if (making.isSymmetric)
    add(making, id, inverted(after), inverted(before), making.kind, 'inverse', inverse[firstAction]);
}

function resourceOf(making: Making, id: string, instance: string | null): ResourceIndex | null {
  const resource = making.names.resourceOf(id);
  return resource === null || instance === null ? resource : instanceOf(making.situation, resource, instance);
}

/** How many instances of the first are enough (`clone-min`, or one for the old require-all=false); 0: the clone as a whole. */
function instancesRequired(making: Making, first: ResourceIndex): number {
  const { kind, rawMeta, meta } = making.situation.resources[first]!;
  if (kind !== 'clone') return 0;
  if (rawMeta.has('clone-min')) return meta.cloneMin;
  return making.config.requireAll === false ? 1 : 0;
}

const instancesOf = (making: Making, { resource, action }: Side): readonly Side[] =>
  making.situation.resources[resource]!.children.map((child) => ({ resource: child, action }));

function fromSets(making: Making, sets: readonly Members[]): void {
  for (const [i, members] of sets.entries()) {
    inside(making, members);
    const before = sets[i - 1];
    if (before === undefined) continue;
    between(making, before, members, making.isSymmetric ? 'symmetric' : 'asymmetric');
    if (making.isSymmetric) between(making, members, before, 'inverse');
  }
}

function inside(making: Making, members: Members): void {
  const { set } = members;
  const action = actionOf(set.action ?? 'start');
  if (action === null || !isWhole(members)) return;
  const kind = set.kind === null ? making.kind : kindOf(set.kind, set.score);
  const symmetryKind = set.kind === null && set.score === null ? making.kind : kindOf(set.kind, set.score);
  const isSymmetric = symmetryOf(symmetryKind, making.config.symmetrical);
  const sides = known(members).map((resource) => ({ resource, action }));
  const symmetry = isSymmetric ? 'symmetric' : 'asymmetric';
  for (const [i, side] of sides.entries()) {
    // What must not happen at once is kept apart pair by pair.
    const seconds =
      kind === 'serialize' ? sides.slice(i + 1) : set.sequential === false ? [] : sides.slice(i + 1, i + 2);
    for (const second of seconds) add(making, set.id, side, second, kind, symmetry, action);
  }
  if (!isSymmetric || set.sequential === false) return;
  for (let i = 1; i < sides.length; i++)
    add(making, set.id, inverted(sides[i]!), inverted(sides[i - 1]!), kind, 'inverse', inverse[action]);
}

/** Unless `sequential` is said of a set, all of it takes part, not only its end. */
function between(making: Making, first: Members, second: Members, symmetry: Symmetry): void {
  const before = sidesOf(first, symmetry);
  const after = sidesOf(second, symmetry);
  if (before === null || after === null || !isWhole(first) || !isWhole(second)) return;
  const { id } = making.config;
  const isUp = before[0]?.action === 'start' || before[0]?.action === 'promote';
  if (first.set.requireAll === false && isUp) {
    passGate(making, id, before, after, symmetry, { name: `one-or-more:${first.set.id}`, required: 1 });
    return;
  }
  const isInverse = symmetry === 'inverse';
  const lasts = first.set.sequential === true ? before.slice(isInverse ? 0 : -1, isInverse ? 1 : undefined) : before;
  const firsts = second.set.sequential === true ? after.slice(isInverse ? -1 : 0, isInverse ? undefined : 1) : after;
  for (const one of lasts) for (const other of firsts) add(making, id, one, other, making.kind, symmetry, other.action);
}

function sidesOf(members: Members, symmetry: Symmetry): readonly Side[] | null {
  const action = actionIn(members.set, symmetry);
  return action === null ? null : known(members).map((resource) => ({ resource, action }));
}

function actionIn(set: ResourceSet, symmetry: Symmetry): OrderedAction | null {
  const action = actionOf(set.action ?? 'start');
  return action !== null && symmetry === 'inverse' ? inverse[action] : action;
}

function passGate(
  making: Making,
  id: string,
  firsts: readonly Side[],
  seconds: readonly Side[],
  symmetry: Symmetry,
  gate: Gate,
): void {
  for (const first of firsts)
    for (const second of seconds)
      making.into.push({ ...orderOf(id, first, second, making.kind, symmetry), needsFirst: true, gate });
}

function add(
  making: Making,
  id: string,
  first: Side,
  second: Side,
  kind: Kind,
  symmetry: Symmetry,
  deciding: OrderedAction,
): void {
  const isUp = deciding === 'start' || deciding === 'promote';
  const needsFirst = kind === 'mandatory' && symmetry === 'symmetric' && isUp;
  making.into.push({ ...orderOf(id, first, second, kind, symmetry), needsFirst, gate: null });
}

const orderOf = (id: string, first: Side, second: Side, kind: Kind, symmetry: Symmetry) => ({
  id,
  first: first.resource,
  firstAction: first.action,
  second: second.resource,
  secondAction: second.action,
  kind,
  symmetry,
});

const inverse: Readonly<Record<OrderedAction, OrderedAction>> = {
  start: 'stop',
  stop: 'start',
  promote: 'demote',
  demote: 'promote',
};

const inverted = ({ resource, action }: Side): Side => ({ resource, action: inverse[action] });

function actionOf(word: string): OrderedAction | null {
  const action = word.toLowerCase();
  return action in inverse ? (action as OrderedAction) : null;
}
