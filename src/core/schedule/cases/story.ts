/**
 * A scheduler case as text: a small notation for the cluster and what is seen, and the plan in words. Notation:
 *
 *     nodes b1 b2 w1 w2                         in the order of the file; all are members unless lost
 *     lost b1 300ms ago
 *     service ip on b1 b2: address, takeover nothing, needs lb, with lb, stickiness 0
 *     service lb on b1 b2: balance w1 w2, clone 2
 *     service web on b1 b2: unique 3 2                     copies that differ, web:0 to web:2, at most two of them a node
 *     seen b1: ip running, lb failed 2 (exit code 1)     what is not said is stopped
 *     seen b2: nothing                                    nobody has looked yet
 *     held ip on b1 | standby b1: why | stopped ip: why | move ip to b2: why | move ip from b1: why
 *     maintenance ip: why                                 of a service; of a node, where it has that name
 *     option start-failure-is-fatal true
 *     order o1: [promote] db then ip [optional]           a rule
 *     colocation c1: ip with db 1000                      another one
 *
 * After the state: how often it failed, `old` (an older definition), `banned node`, `banned cluster`, `conflicts 2`,
 * `check failed`, `promoted`, `score 10`, `drained to-w1`, `from b1` or `to b1` (the other node of a migration), and the last
 * failure in brackets.
 */
import { must } from '../../../lib/assert.ts';
import { byText } from '../../../lib/compare.ts';
import { withAllCopies } from '../../copies.ts';
import { blankRecord } from '../../execute/services.ts';
import {
  type ColocationConfig,
  type NodeId,
  noRules,
  type OrderConfig,
  promotableOnScore,
  type Resource,
  type Service,
} from '../../model.ts';
import { type Admin, type NodeRecord, noAdmin, type ServiceRecord, type ServiceState } from '../../ports.ts';
import { explain, type Held, type NodeScore, type Plan, remember, type ScheduleInput, schedule } from '../index.ts';
import { balanceTo, clusterOf, colocationOf, command, nowMs, orderOf, plainService, viewNumber } from './arbitrary.ts';
import { carryOut, type World } from './world.ts';

interface Draft {
  nodes: NodeId[];
  services: Service[];
  lost: Map<NodeId, number>;
  entries: Map<NodeId, Map<string, ServiceRecord>>;
  unseen: Set<NodeId>;
  held: Map<string, NodeId[]>;
  standby: Record<NodeId, { because: string }>;
  stopped: Record<string, { because: string }>;
  moves: Record<string, Admin['moves'][string]>;
  maintenance: Record<string, { because: string }>;
  orders: OrderConfig[];
  colocations: ColocationConfig[];
  options: Record<string, string>;
}

