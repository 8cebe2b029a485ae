/** The situation out of the working tables: indices for references, and nothing that can change. */

import type { HistoryOperation } from '../input.ts';
import { readSets } from '../rule/index.ts';
import { scoreOf, wholeOf } from '../rule/text.ts';
import type { Ban, Failures, Node, NodeIndex, Resource, ResourceIndex, Situation, Ticket } from '../situation.ts';
import { addScores, infinity, type Role, rankOf } from '../values.ts';
import { failuresOf, failuresWithFillers, hasFailures } from './failcount.ts';
import { compareNodeNames } from './nodeOrder.ts';
import { isGuest, type WorkBan, type WorkNode, type WorkResource, type World } from './world.ts';

interface Indices {
  readonly nodes: ReadonlyMap<WorkNode, NodeIndex>;
  readonly resources: ReadonlyMap<WorkResource, ResourceIndex>;
}

export function freeze(world: World): Situation {
  const workNodes = world.nodes.toSorted((a, b) => compareNodeNames(a.name, b.name));
  const workResources = inOrder(world.top);
  const indices: Indices = {
    nodes: new Map(workNodes.map((node, index) => [node, index])),
    resources: new Map(workResources.map((resource, index) => [resource, index])),
  };
  const failing = workNodes.filter((node) => hasFailures(world, node));
  const resources = workResources.map((resource) => frozenResource(world, indices, failing, resource));
  return {
    input: world.input,
    options: world.options,
    nodes: workNodes.map((node) => frozenNode(world, indices, node)),
    nodeByName: new Map(workNodes.toReversed().map((node) => [node.name, indices.nodes.get(node)!])),
    resources,
    top: resources.filter((resource) => resource.parent === null).map((resource) => resource.index),
    resourceById: new Map(resources.toReversed().map((resource) => [resource.id, resource.index])),
    tickets: new Map(world.input.ticketStates.map((ticket): [string, Ticket] => [ticket.id, ticket])),
    bans: world.bans.map((each) => frozenBan(indices, each)),
    pins: world.pins.map((each) => frozenBan(indices, each)),
    fences: world.fences.map(({ node, because }) => ({ node: indices.nodes.get(node)!, because })),
    notes: world.notes,
  };
}

/** Parents before their children, orphaned instances after the others. */
const inOrder = (resources: readonly WorkResource[]): WorkResource[] =>
  resources.flatMap((resource) => [resource, ...inOrder(resource.children)]);

const frozenBan = (indices: Indices, { resource, node, because }: WorkBan): Ban => ({
  resource: indices.resources.get(resource)!,
  node: node === null ? null : indices.nodes.get(node)!,
  because,
});

function frozenNode(world: World, indices: Indices, node: WorkNode): Node {
  const { connection } = node;
  const container = connection?.container ?? null;
  return {
    index: indices.nodes.get(node)!,
    id: node.id,
    name: node.name,
    kind: isGuest(node) ? 'guest' : node.type,
    connection: connection === null ? null : indices.resources.get(connection)!,
    container: container === null ? null : indices.resources.get(container)!,
    isInBundle: node.isInBundle,
    needsRemoteReset: node.needsRemoteReset,
    online: node.online,
    pending: node.pending,
    unclean: node.unclean,
    unseen: node.unseen,
    standby: node.standby,
    standbyOnFail: node.standbyOnFail,
    maintenance: node.maintenance,
    shuttingDown: node.shuttingDown,
    expectedUp: node.expectedUp,
    isCoordinator: node.isCoordinator,
    discovers: node.discovers,
    unfenced: (wholeOf(node.attributes.get('#node-unfenced')) ?? 0) > 0,
    health: healthOf(world, node),
    score: node.score,
    worth: isLost(node) ? -infinity : node.score,
    attributes: node.attributes,
    utilization: amounts(node.utilization),
    priority: node.priority,
  };
}

const isLost = ({ type, unseen, online, shuttingDown }: WorkNode): boolean =>
  type !== 'remote' && !unseen && (!online || shuttingDown);

/** Sum over the attributes that begin with `#health`; what runs there counts it as a location preference. */
function healthOf({ options }: World, node: WorkNode): number {
  const { nodeHealthStrategy, nodeHealthBase, nodeHealthScores } = options;
  if (nodeHealthStrategy === 'none') return 0;
  let health = nodeHealthStrategy === 'progressive' ? nodeHealthBase : 0;
  for (const [name, value] of node.attributes)
    if (name.startsWith('#health')) health = addScores(health, scoreOf(value, nodeHealthScores));
  return health;
}

const amounts = (texts: ReadonlyMap<string, string>): ReadonlyMap<string, number> =>
  new Map([...texts].map(([name, value]) => [name, wholeOf(value) ?? 0]));

