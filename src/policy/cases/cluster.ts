/**
 * Small clusters for tests: the parts of an `Input` with everything left out that a test does not speak of. What ran is told as
 * the history that it would have left.
 */
import type {
  AgentName,
  AttributeSet,
  CloneConfig,
  ColocationConfig,
  ConstraintConfig,
  GroupConfig,
  HistoryOperation,
  Input,
  LocationConfig,
  NodeConfig,
  NodeState,
  OperationConfig,
  OrderConfig,
  PrimitiveConfig,
  ResourceConfig,
  ResourceHistory,
  TicketConfig,
  TicketState,
} from '../input.ts';
import { colocationOfTwo, orderOfTwo } from '../plain.ts';

export const nowS = 1_700_000_000;

export type Values = Readonly<Record<string, string>>;

const setOf = (id: string, values: Values): AttributeSet[] =>
  Object.keys(values).length === 0 ? [] : [{ id, score: null, rule: null, values: Object.entries(values) }];

// ---------------------------------------------------------------- nodes

export type NodeWord = 'online' | 'standby' | 'maintenance' | 'lost' | 'off' | 'pending' | 'leaving';

export interface ToldNode {
  readonly name: string;
  /** `lost`: gone without a word; `off`: shut down in good order; `leaving`: asked to shut down; `pending`: not yet a member. */
  readonly word: NodeWord;
  readonly attributes: Values;
  readonly utilization: Values;
  readonly transient: Values;
  readonly history: readonly ResourceHistory[];
}

export const onlineNode = (name: string): ToldNode => ({
  name,
  word: 'online',
  attributes: {},
  utilization: {},
  transient: {},
  history: [],
});

function nodeConfigOf({ name, word, attributes, utilization }: ToldNode): NodeConfig {
  const said = word === 'standby' || word === 'maintenance' ? { ...attributes, [word]: 'true' } : attributes;
  const sets = { attributes: setOf(`${name}-says`, said), utilization: setOf(`${name}-has`, utilization) };
  return { id: name, name, type: 'member', score: 0, ...sets };
}

function nodeStateOf({ name, word, transient, history }: ToldNode): NodeState {
  const isAway = word === 'lost' || word === 'off';
  const said = word === 'leaving' ? { ...transient, shutdown: String(nowS - 10) } : transient;
  return {
    id: name,
    name,
    isRemote: false,
    inMembership: isAway ? 'false' : 'true',
    peer: isAway ? 'offline' : 'online',
    join: isAway ? 'down' : word === 'pending' ? 'pending' : 'member',
    expected: word === 'off' ? 'down' : 'member',
    hasLrm: true,
    fencedRemote: null,
    inMaintenance: null,
    transient: setOf(`${name}-status`, said),
    history: word === 'off' ? [] : history,
  };
}

// ---------------------------------------------------------------- resources

export const plainAgent: AgentName = { standard: 'ocf', provider: 'sempre', type: 'Plain' };
export const deviceAgent: AgentName = { standard: 'stonith', provider: '', type: 'fence_plain' };

export const operation = (resource: string, name: string, values: Values): OperationConfig => ({
  id: `${resource}-${name}-${values.interval ?? '0'}`,
  name,
  attributes: new Map(Object.entries(values)),
  meta: [],
  parameters: [],
});

export const primitive = (
  id: string,
  meta: Values = {},
  operations: readonly OperationConfig[] = [],
  utilization: Values = {},
  agent = plainAgent,
): PrimitiveConfig => ({
  kind: 'primitive',
  id,
  agent,
  template: null,
  meta: setOf(`${id}-meta`, meta),
  parameters: [],
  utilization: setOf(`${id}-needs`, utilization),
  operations,
});

export const group = (id: string, members: readonly PrimitiveConfig[], meta: Values = {}): GroupConfig => ({
  kind: 'group',
  id,
  meta: setOf(`${id}-meta`, meta),
  parameters: [],
  members,
});

export const clone = (id: string, child: PrimitiveConfig | GroupConfig, meta: Values = {}): CloneConfig => ({
  kind: 'clone',
  id,
  meta: setOf(`${id}-meta`, meta),
  parameters: [],
  child,
});

/** A fence device, without which nothing runs where fencing is wanted. */
export const device = (id: string): PrimitiveConfig => primitive(id, {}, [], {}, deviceAgent);

// ---------------------------------------------------------------- constraints

export const noConstraints: ConstraintConfig = { locations: [], colocations: [], orders: [], tickets: [] };

export const location = (id: string, node: string, score: number, role: string | null = null): LocationConfig => ({
  id: `${id}-on-${node}`,
  subject: { kind: 'one', id },
  node,
  score,
  role,
  discovery: null,
  rules: [],
  lifetime: [],
});

export const colocation = (
  dependent: string,
  primary: string,
  score: number,
  roles: { readonly dependent?: string | undefined; readonly primary?: string | undefined } = {},
): ColocationConfig =>
  colocationOfTwo(`${dependent}-with-${primary}`, score, {
    dependent,
    dependentRole: roles.dependent ?? null,
    primary,
    primaryRole: roles.primary ?? null,
  });

