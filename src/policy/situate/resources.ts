/** Resources as configured: groups with their members, clones with their instances, connections to guest nodes. */
import type {
  AgentName,
  AttributeSet,
  CloneConfig,
  GroupConfig,
  OperationConfig,
  PrimitiveConfig,
  ResourceConfig,
} from '../input.ts';
import { readSets } from '../rule/index.ts';
import { booleanOf, intervalMsOf, isTrue } from '../rule/text.ts';
import type { Meta } from '../situation.ts';
import { makeBundle } from './bundle.ts';
import { metaOf, readMeta } from './meta.ts';
import { doubt, makeNode } from './nodes.ts';
import { nodeNamed, topOf, type WorkNode, type WorkResource, type World } from './world.ts';

export interface Place {
  readonly parent: WorkResource | null;
  readonly instance: number | null;
}

/** Adds it and all that it consists of; null if it cannot be used as it is configured. */
export function makeResource(world: World, config: ResourceConfig, place: Place): WorkResource | null {
  switch (config.kind) {
    case 'primitive':
      return makePrimitive(world, config, place);
    case 'group':
      return makeGroup(world, config, place);
    case 'clone':
      return makeClone(world, config, place);
    case 'bundle':
      return makeBundle(world, config, place);
  }
}

function makePrimitive(world: World, config: PrimitiveConfig, place: Place): WorkResource | null {
  const resource = draft(world, config, place);
  const top = topOf(resource);
  if (top.isPromotable && config.agent.standard !== 'ocf') {
    world.notes.push(`${resource.id}: only ocf agents can be promoted`);
    return null;
  }
  // Only some agents can tell their instances apart.
  if (top.kind === 'clone' && resource.isUnique && !/^(ocf|stonith)$/.test(config.agent.standard))
    makeAnonymous(world, resource);
  return add(world, resource);
}

function makeAnonymous(world: World, resource: WorkResource): void {
  const top = topOf(resource);
  top.meta = { ...top.meta, cloneNodeMax: 1, cloneMax: Math.min(top.meta.cloneMax, world.nodes.length) };
  for (const each of [resource, top, ...descendants(top)]) {
    each.isUnique = false;
    each.meta = { ...each.meta, isUnique: false };
  }
}

export const descendants = (resource: WorkResource): WorkResource[] =>
  resource.children.flatMap((child) => [child, ...descendants(child)]);

function makeGroup(world: World, config: GroupConfig, place: Place): WorkResource {
  const group = add(world, draft(world, config, place));
  for (const member of config.members) {
    const made = makePrimitive(world, member, { parent: group, instance: place.instance });
    if (made !== null) group.children.push(made);
  }
  return group;
}

function makeClone(world: World, config: CloneConfig, place: Place): WorkResource | null {
  const clone = draft(world, config, place);
  const { child } = config;
  if (clone.isPromotable && child.kind === 'primitive' && child.agent.standard !== 'ocf') {
    world.notes.push(`${clone.id}: only ocf agents can be promoted`);
    return null;
  }
  // Instances stick a little by default: they should not be shuffled for nothing.
  if (!clone.rawMeta.has('resource-stickiness')) clone.rawMeta.set('resource-stickiness', '1');
  if (!clone.rawMeta.has('globally-unique')) clone.rawMeta.set('globally-unique', String(clone.isUnique));
  add(world, clone);
  // Without any instance, history could not be told to be the clone's: then there is one that is an orphan.
  do makeInstance(world, clone);
  while (clone.instances < clone.meta.cloneMax);
  return clone;
}

/** One more than there are; an orphan if there are as many as there may be. */
export function makeInstance(world: World, clone: WorkResource): WorkResource | null {
  const config = clone.config as CloneConfig;
  const isOrphan = clone.instances >= clone.meta.cloneMax;
  const instance = makeResource(world, config.child, { parent: clone, instance: clone.instances });
  clone.instances += 1;
  if (instance === null) return null;
  clone.children.push(instance);
  if (isOrphan) for (const each of [instance, ...descendants(instance)]) each.orphan = true;
  return instance;
}

