/**
 * A cluster as text, and what is decided about it in words. Notation, one fact a line, `#` begins a remark:
 *
 *     nodes a b c                           members, all of them there, all of it probed
 *     standby b | maintenance b | lost b | off b | pending b | leaving b
 *     says a rack=1                         attributes of a node; `for now a #health-disk=red`: until it leaves
 *     has a cpu=4                           its capacity
 *     options no-quorum-policy=freeze       options of the cluster; `defaults` are those of resources
 *     no quorum
 *     device d                              a fence device (without one, fencing is off)
 *     ip priority=10                        a primitive with meta attributes; `ip check=10s`: with a recurring check
 *     db needs cpu=2                        what it takes of a node's capacity
 *     group web = fs ip                     of primitives told before
 *     clone c = ping interleave=true        `promotable c = drbd promoted-max=1` as well
 *     place ip on a 100 [as Promoted] | never ip on a
 *     ip with db [100] | fs with c as Promoted
 *     order db then ip [Optional] | order promote c then start fs
 *     ticket T granted|revoked; ip needs ticket T [stop]
 *     seen a: ip started, drbd promoted     what is not said is known to be stopped; also: failed (a check found it so), gone
 *                                           (found stopped), starting, start failed, stop failed, old (with other parameters),
 *                                           moving to b, moved from a
 *     seen b: nothing                       nobody has looked yet
 *     fails a ip 3                          how often it failed there
 */
import { must } from '../../lib/assert.ts';
import type { ConstraintConfig, PrimitiveConfig, ResourceConfig, ResourceHistory } from '../input.ts';
import { infinity } from '../values.ts';
import * as make from './cluster.ts';

interface Draft {
  options: make.Values;
  defaults: make.Values;
  nodes: Map<string, make.ToldNode>;
  resources: Map<string, ResourceConfig>;
  constraints: { -readonly [K in keyof ConstraintConfig]: [...ConstraintConfig[K]] };
  tickets: Map<string, boolean>;
  seen: Map<string, string>;
  quorate: boolean;
}