function frozenResource(
  world: World,
  indices: Indices,
  failing: readonly WorkNode[],
  resource: WorkResource,
): Resource {
  const nodesOf = (nodes: Iterable<WorkNode>): NodeIndex[] => [...nodes].map((node) => indices.nodes.get(node)!);
  const indexOf = (other: WorkResource | null): ResourceIndex | null =>
    other === null ? null : indices.resources.get(other)!;
  const { config, partialMigration, pendingNode, lock } = resource;
  const role = highestRole(resource);
  return {
    index: indices.resources.get(resource)!,
    id: resource.id,
    baseId: resource.baseId,
    historyId: resource.isUnique ? resource.id : resource.baseId,
    kind: resource.kind,
    config: resource.orphan && resource.parent === null ? null : config,
    agent: resource.agent,
    parent: indexOf(resource.parent),
    children: resource.children.map((child) => indices.resources.get(child)!),
    instance: resource.instance,
    replicas: resource.replicas.map((replica) => ({
      offset: replica.offset,
      container: indices.resources.get(replica.container)!,
      ip: indexOf(replica.ip),
      remote: indexOf(replica.remote),
      child: indexOf(replica.child),
      node: replica.node === null ? null : indices.nodes.get(replica.node)!,
    })),
    orphan: resource.orphan,
    meta: {
      ...resource.meta,
      allowMigrate: resource.mayMigrate,
      failureTimeoutMs: resource.failureTimeoutS * 1000,
    },
    rawMeta: resource.rawMeta,
    parameterSets: config === null || config.kind === 'bundle' ? [] : config.parameters,
    utilization:
      config?.kind === 'primitive'
        ? amounts(readSets(config.utilization, { nowS: world.input.nowS }))
        : new Map<string, number>(),
    managed: resource.managed,
    blocked: resource.blocked,
    failed: resource.failed,
    stopsToRecover: resource.stopsToRecover,
    mustStopOn: nodesOf(resource.mustStopOn),
    mayStopOn: nodesOf(resource.mayStopOn),
    mustDemoteOn: nodesOf(resource.mustDemoteOn),
    startPending: resource.startPending,
    unlockedOn: nodesOf(resource.unlockedOn),
    failureIgnored: resource.failureIgnored,
    role,
    runningOn: nodesOf(resource.runningOn),
    roleOn: resource.runningOn.map(() => role),
    knownOn: nodesOf(resource.knownOn),
    forcedRole: resource.nextRole,
    alias: resource.alias,
    historyIds: [...resource.historyIds].filter((id) => id !== (resource.isUnique ? resource.id : resource.baseId)),
    partialMigration:
      partialMigration === null
        ? null
        : {
            source: indices.nodes.get(partialMigration.source)!,
            target: indices.nodes.get(partialMigration.target)!,
          },
    danglingMigrations: nodesOf(resource.danglingMigrations),
    pending:
      pendingNode === null ? new Map() : new Map([[indices.nodes.get(pendingNode)!, doingOf(resource.pendingTask)]]),
    history: frozenHistory(indices, resource),
    failures: failing.flatMap((node) => frozenFailures(world, indices, resource, node)),
    lock: lock === null ? null : { node: indices.nodes.get(lock.node)!, sinceS: lock.sinceS },
    container: indexOf(resource.container),
    fillers: resource.fillers.map((filler) => indices.resources.get(filler)!),
    connects: resource.connects === null ? null : indices.nodes.get(resource.connects)!,
    isFenceDevice: resource.isFenceDevice,
  };
}

function frozenHistory(indices: Indices, { history }: WorkResource): Resource['history'] {
  const frozen = new Map<NodeIndex, readonly HistoryOperation[]>();
  for (const [node, list] of history) frozen.set(indices.nodes.get(node)!, list);
  return frozen;
}

const doing: Readonly<Record<string, string>> = {
  start: 'starting',
  stop: 'stopping',
  migrate_to: 'migrating',
  migrate_from: 'migrating',
  promote: 'promoting',
  demote: 'demoting',
  monitor: 'monitoring',
};

const doingOf = (task: string | null): string => doing[task ?? ''] ?? task ?? '';

function frozenFailures(world: World, indices: Indices, resource: WorkResource, node: WorkNode): readonly Failures[] {
  if (resource.kind !== 'primitive') return [];
  const { count, lastS } = failuresWithFillers(world, resource, node);
  if (count === 0 && failuresOf(world, resource, node).count === 0) return [];
  return [{ node: indices.nodes.get(node)!, count, lastS, expired: resource.failuresExpired.has(node) }];
}

/** Of collections, over all that they consist of. */
function highestRole(resource: WorkResource): Role {
  if (resource.children.length === 0) return resource.role;
  let highest: Role = 'unknown';
  for (const child of resource.children) {
    const role = highestRole(child);
    if (rankOf(role) > rankOf(highest)) highest = role;
  }
  return highest;
}
