/** Random small clusters in random states, for property tests and for comparing with other programs: little, but all at once. */
import * as fc from 'fast-check';
import type { ConstraintConfig, PrimitiveConfig, ResourceConfig, ResourceHistory } from '../input.ts';
import { infinity } from '../values.ts';
import {
  clone,
  colocation,
  device,
  deviceAgent,
  group,
  historyOf,
  location,
  type NodeWord,
  nowS,
  onlineNode,
  operation,
  ordering,
  plainCluster,
  primitive,
  primitivesOf,
  type ToldCluster,
  type ToldNode,
  type ToldOperation,
  ticketFor,
  type Values,
} from './cluster.ts';

/**
 * `calm`: a healthy cluster of which nothing is asked that has no rest: no failures, nobody leaves, everything has stickiness,
 * nothing is half done. What is decided about it can be done in one go. Left out is what depends on where things are now, so that
 * a second look may move something once more, as Pacemaker's does: colocations that only wish or that keep apart, those with
 * clones, clones of groups and promotable clones.
 */
export interface Mood {
  readonly calm: boolean;
}

const nodeNames = ['a', 'b', 'c', 'd'] as const;

export const anyCluster = (mood: Mood): fc.Arbitrary<ToldCluster> =>
  fc
    .record({
      count: fc.integer({ min: mood.calm ? 1 : 2, max: 4 }),
      resources: anyResources(mood),
      fenced: fc.boolean(),
    })
    .chain(({ count, resources, fenced }) => {
      const all = fenced ? [device('fence'), ...resources] : resources;
      const names = nodeNames.slice(0, count);
      return fc
        .record({
          options: anyOptions(mood),
          resourceDefaults: fc.constant<Values>(mood.calm ? { 'resource-stickiness': '100' } : {}),
          nodes: fc.tuple(...names.map((name) => anyNode(name, mood))),
          constraints: anyConstraints(all, names, mood),
          homes: fc.array(fc.nat(100), { minLength: 30, maxLength: 30 }),
          quorate: fc.constant(true),
        })
        .map(({ nodes, homes, ...rest }) =>
          readable({
            ...plainCluster,
            ...rest,
            resources: all,
            nodes: withHistory(nodes, all, homes, mood),
            tickets: rest.constraints.tickets.map(({ ticket }, at) => ({
              id: ticket,
              granted: mood.calm || (homes[at] ?? 0) > 30,
              standby: false,
              lastGrantedS: null,
              attributes: new Map(),
            })),
          }),
        );
    });

/** What fast-check prints of a cluster that breaks a property: a line a thing. */
const readable = (cluster: ToldCluster): ToldCluster =>
  Object.assign(cluster, { [fc.toStringMethod]: () => `\n${linesOf(cluster).join('\n')}\n` });

function linesOf({ options, nodes, resources, constraints }: ToldCluster): string[] {
  const values = (all: Values): string =>
    Object.entries(all)
      .map(([name, value]) => `${name}=${value}`)
      .join(' ');
  const ran = ({ id, operations }: ResourceHistory): string =>
    `${id} ${operations.map((each) => `${each.operation} ${each.rc}`).join(', ')}`;
  return [
    `options ${values(options)}`,
    ...nodes.map(({ name, word, transient, history }) =>
      [`${word} ${name} ${values(transient)}`, ...history.map((each) => `  ${ran(each)}`)].join('\n'),
    ),
    ...resources.map((each) => JSON.stringify(each)),
    ...Object.values(constraints).flatMap((all) => all.map((each: { readonly id: string }) => JSON.stringify(each))),
  ];
}

/** One in `times`. */
const seldom = (times: number): fc.Arbitrary<boolean> => fc.nat(times - 1).map((drawn) => drawn === 0);

const maybe = (times: number, name: string, ...values: readonly string[]): fc.Arbitrary<Values> =>
  fc.tuple(seldom(times), fc.constantFrom(...values)).map(([is, value]): Values => (is ? { [name]: value } : {}));

const merged = (...parts: readonly fc.Arbitrary<Values>[]): fc.Arbitrary<Values> =>
  fc.tuple(...parts).map((all): Values => Object.assign({}, ...all) as Values);

function anyOptions({ calm }: Mood): fc.Arbitrary<Values> {
  if (calm) return maybe(4, 'placement-strategy', 'balanced', 'utilization', 'minimal');
  return merged(
    maybe(6, 'placement-strategy', 'balanced', 'utilization', 'minimal'),
    maybe(8, 'symmetric-cluster', 'false'),
    maybe(6, 'start-failure-is-fatal', 'false'),
    maybe(6, 'concurrent-fencing', 'true'),
    maybe(12, 'maintenance-mode', 'true'),
    maybe(12, 'stop-all-resources', 'true'),
    maybe(8, 'no-quorum-policy', 'freeze', 'ignore', 'demote'),
  );
}

function anyNode(name: string, { calm }: Mood): fc.Arbitrary<ToldNode> {
  const words: NodeWord[] = [
    'online',
    'online',
    'online',
    'online',
    'standby',
    'lost',
    'off',
    'leaving',
    'maintenance',
  ];
  const word = calm ? fc.constantFrom<NodeWord>('online', 'online', 'online', 'standby') : fc.constantFrom(...words);
  return word.map((drawn) => ({ ...onlineNode(name), word: drawn }));
}