/** Not in any list yet. */
export function draft(world: World, config: ResourceConfig, { parent, instance }: Place): WorkResource {
  const agent = config.kind === 'primitive' ? config.agent : null;
  const rawMeta = readMeta(world, config.meta, agent, parent);
  const top = parent === null ? null : topOf(parent);
  const isInClone = config.kind === 'clone' || top?.kind === 'clone';
  const isUnique = !isInClone || isTrue(rawMeta.get('globally-unique'));
  const isPromotable = isInClone && isTrue(rawMeta.get('promotable'));
  const isConnection = isRemoteAgent(agent);
  const isRemoteNode = isConnection && !rawMeta.has('container');
  const isFenceDevice = agent?.standard === 'stonith';
  const requires = requiresOf(world, rawMeta.get('requires'), isFenceDevice, isConnection);
  const meta = metaOf(rawMeta, {
    nodeCount: world.nodes.length,
    kind: config.kind,
    isInClone,
    isPromotable: (top?.isPromotable ?? false) || isPromotable,
    isUnique,
    isRemoteNode,
    requires,
  });
  if (isFenceDevice) world.options = { ...world.options, hasFenceDevice: true };
  const reconnectMs = isRemoteNode ? intervalMsOf(parameter(world, config, 'reconnect_interval')) : 0;
  const inMaintenance = world.options.maintenance || meta.maintenance;
  return {
    id: instance === null ? config.id : `${config.id}:${instance}`,
    baseId: config.id,
    config,
    kind: config.kind,
    agent,
    parent,
    children: [],
    instance,
    rawMeta,
    orphan: false,
    meta,
    needsFencing: requires === 'fencing' || requires === 'unfencing',
    isUnique,
    isPromotable,
    managed: !inMaintenance && isManaged(rawMeta.get('is-managed')),
    inMaintenance,
    ...untouched(),
    mayMigrate: meta.allowMigrate,
    nextRole: meta.targetRole,
    failureTimeoutS: Math.floor((isRemoteNode && reconnectMs > 0 ? reconnectMs : meta.failureTimeoutMs) / 1000),
    isConnection,
    reconnectMs,
    isFenceDevice,
  };
}

/** What only the history fills. */
const untouched = () => ({
  blocked: false,
  failed: false,
  stopsToRecover: false,
  failureIgnored: false,
  startPending: false,
  role: 'stopped' as const,
  runningOn: [],
  knownOn: new Set<WorkNode>(),
  mustStopOn: new Set<WorkNode>(),
  mayStopOn: new Set<WorkNode>(),
  mustDemoteOn: new Set<WorkNode>(),
  unlockedOn: [],
  pendingTask: null,
  pendingNode: null,
  alias: null,
  historyIds: new Set<string>(),
  history: new Map(),
  partialMigration: null,
  danglingMigrations: [],
  failuresExpired: new Set<WorkNode>(),
  lock: null,
  container: null,
  fillers: [],
  isOrphanFiller: false,
  connects: null,
  replicas: [],
  instances: 0,
});

export function add(world: World, resource: WorkResource): WorkResource {
  world.resources.push(resource);
  if (resource.parent === null) world.top.push(resource);
  if (!world.resourceById.has(resource.id)) world.resourceById.set(resource.id, resource);
  return resource;
}

const isManaged = (text: string | undefined): boolean =>
  text === undefined || text.toLowerCase() === 'default' || booleanOf(text) === true;

export const isRemoteAgent = (agent: AgentName | null): boolean =>
  agent?.standard === 'ocf' && agent.provider === 'pacemaker' && agent.type === 'remote';

const parameter = (world: World, config: ResourceConfig, name: string): string | undefined =>
  config.kind === 'bundle' ? undefined : readSets(config.parameters, { nowS: world.input.nowS }).get(name);

function requiresOf(
  world: World,
  text: string | undefined,
  isFenceDevice: boolean,
  isConnection: boolean,
): Meta['requires'] {
  const { options } = world;
  const value = text?.toLowerCase();
  if (value === 'nothing' || value === 'quorum' || value === 'fencing') return value;
  // Fence devices cannot need what only they can give.
  if (value === 'unfencing') return isFenceDevice || !options.fencingEnabled ? 'quorum' : 'unfencing';
  if (isFenceDevice || isConnection) return 'quorum';
  if (options.unfencing) return requiresOf(world, 'unfencing', isFenceDevice, isConnection);
  if (options.fencingEnabled) return 'fencing';
  return options.noQuorum === 'ignore' ? 'nothing' : 'quorum';
}

