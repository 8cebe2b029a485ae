/** Small clusters for tests: everything that a test does not say is as usual. */
import type {
  AttributeSet,
  HistoryOperation,
  Input,
  NodeState,
  OperationConfig,
  PrimitiveConfig,
  ResourceHistory,
} from '../input.ts';
import type { Resource, Situation } from '../situation.ts';
import { situate } from './index.ts';

type Values = Readonly<Record<string, string>>;

export const set = (values: Values): readonly AttributeSet[] => [
  { id: 'set', score: null, rule: null, values: Object.entries(values) },
];

export function input(parts: Partial<Input> & { readonly settings?: Values } = {}): Input {
  const { settings = { 'stonith-enabled': 'false' }, ...rest } = parts;
  return {
    options: set(settings),
    resourceDefaults: [],
    operationDefaults: [],
    nodes: ['a', 'b', 'c'].map((name) => node(name)),
    resources: [],
    constraints: { locations: [], colocations: [], orders: [], tickets: [] },
    topology: [],
    tags: new Map(),
    ticketStates: [],
    nodeStates: ['a', 'b', 'c'].map((name) => up(name)),
    quorate: true,
    coordinatorId: 'a',
    featureSet: '3.16.2',
    noQuorumPanic: false,
    hasWatchdog: false,
    nowS: 10_000,
    ...rest,
  };
}

export const node = (name: string, attributes: Values = {}): Input['nodes'][number] => ({
  id: name,
  name,
  type: 'member',
  score: 0,
  attributes: set(attributes),
  utilization: [],
});

export const state = (name: string, parts: Partial<NodeState>): NodeState => ({
  id: name,
  name,
  isRemote: false,
  inMembership: null,
  peer: null,
  join: null,
  expected: null,
  hasLrm: true,
  fencedRemote: null,
  inMaintenance: null,
  transient: [],
  history: [],
  ...parts,
});

export const up = (name: string, history: readonly ResourceHistory[] = [], attributes: Values = {}): NodeState =>
  state(name, {
    inMembership: 'true',
    peer: 'online',
    join: 'member',
    expected: 'member',
    transient: set(attributes),
    history,
  });

export const down = (name: string, history: readonly ResourceHistory[] = []): NodeState =>
  state(name, { inMembership: 'false', peer: 'offline', join: 'down', expected: 'down', history });

const dummy = { standard: 'ocf', provider: 'pacemaker', type: 'Stateful' };

export const primitive = (
  id: string,
  meta: Values = {},
  operations: readonly OperationConfig[] = [],
): PrimitiveConfig => ({
  kind: 'primitive',
  id,
  agent: dummy,
  template: null,
  meta: set(meta),
  parameters: [],
  utilization: [],
  operations,
});

export const operation = (name: string, attributes: Values): OperationConfig => ({
  id: name,
  name,
  attributes: new Map(Object.entries(attributes)),
  meta: [],
  parameters: [],
});

/** `monitor/10` is a monitor every ten seconds; results come in the order of the list. */
export const entry = (
  id: string,
  ...results: readonly (readonly [string, Partial<HistoryOperation>?])[]
): ResourceHistory => ({
  id,
  agent: dummy,
  container: null,
  shutdownLockS: null,
  operations: results.map(([name, parts], index) => result(id, name, index + 1, parts ?? {})),
});

function result(id: string, text: string, callId: number, parts: Partial<HistoryOperation>): HistoryOperation {
  const [name = '', interval = '0'] = text.split('/');
  const intervalMs = Number(interval) * 1000;
  return {
    id: `${id}_${name}_${intervalMs}`,
    operation: name,
    operationKey: `${id}_${name}_${intervalMs}`,
    intervalMs,
    callId,
    rc: 0,
    status: 0,
    magic: null,
    transitionKey: '1:1:0:0f6a5e42-0000-4000-8000-000000000000',
    lastChangeS: null,
    lastRunS: null,
    node: null,
    exitReason: null,
    digest: null,
    restartDigest: null,
    secureDigest: null,
    restartParameters: null,
    secureParameters: null,
    migrateSource: null,
    migrateTarget: null,
    version: null,
    ...parts,
  };
}

/** A probe expects to find nothing. */
export const probe = (rc: number): readonly [string, Partial<HistoryOperation>] => [
  'monitor',
  { rc, transitionKey: '1:1:7:0f6a5e42-0000-4000-8000-000000000000' },
];

export function resourceIn(situation: Situation, id: string): Resource {
  const index = situation.resourceById.get(id);
  if (index === undefined) throw new Error(`there is no resource ${id}`);
  return situation.resources[index]!;
}

export const namesOf = (situation: Situation, nodes: readonly number[]): string[] =>
  nodes.map((index) => situation.nodes[index]!.name);

/** One primitive `r` and what node `a` knows of it. */
export function known(
  results: readonly (readonly [string, Partial<HistoryOperation>?])[],
  meta: Values = {},
  operations: readonly OperationConfig[] = [],
  parts: Parameters<typeof input>[0] = {},
): { readonly situation: Situation; readonly resource: Resource } {
  const nodeStates = [up('a', [entry('r', ...results)]), up('b'), up('c')];
  const situation = situate(input({ resources: [primitive('r', meta, operations)], nodeStates, ...parts }));
  return { situation, resource: resourceIn(situation, 'r') };
}