// ---------------------------------------------------------------- resources

const anyResources = (mood: Mood): fc.Arbitrary<ResourceConfig[]> =>
  fc
    .array(
      fc.constantFrom('primitive', 'primitive', 'group', 'clone', ...(mood.calm ? [] : ['cloneOfGroup', 'promotable'])),
      {
        minLength: 1,
        maxLength: 5,
      },
    )
    .chain((kinds) => fc.tuple(...kinds.map((kind, at) => anyResource(kind, `r${at}`, mood))));

function anyResource(kind: string, id: string, mood: Mood): fc.Arbitrary<ResourceConfig> {
  const member = (name: string): fc.Arbitrary<PrimitiveConfig> => anyPrimitive(name, mood);
  const pair = fc.tuple(member(`${id}m`), member(`${id}n`));
  switch (kind) {
    case 'group':
      return fc.tuple(pair, anyMeta(mood)).map(([members, meta]) => group(id, members, meta));
    case 'clone':
      return fc.tuple(member(`${id}p`), anyCloneMeta(mood)).map(([child, meta]) => clone(id, child, meta));
    case 'cloneOfGroup':
      return fc.tuple(pair, anyCloneMeta(mood)).map(([members, meta]) => clone(id, group(`${id}g`, members), meta));
    case 'promotable':
      return fc
        .tuple(member(`${id}p`), anyCloneMeta(mood), maybe(3, 'promoted-max', '2'))
        .map(([child, meta, most]) => clone(id, child, { promotable: 'true', ...meta, ...most }));
    default:
      return fc.tuple(member(id), maybe(4, 'allow-migrate', 'true')).map(([made, meta]) => ({
        ...made,
        meta: [...made.meta, ...primitive(`${id}-alone`, meta).meta],
      }));
  }
}

const anyPrimitive = (id: string, mood: Mood): fc.Arbitrary<PrimitiveConfig> =>
  fc.tuple(anyMeta(mood), anyCheck(id, mood)).map(([meta, operations]) => primitive(id, meta, operations));

function anyCheck(id: string, { calm }: Mood) {
  const onFail = calm
    ? fc.constant<Values>({})
    : maybe(3, 'on-fail', 'stop', 'block', 'ignore', 'fence', 'standby', 'restart');
  return fc
    .tuple(fc.boolean(), onFail)
    .map(([is, values]) => (is ? [operation(id, 'monitor', { interval: '10s', ...values })] : []));
}

function anyMeta({ calm }: Mood): fc.Arbitrary<Values> {
  const priority = maybe(3, 'priority', '1', '5', '10');
  if (calm) return priority;
  return merged(
    priority,
    maybe(4, 'allow-migrate', 'true'),
    maybe(2, 'resource-stickiness', '0', '1', '100', 'INFINITY'),
    maybe(8, 'target-role', 'Stopped', 'Started'),
    maybe(10, 'is-managed', 'false'),
    maybe(3, 'migration-threshold', '1', '3'),
    maybe(8, 'multiple-active', 'stop_only', 'block', 'stop_unexpected'),
  );
}

const anyCloneMeta = ({ calm }: Mood): fc.Arbitrary<Values> =>
  merged(
    maybe(2, 'interleave', 'true'),
    maybe(4, 'clone-max', '1', '2', '3'),
    maybe(5, 'ordered', 'true'),
    maybe(5, 'notify', 'true'),
    calm ? fc.constant<Values>({}) : maybe(8, 'globally-unique', 'true'),
    calm ? fc.constant<Values>({}) : maybe(8, 'target-role', 'Stopped'),
  );

// ---------------------------------------------------------------- constraints

const idOf = ({ id }: { readonly id: string }): string => id;

const anyScore = fc.constantFrom(-infinity, -50, 10, 100, infinity, infinity);

function anyConstraints(
  resources: readonly ResourceConfig[],
  nodes: readonly string[],
  { calm }: Mood,
): fc.Arbitrary<ConstraintConfig> {
  const top = resources.filter((each) => each.kind !== 'primitive' || each.agent !== deviceAgent);
  const one = fc.constantFrom(...top);
  const pairs = pairsOf(calm ? top.filter(({ kind }) => kind !== 'clone') : top);
  const pair = fc.constantFrom(...(pairs.length === 0 ? [null] : pairs)) as fc.Arbitrary<
    [ResourceConfig, ResourceConfig]
  >;
  const none = fc.constant([]);
  return fc.record({
    locations: fc.uniqueArray(anyLocation(one, nodes), { maxLength: 4, selector: idOf }),
    colocations:
      pairs.length === 0
        ? none
        : fc.uniqueArray(anyColocation(pair, calm ? fc.constant(infinity) : anyScore), {
            maxLength: 3,
            selector: idOf,
          }),
    orders: pairs.length === 0 ? none : fc.uniqueArray(anyOrder(pair), { maxLength: 3, selector: idOf }),
    tickets: fc.array(anyTicket(one), { maxLength: 1 }),
  });
}