export function readStory(text: string): make.ToldCluster {
  const draft: Draft = {
    options: {},
    defaults: {},
    nodes: new Map(),
    resources: new Map(),
    constraints: { locations: [], colocations: [], orders: [], tickets: [] },
    tickets: new Map(),
    seen: new Map(),
    quorate: true,
  };
  for (const line of text.split('\n')) {
    const words = line.replace(/(^|\s)# .*/, '').trim();
    if (words !== '') readLine(draft, words);
  }
  return clusterOf(draft);
}

type Rule = readonly [RegExp, (draft: Draft, ...groups: string[]) => void];

const text = (word: string | undefined): string => must(word, 'word of a line');
const list = (words: string | undefined): string[] => text(words).split(/[ ,]+/);

const rules: readonly Rule[] = [
  [/^nodes (.+)$/, addNodes],
  [/^(standby|maintenance|lost|off|pending|leaving) (.+)$/, setWord],
  [/^says (\S+) (.+)$/, (draft, name, values) => change(draft, text(name), { attributes: valuesOf(values) })],
  [/^for now (\S+) (.+)$/, (draft, name, values) => change(draft, text(name), { transient: valuesOf(values) })],
  [/^has (\S+) (.+)$/, (draft, name, values) => change(draft, text(name), { utilization: valuesOf(values) })],
  [/^options (.+)$/, (draft, values) => void Object.assign(draft.options, valuesOf(values))],
  [/^defaults (.+)$/, (draft, values) => void Object.assign(draft.defaults, valuesOf(values))],
  [/^no quorum$/, loseQuorum],
  [/^device (\S+)$/, (draft, id) => void draft.resources.set(text(id), make.device(text(id)))],
  [/^(group|clone|promotable) (\S+) = (.+)$/, collect],
  [/^never (\S+) on (\S+)$/, (draft, id, node) => place(draft, id, node, -infinity)],
  [
    /^place (\S+) on (\S+) (\S+)(?: as (\S+))?$/,
    (draft, id, node, score, role) => place(draft, id, node, scoreOf(score), role ?? null),
  ],
  [/^order (?:(promote|demote|start|stop) )?(\S+) then (?:(promote|demote|start|stop) )?(\S+)(?: (\S+))?$/, orderThem],
  [/^ticket (\S+) (granted|revoked)$/, (draft, id, word) => void draft.tickets.set(text(id), word === 'granted')],
  [/^seen (\S+): (.+)$/, (draft, name, what) => void draft.seen.set(text(name), text(what))],
  [/^fails (\S+) (\S+) (\S+)$/, noteFailures],
  [
    /^(\S+) needs ticket (\S+)(?: (\S+))?$/,
    (draft, id, ticket, policy) =>
      void draft.constraints.tickets.push(make.ticketFor(text(id), text(ticket), policy ?? null)),
  ],
  [/^(\S+)(?: as (\S+))? with (\S+)(?: as (\S+))?(?: (-?\w+))?$/, colocate],
  [/^(\S+) needs (\S+=.+)$/, (draft, id, values) => changeNeeds(draft, text(id), valuesOf(values))],
  [/^(\S+)((?: \S+=\S+)*)$/, (draft, id, values) => addPrimitive(draft, text(id), valuesOf(values))],
];

function readLine(draft: Draft, line: string): void {
  for (const [pattern, apply] of rules) {
    const match = pattern.exec(line);
    if (match !== null) return apply(draft, ...match.slice(1));
  }
  throw new Error(`cannot read the line: ${line}`);
}

function valuesOf(words: string | undefined): Record<string, string> {
  const pairs = (words ?? '')
    .trim()
    .split(/\s+/)
    .filter((word) => word !== '');
  return Object.fromEntries(pairs.map((pair) => [pair.replace(/=.*/, ''), pair.replace(/^[^=]*=/, '')]));
}

const scoreOf = (word: string | undefined): number =>
  word === undefined || word === 'INFINITY' ? infinity : word === '-INFINITY' ? -infinity : Number(word);

function addNodes(draft: Draft, names: string | undefined): void {
  for (const name of list(names)) draft.nodes.set(name, make.onlineNode(name));
}

function setWord(draft: Draft, word: string | undefined, names: string | undefined): void {
  for (const name of list(names)) change(draft, name, { word: word as make.NodeWord });
}

function loseQuorum(draft: Draft): void {
  draft.quorate = false;
}

function change(draft: Draft, name: string, patch: Partial<make.ToldNode>): void {
  const node = must(draft.nodes.get(name), `node ${name}`);
  const merged = {
    attributes: { ...node.attributes, ...patch.attributes },
    transient: { ...node.transient, ...patch.transient },
  };
  draft.nodes.set(name, { ...node, ...patch, ...merged });
}

// ---------------------------------------------------------------- resources

/** `check=10s on-fail=fence` are of its recurring check, `role` too; all else are meta attributes. */
function addPrimitive(draft: Draft, id: string, values: Record<string, string>): void {
  const { check, 'on-fail': onFail, 'start-on-fail': startOnFail, 'stop-on-fail': stopOnFail, ...meta } = values;
  const operations = [
    ...(check === undefined
      ? []
      : [make.operation(id, 'monitor', { interval: check, ...(onFail && { 'on-fail': onFail }) })]),
    ...(startOnFail === undefined ? [] : [make.operation(id, 'start', { 'on-fail': startOnFail })]),
    ...(stopOnFail === undefined ? [] : [make.operation(id, 'stop', { 'on-fail': stopOnFail })]),
  ];
  draft.resources.set(id, make.primitive(id, meta, operations));
}

function changeNeeds(draft: Draft, id: string, values: make.Values): void {
  const known = must(draft.resources.get(id), `resource ${id}`) as PrimitiveConfig;
  draft.resources.set(id, { ...known, utilization: make.primitive(id, {}, [], values).utilization });
}

function collect(draft: Draft, kind: string | undefined, id: string | undefined, words: string | undefined): void {
  const all = list(words);
  const members = all
    .filter((word) => !word.includes('='))
    .map((word) => {
      const member = must(draft.resources.get(word), `resource ${word}`);
      draft.resources.delete(word);
      return member;
    });
  const meta = valuesOf(all.filter((word) => word.includes('=')).join(' '));
  const [child] = members as (PrimitiveConfig & { kind: 'primitive' })[];
  const name = text(id);
  const made =
    kind === 'group'
      ? make.group(name, members as PrimitiveConfig[], meta)
      : make.clone(name, must(child, 'what is cloned'), kind === 'promotable' ? { promotable: 'true', ...meta } : meta);
  draft.resources.set(name, made);
}

// ---------------------------------------------------------------- constraints

function place(
  draft: Draft,
  id: string | undefined,
  node: string | undefined,
  score: number,
  role: string | null = null,
): void {
  draft.constraints.locations.push(make.location(text(id), text(node), score, role));
}

function colocate(
  draft: Draft,
  ...[dependent, dependentRole, primary, primaryRole, score]: (string | undefined)[]
): void {
  const roles = { dependent: dependentRole, primary: primaryRole };
  draft.constraints.colocations.push(make.colocation(text(dependent), text(primary), scoreOf(score), roles));
}

function orderThem(draft: Draft, ...[firstAction, first, secondAction, second, kind]: (string | undefined)[]): void {
  draft.constraints.orders.push(make.ordering(text(first), text(second), { kind, firstAction, secondAction }));
}

// ---------------------------------------------------------------- what was seen

function noteFailures(draft: Draft, node: string | undefined, id: string | undefined, count: string | undefined): void {
  const values = {
    [`fail-count-${id}#monitor_10000`]: text(count),
    [`last-failure-${id}#monitor_10000`]: String(make.nowS - 60),
  };
  change(draft, text(node), { transient: values });
}

/** What the history says of something in this state. The last entry is the newest. */
function operationsIn(state: string, checkMs: number | null): make.ToldOperation[] {
  const check = (rc: number): make.ToldOperation[] =>
    checkMs === null ? [] : [{ name: 'monitor', intervalMs: checkMs, rc, expected: rc }];
  const [word = '', , where = ''] = state.split(' ');
  switch (state.replace(/ (to|from) \S+$/, ' $1')) {
    case 'started':
      return [{ name: 'start' }, ...check(0)];
    case 'old':
      return [{ name: 'start', isOld: true }, ...check(0)];
    case 'promoted':
      return [{ name: 'promote' }, ...check(8)];
    case 'failed':
      return [{ name: 'start' }, { name: 'monitor', intervalMs: checkMs ?? 10_000, rc: 1 }];
    case 'gone':
      return [{ name: 'start' }, { name: 'monitor', intervalMs: checkMs ?? 10_000, rc: 7 }];
    case 'starting':
      return [{ name: 'start', rc: -1, status: -1 }];
    case 'start failed':
      return [{ name: 'start', rc: 1 }];
    case 'stop failed':
      return [{ name: 'stop', rc: 1 }];
    case 'moving to':
      return [{ name: 'start' }, { name: 'migrate_to', target: where, source: 'here' }];
    case 'moved from':
      return [{ name: 'migrate_from', source: where, target: 'here' }];
    case 'stopped':
      return [{ name: 'monitor', rc: 7, expected: 7 }];
    default:
      throw new Error(`cannot read the state «${word}»`);
  }
}

function historyOn(draft: Draft, { name, word }: make.ToldNode): ResourceHistory[] {
  const said = draft.seen.get(name);
  if (said === 'nothing' || word === 'off') return [];
  const states = new Map(
    (said?.split(', ') ?? []).map((each) => [each.replace(/ .*/, ''), each.replace(/^\S+ /, '')] as const),
  );
  const configured = [...draft.resources.values()].flatMap(make.primitivesOf);
  const removed = [...states.keys()].filter((id) => !configured.some((each) => each.id === id));
  return [...configured, ...removed.map((id) => make.primitive(id))].map((each) => {
    const state = states.get(each.id) ?? 'stopped';
    const here = operationsIn(state, checkOf(each)).map((told) => ({
      ...told,
      ...(told.source === 'here' && { source: name }),
      ...(told.target === 'here' && { target: name }),
    }));
    return make.historyOf(each.id, here, each.agent);
  });
}

function checkOf({ operations }: PrimitiveConfig): number | null {
  const interval = operations.find((each) => each.name === 'monitor')?.attributes.get('interval');
  return interval === undefined ? null : Number.parseInt(interval, 10) * 1000;
}

function clusterOf(draft: Draft): make.ToldCluster {
  const { options, defaults: resourceDefaults, constraints, quorate } = draft;
  return {
    options,
    resourceDefaults,
    nodes: [...draft.nodes.values()].map((node) => ({ ...node, history: historyOn(draft, node) })),
    resources: [...draft.resources.values()],
    constraints,
    tickets: [...draft.tickets].map(([id, granted]) => ({
      id,
      granted,
      standby: false,
      lastGrantedS: null,
      attributes: new Map(),
    })),
    quorate,
  };
}