export const ordering = (
  first: string,
  second: string,
  how: {
    readonly kind?: string | undefined;
    readonly firstAction?: string | undefined;
    readonly secondAction?: string | undefined;
    readonly symmetrical?: boolean | undefined;
  } = {},
): OrderConfig => ({
  ...orderOfTwo(`${first}-then-${second}`, how.kind ?? null, {
    first,
    firstAction: how.firstAction ?? null,
    second,
    secondAction: how.secondAction ?? null,
  }),
  symmetrical: how.symmetrical ?? null,
});

export const ticketFor = (id: string, ticket: string, lossPolicy: string | null): TicketConfig => ({
  id: `${id}-needs-${ticket}`,
  ticket,
  lossPolicy,
  lifetime: [],
  subject: { kind: 'one', id, role: null },
});

// ---------------------------------------------------------------- history

/** Of no parameters; a recurring check's digest has its time-out in it, 20 s unless told otherwise. */
const digests = { once: 'f2317cad3d54cec5d7d7aa7d0bf35cf8', recurring: '4811cef7f7f94e3a35a70be7916cb2fd' };

export interface ToldOperation {
  readonly name: string;
  readonly rc?: number;
  readonly intervalMs?: number;
  /** Pacemaker's number: -1 has no result yet, 4 is an error. */
  readonly status?: number;
  /** What was expected; by default what a check of something that runs, or any other action, should give. */
  readonly expected?: number;
  /** Its parameters were others then. */
  readonly isOld?: boolean;
  readonly target?: string;
  readonly source?: string;
}

export const historyOf = (id: string, told: readonly ToldOperation[], agent = plainAgent): ResourceHistory => ({
  id,
  agent,
  container: null,
  shutdownLockS: null,
  operations: told.map((each, at) => historyOperation(id, each, at + 1)),
});

function historyOperation(id: string, told: ToldOperation, callId: number): HistoryOperation {
  const { name, rc = 0, intervalMs = 0, status = 0, expected = 0 } = told;
  const isFailed = status > 0 || (status === 0 && rc !== expected);
  const digest = intervalMs > 0 ? digests.recurring : digests.once;
  const transition = `1:1:${expected}:told`;
  return {
    id: `${id}_${isFailed ? 'last_failure_0' : intervalMs > 0 || /^migrate/.test(name) ? `${name}_${intervalMs}` : 'last_0'}`,
    operation: name,
    operationKey: `${id}_${name}_${intervalMs}`,
    intervalMs,
    callId: status === -1 ? -1 : callId,
    rc,
    status,
    magic: `${status}:${rc};${transition}`,
    transitionKey: transition,
    lastChangeS: nowS - 60,
    lastRunS: nowS - 60,
    node: null,
    exitReason: null,
    digest: told.isOld === true ? 'of other parameters' : digest,
    restartDigest: null,
    secureDigest: null,
    restartParameters: null,
    secureParameters: null,
    migrateSource: told.source ?? null,
    migrateTarget: told.target ?? null,
    version: '3.16.1',
  };
}

// ---------------------------------------------------------------- the whole

export interface ToldCluster {
  readonly options: Values;
  readonly resourceDefaults: Values;
  readonly nodes: readonly ToldNode[];
  readonly resources: readonly ResourceConfig[];
  readonly constraints: ConstraintConfig;
  readonly tickets: readonly TicketState[];
  readonly quorate: boolean;
}

export const plainCluster: ToldCluster = {
  options: {},
  resourceDefaults: {},
  nodes: [],
  resources: [],
  constraints: noConstraints,
  tickets: [],
  quorate: true,
};

/** Without a fence device fencing is off. */
export function inputOf(told: ToldCluster): Input {
  const hasDevice = told.resources.some((each) => each.kind === 'primitive' && each.agent === deviceAgent);
  const options = { 'stonith-enabled': String(hasDevice), ...told.options };
  return {
    options: setOf('options', options),
    resourceDefaults: setOf('defaults', told.resourceDefaults),
    operationDefaults: [],
    nodes: told.nodes.map(nodeConfigOf),
    resources: told.resources,
    constraints: told.constraints,
    topology: [],
    tags: new Map(),
    ticketStates: told.tickets,
    nodeStates: told.nodes.map(nodeStateOf),
    quorate: told.quorate,
    coordinatorId: told.nodes.find(({ word }) => word === 'online')?.name ?? null,
    featureSet: '3.16.1',
    noQuorumPanic: false,
    hasWatchdog: false,
    nowS,
  };
}

/** All primitives, members and instances' templates too. */
export const primitivesOf = (resource: ResourceConfig): readonly PrimitiveConfig[] => {
  if (resource.kind === 'primitive') return [resource];
  if (resource.kind === 'group') return resource.members;
  if (resource.kind === 'clone') return primitivesOf(resource.child);
  return resource.child === null ? [] : [resource.child];
};