/** The later one of the configuration depends on the earlier: no loops. */
function pairsOf(top: readonly ResourceConfig[]): [ResourceConfig, ResourceConfig][] {
  return top.flatMap((first, at) =>
    top.slice(at + 1).map((second): [ResourceConfig, ResourceConfig] => [first, second]),
  );
}

const isPromotable = (resource: ResourceConfig): boolean =>
  resource.kind === 'clone' && resource.meta.some(({ values }) => values.some(([name]) => name === 'promotable'));

function anyLocation(one: fc.Arbitrary<ResourceConfig>, nodes: readonly string[]) {
  return fc
    .tuple(one, fc.constantFrom(...nodes), anyScore, seldom(2))
    .map(([resource, node, score, roles]) =>
      location(resource.id, node, score, roles && isPromotable(resource) ? 'Promoted' : null),
    );
}

function anyColocation(pair: fc.Arbitrary<[ResourceConfig, ResourceConfig]>, anyOf: fc.Arbitrary<number>) {
  return fc
    .tuple(pair, anyOf, seldom(2))
    .map(([[first, second], score, roles]) =>
      colocation(second.id, first.id, score, { primary: roles && isPromotable(first) ? 'Promoted' : undefined }),
    );
}

function anyOrder(pair: fc.Arbitrary<[ResourceConfig, ResourceConfig]>) {
  return fc
    .tuple(pair, fc.constantFrom('Mandatory', 'Mandatory', 'Optional', 'Serialize'), seldom(2), seldom(4))
    .map(([[first, second], kind, roles, oneWay]) => {
      const actions = roles && isPromotable(first) ? { firstAction: 'promote', secondAction: 'start' } : {};
      return ordering(first.id, second.id, { kind, ...actions, ...(oneWay && { symmetrical: false }) });
    });
}

const anyTicket = (one: fc.Arbitrary<ResourceConfig>) =>
  fc
    .tuple(one, fc.constantFrom('stop', 'demote', 'freeze'))
    .map(([resource, policy]) => ticketFor(resource.id, 'T', policy));

// ---------------------------------------------------------------- history

/** `homes` are drawn numbers: where each primitive runs, and in what state. */
function withHistory(
  nodes: readonly ToldNode[],
  resources: readonly ResourceConfig[],
  homes: readonly number[],
  mood: Mood,
): ToldNode[] {
  const parts = resources.flatMap((top) => primitivesOf(top).map((part) => ({ top, part })));
  return nodes.map((node, at) => {
    const history: ResourceHistory[] = [];
    const transient: Record<string, string> = {};
    for (const [place, { top, part }] of parts.entries()) {
      const number = mood.calm ? resources.indexOf(top) : place;
      const drawn = (homes[(number + at * 7) % homes.length] ?? 0) + at;
      const isHome = top.kind === 'clone' ? drawn % 4 > 0 : (homes[number] ?? 0) % (nodes.length + 1) === at;
      const state = isHome ? stateOf(top, drawn, mood) : !mood.calm && drawn % 17 === 0 ? 'unknown' : 'stopped';
      if (isPromotable(top) && drawn % 3 > 0) transient[`master-${part.id}`] = String(drawn % 11);
      if (state === 'failed') Object.assign(transient, failuresOf(part.id, (drawn % 4) + 1));
      if (state === 'unknown' || (node.word === 'standby' && mood.calm)) continue;
      history.push(historyOf(part.id, operationsIn(state, part), part.agent));
    }
    return { ...node, history, transient };
  });
}

function stateOf(top: ResourceConfig, drawn: number, { calm }: Mood): string {
  if (isPromotable(top) && drawn % 5 === 0) return 'promoted';
  if (calm || drawn % 3 > 0) return 'started';
  return ['failed', 'started', 'starting', 'start failed', 'gone', 'stop failed'][drawn % 6] ?? 'started';
}

const failuresOf = (id: string, count: number): Values => ({
  [`fail-count-${id}#monitor_10000`]: String(count),
  [`last-failure-${id}#monitor_10000`]: String(nowS - 60),
});

function operationsIn(state: string, { operations }: PrimitiveConfig): ToldOperation[] {
  const checks = operations.length === 0 ? [] : [{ name: 'monitor', intervalMs: 10_000 }];
  switch (state) {
    case 'promoted':
      return [{ name: 'promote' }, ...checks.map((each) => ({ ...each, rc: 8, expected: 8 }))];
    case 'failed':
      return [{ name: 'start' }, { name: 'monitor', intervalMs: 10_000, rc: 1 }];
    case 'gone':
      return [{ name: 'start' }, { name: 'monitor', intervalMs: 10_000, rc: 7 }];
    case 'starting':
      return [{ name: 'start', rc: -1, status: -1 }];
    case 'start failed':
      return [{ name: 'start', rc: 1 }];
    case 'stop failed':
      return [{ name: 'stop', rc: 1 }];
    case 'stopped':
      return [{ name: 'monitor', rc: 7, expected: 7 }];
    default:
      return [{ name: 'start' }, ...checks];
  }
}