export function parseStory(text: string): ScheduleInput {
  const draft: Draft = {
    nodes: [],
    services: [],
    lost: new Map(),
    entries: new Map(),
    unseen: new Set(),
    held: new Map(),
    standby: {},
    stopped: {},
    moves: {},
    maintenance: {},
    orders: [],
    colocations: [],
    options: {},
  };
  for (const line of text.split('\n')) {
    const words = line.replace(/#.*/, '').trim();
    if (words !== '') parseLine(draft, words);
  }
  return inputOf(draft);
}

type Rule = readonly [RegExp, (draft: Draft, ...groups: string[]) => void];

const rules: readonly Rule[] = [
  [/^nodes (.+)$/, (draft, nodes) => void draft.nodes.push(...list(nodes))],
  [/^lost (\S+) (\d+)ms ago$/, (draft, node, agoMs) => void draft.lost.set(text(node), nowMs - Number(agoMs))],
  [
    /^service (\S+) on ([^:]+)(?:: (.+))?$/,
    (draft, id, on, traits) => void draft.services.push(serviceOf(text(id), list(on), traits)),
  ],
  [/^seen (\S+): nothing$/, (draft, node) => void draft.unseen.add(text(node))],
  [/^seen (\S+): (.+)$/, (draft, node, copies) => void draft.entries.set(text(node), entriesOf(draft, text(copies)))],
  [/^held (\S+) on (.+)$/, (draft, id, nodes) => void draft.held.set(text(id), list(nodes))],
  [
    /^standby (\S+): (.+)$/,
    (draft, node, why) => void Object.assign(draft.standby, { [text(node)]: { because: why } }),
  ],
  [
    /^maintenance (\S+): (.+)$/,
    (draft, id, why) => void Object.assign(draft.maintenance, { [text(id)]: { because: why } }),
  ],
  [/^stopped (\S+): (.+)$/, (draft, id, why) => void Object.assign(draft.stopped, { [text(id)]: { because: why } })],
  [
    /^order (\S+): (promote )?(\S+) then (\S+)(?: (\S+))?$/,
    (draft, id, promote, first, second, kind) =>
      void draft.orders.push(orderOf(text(id), text(first), text(second), kind ?? 'mandatory', promote !== undefined)),
  ],
  [
    /^colocation (\S+): (\S+) with (\S+) (-?\d+)$/,
    (draft, id, dependent, primary, score) =>
      void draft.colocations.push(colocationOf(text(id), text(dependent), text(primary), Number(score))),
  ],
  [/^option (\S+) (\S+)$/, (draft, name, value) => void Object.assign(draft.options, { [text(name)]: value })],
  [
    /^move (\S+) to (\S+): (.+)$/,
    (draft, id, to, why) => void Object.assign(draft.moves, { [text(id)]: { to, from: null, because: why } }),
  ],
  [
    /^move (\S+) from (\S+): (.+)$/,
    (draft, id, from, why) => void Object.assign(draft.moves, { [text(id)]: { to: null, from, because: why } }),
  ],
];

function parseLine(draft: Draft, line: string): void {
  for (const [pattern, apply] of rules) {
    const match = pattern.exec(line);
    if (match !== null) return apply(draft, ...match.slice(1));
  }
  throw new Error(`cannot read the line: ${line}`);
}

const text = (word: string | undefined): string => must(word, 'word of a line');
const list = (words: string | undefined): string[] => text(words).split(/[ ,]+/);

// ---------------------------------------------------------------- services

function serviceOf(id: string, on: readonly string[], traits: string | undefined): Service {
  let service: Service = { ...plainService(id, on), stickiness: 0 };
  for (const trait of traits?.split(', ') ?? []) service = { ...service, ...traitOf(trait, service) };
  return service;
}

const address: Resource = {
  kind: 'address',
  address: '10.0.0.1',
  prefix: 24,
  family: 4,
  interface: null,
  probeMs: 0,
  drainMs: 0,
};

function traitOf(trait: string, service: Service): Partial<Service> {
  const [name, ...rest] = trait.split(' ');
  const [value] = rest;
  switch (name) {
    case 'address':
      return { resource: address, takeover: 'nothing' };
    case 'balance':
      return { resource: balanceTo(rest), takeover: 'nothing' };
    case 'command':
      return { resource: command };
    case 'clone':
      return { clone: true, instances: Number(value) };
    case 'unique':
      return { copyOf: { service: service.id, number: 0, max: Number(value), perNode: Number(rest[1]) }, onScore: 0 };
    case 'promotable':
      return { promotable: { max: Number(value ?? 1), perNode: 1 }, onScore: promotableOnScore };
    case 'notify':
      return { notify: true };
    case 'ordered':
      return { ordered: true };
    case 'migrates':
      return { migrates: true };
    case 'takeover':
      return { takeover: value as Service['takeover'] };
    case 'on-score':
      return { onScore: Number(value) };
    case 'fails':
      return { onFail: { ...service.onFail, [text(value)]: rest[1] } };
    case 'needs':
      return { needs: rest };
    case 'with':
      return { with: rest };
    case 'stickiness':
      return { stickiness: Number(value) };
    case 'failures':
      return { failures: { max: Number(value), forgetMs: rest[1] === 'kept' ? null : 600_000 } };
    default:
      throw new Error(`cannot read «${trait}» of service ${service.id}`);
  }
}

// ---------------------------------------------------------------- records

/** Commas part the copies, but not inside of brackets. */
function entriesOf(draft: Draft, copies: string): Map<string, ServiceRecord> {
  const entries = new Map<string, ServiceRecord>();
  for (const copy of copies.split(/,\s*(?![^(]*\))/)) {
    const [, id, state, more = '', last] = /^(\S+) (\S+)([^(]*)(?:\((.*)\))?$/.exec(copy) ?? [];
    const service = draft.services.find((each) => each.id === id?.replace(/:\d+$/, ''));
    entries.set(text(id), recordOf(text(state) as ServiceState, more.trim(), last, service?.digest ?? 'gone'));
  }
  return entries;
}

function recordOf(state: ServiceState, more: string, last: string | undefined, digest: string): ServiceRecord {
  const find = (pattern: RegExp): string | undefined => pattern.exec(more)?.[1];
  const runs = state !== 'stopped' && state !== 'probing';
  const isUnseen = state === 'unknown' && !/\bstarted\b/.test(more);
  return {
    ...blankRecord,
    state,
    digest: !runs || isUnseen ? null : /\bold\b/.test(more) ? 'old' : digest,
    failures: Number(find(/^(\d+)\b/) ?? 0),
    lastFailure: last ?? null,
    failed: (find(/\b(start|stop|check|promote|demote) failed/) ?? null) as ServiceRecord['failed'],
    banned: (find(/banned (\w+)/) ?? 'no') as ServiceRecord['banned'],
    conflicts: Number(find(/conflicts (\d+)/) ?? 0),
    role: /\bpromoted\b/.test(more) ? 'promoted' : state === 'running' ? 'unpromoted' : 'unknown',
    promotion: /\bscore /.test(more) ? Number(find(/score (-?\d+)/)) : null,
    peer: find(/\b(?:from|to) (\S+)/) ?? null,
    drained: find(/drained (\S+)/)?.split('+') ?? [],
  };
}

function inputOf(draft: Draft): ScheduleInput {
  const rules = { ...noRules, orders: draft.orders, colocations: draft.colocations, options: draft.options };
  const cluster = withAllCopies({ ...clusterOf(draft.nodes, draft.services), rules }, (service) => service);
  const members = draft.nodes.filter((node) => !draft.lost.has(node)).sort(byText);
  const records = new Map(members.map((node) => [node, nodeRecordOf(draft, cluster.services, node)]));
  const { standby, stopped, moves, lost } = draft;
  const remembered: Held = new Map([...draft.held].map(([id, nodes]) => [id, { nodes, ran: true }]));
  return {
    cluster,
    admin: { ...noAdmin, standby, stopped, moves, maintenance: maintenanceOf(draft) },
    view: { number: viewNumber, members, coordinator: must(members[0], 'a member') },
    records,
    lost,
    provable: true,
    watched: new Set(),
    doomed: new Set(),
    held: remember(remembered, cluster, records),
    nowMs,
  };
}

function maintenanceOf({ nodes, maintenance }: Draft): Admin['maintenance'] {
  const isNode = ([name]: readonly [string, unknown]): boolean => nodes.includes(name);
  const all = Object.entries(maintenance);
  return {
    nodes: Object.fromEntries(all.filter(isNode)),
    services: Object.fromEntries(all.filter((entry) => !isNode(entry))),
  };
}

function nodeRecordOf(draft: Draft, all: readonly Service[], node: NodeId): NodeRecord {
  const services: Record<string, ServiceRecord> = {};
  if (!draft.unseen.has(node))
    for (const { id, on } of all) if (on.includes(node)) services[id] = { ...blankRecord, state: 'stopped' };
  for (const [id, entry] of draft.entries.get(node) ?? []) services[id] = entry;
  return { node, boot: 1, version: 1, services, watchdog: 'none', fencings: [] };
}

// ---------------------------------------------------------------- the answer

/** The plan in words, and what is left to do once it has been carried out. */
export function tell(input: ScheduleInput): string {
  const plan = schedule(input);
  const world: World = { input, hidden: new Set() };
  const rest = schedule(carryOut(world, plan.actions, () => 0).input);
  const lines = [...tellPlan(input, plan)];
  const left = tellActions(rest);
  const isSame = left.join() === tellActions(plan).join();
  if (plan.actions.length > 0) lines.push('once carried out:', ...(isSame ? ['  the same'] : left));
  return `${lines.join('\n')}\n`;
}

function* tellPlan(input: ScheduleInput, plan: Plan): Generator<string> {
  for (const { service, nodes, scores, because, promotion } of plan.placements) {
    yield `${service} -> ${nodes.length === 0 ? 'nowhere' : nodes.join(' ')}: ${because}`;
    if (promotion !== null) yield `  promoted: ${promotion.nodes.join(' ') || 'none'}, ${promotion.because}`;
    const on = input.cluster.services.find(({ id }) => id === service)?.on ?? [];
    for (const score of scores) if (on.includes(score.node)) yield `  ${tellScore(score)}`;
  }
  yield 'plan:';
  yield* tellActions(plan);
  for (const { node, because } of plan.fence) yield `fence ${node} ${because}`;
  if (plan.againAtMs !== null) yield `again in ${plan.againAtMs - nowMs}ms`;
}

function tellScore({ node, score, terms }: NodeScore): string {
  const reasons = terms.map(({ points, because }) => `${points === null ? 'no' : points} (${because})`);
  return `${node} ${score ?? 'no'} = ${reasons.join(' ')}`;
}

function tellActions({ actions }: Plan): readonly string[] {
  if (actions.length === 0) return ['  nothing to do'];
  return actions.map((action) => {
    const hands = [
      action.handFrom === null ? '' : ` (handed over by ${action.handFrom})`,
      action.handTo === null ? '' : ` (handed over to ${action.handTo})`,
      action.peer == null ? '' : ` (${action.verb === 'migrateTo' ? 'to' : 'from'} ${action.peer})`,
      action.verb === 'tune' ? ` (drained: ${action.drained.join(' ') || 'none'})` : '',
    ];
    return `  ${explain(action)}${hands.join('')}`;
  });
}