// ---------------------------------------------------------------- remote and guest nodes

/** Their nodes, before any resource is made; returns the connections to guests, which the configuration does not have itself. */
export function makeRemoteNodes(world: World): readonly PrimitiveConfig[] {
  const connections: PrimitiveConfig[] = [];
  for (const config of world.input.resources) {
    if (config.kind === 'primitive' && isRemoteAgent(config.agent)) remoteNode(world, config.id);
    else if (config.kind === 'primitive') addConnection(world, config, connections);
    else if (config.kind === 'group') for (const member of config.members) addConnection(world, member, connections);
  }
  return connections;
}

function remoteNode(world: World, name: string): void {
  if (nodeNamed(world, name) === null) makeNode(world, { id: name, name, type: 'remote', score: 0 });
}

function addConnection(world: World, host: PrimitiveConfig, connections: PrimitiveConfig[]): void {
  const name = rawValue(host, 'remote-node');
  if (name === null || connections.some((known) => known.id === name)) return;
  connections.push(guestConnection(host, name));
  remoteNode(world, name);
}

/** As written, whatever rules say: the node must be there before rules can be asked. The last one counts. */
function rawValue(config: PrimitiveConfig, name: string): string | null {
  let found: string | null = null;
  for (const set of config.meta) for (const [key, value] of set.values) if (key === name) found = value;
  return found;
}

function guestConnection(host: PrimitiveConfig, name: string): PrimitiveConfig {
  const meta: [string, string][] = [
    ['container', host.id],
    ['internal_rsc', 'true'],
  ];
  const migrate = rawValue(host, 'remote-allow-migrate');
  const managed = rawValue(host, 'is-managed');
  if (migrate !== null) meta.push(['allow-migrate', migrate]);
  if (managed !== null) meta.push(['is-managed', managed]);
  const parameters: [string, string][] = [];
  const address = rawValue(host, 'remote-addr');
  const port = rawValue(host, 'remote-port');
  if (address !== null) parameters.push(['addr', address]);
  if (port !== null) parameters.push(['port', port]);
  return connectionConfig(name, meta, parameters, rawValue(host, 'remote-connect-timeout') ?? '60s');
}

export function connectionConfig(
  id: string,
  meta: readonly (readonly [string, string])[],
  parameters: readonly (readonly [string, string])[],
  connectTimeout: string | null,
): PrimitiveConfig {
  const set = (name: string, values: AttributeSet['values']): readonly AttributeSet[] =>
    values.length === 0 ? [] : [{ id: `${id}-${name}`, score: null, rule: null, values }];
  return {
    kind: 'primitive',
    id,
    agent: { standard: 'ocf', provider: 'pacemaker', type: 'remote' },
    template: null,
    meta: set('meta_attributes', meta),
    parameters: set('instance_attributes', parameters),
    utilization: [],
    operations: [
      operation(id, 'monitor', '30s', '30s'),
      ...(connectTimeout === null ? [] : [operation(id, 'start', '0', connectTimeout)]),
    ],
  };
}

const operation = (resource: string, name: string, interval: string, timeout: string): OperationConfig => ({
  id: `${resource}-${name}-interval-${interval}`,
  name,
  attributes: new Map([
    ['interval', interval],
    ['timeout', timeout],
  ]),
  meta: [],
  parameters: [],
});

/** After all resources are there: what runs inside what, and which node a connection leads to. */
export function linkContainers(world: World): void {
  for (const resource of [...world.resources]) {
    if (resource.children.length === 0) linkContainer(world, resource);
  }
  for (const resource of world.top) linkConnection(world, resource);
}

function linkContainer(world: World, resource: WorkResource): void {
  const id = resource.rawMeta.get('container');
  if (id === undefined || id === resource.id) return;
  const container = world.resourceById.get(id);
  if (container === undefined) world.notes.push(`${resource.id}: its container ${id} is not configured`);
  else fill(container, resource);
}

export function fill(container: WorkResource, filler: WorkResource): void {
  filler.container = container;
  container.fillers.push(filler);
}

export function linkConnection(world: World, resource: WorkResource): void {
  const node = resource.isConnection ? nodeNamed(world, resource.id) : null;
  if (node === null) return;
  resource.connects = node;
  node.connection = resource;
  if (resource.container === null) doubt(world, node);
  else node.attributes.set('#kind', 'container');
}
