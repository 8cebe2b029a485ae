/**
 * What the pass works on: nodes and resources that change while the history is read. Nothing outside this folder sees them;
 * `freeze` makes the situation of them.
 */
import type { AgentName, HistoryOperation, Input, ResourceConfig, ResourceHistory } from '../input.ts';
import type { Meta, Options } from '../situation.ts';
import type { Role } from '../values.ts';

export interface World {
  readonly input: Input;
  /** A fence device that is found on the way changes it. */
  options: Options;
  /** All cluster options by name, also those that `options` does not have. */
  readonly settings: ReadonlyMap<string, string>;
  readonly nodes: WorkNode[];
  /** By name and by id, both in lower case. */
  readonly nodeByName: Map<string, WorkNode>;
  readonly nodeById: Map<string, WorkNode>;
  readonly resources: WorkResource[];
  readonly top: WorkResource[];
  readonly resourceById: Map<string, WorkResource>;
  /** What the history knows and the configuration does not, by its name in the history. */
  readonly orphans: Map<string, WorkResource>;
  readonly bans: WorkBan[];
  readonly pins: WorkBan[];
  readonly fences: { readonly node: WorkNode; readonly because: string }[];
  readonly notes: string[];
  /** Containers that must be stopped once it is known where they run: something inside them failed. */
  readonly containersToStop: WorkResource[];
  /** By name of the node, then by id in the history. */
  readonly histories: ReadonlyMap<string, ReadonlyMap<string, ResourceHistory>>;
}

export interface WorkBan {
  readonly resource: WorkResource;
  readonly node: WorkNode | null;
  readonly because: string;
}

export interface WorkNode {
  readonly id: string;
  readonly name: string;
  readonly type: 'member' | 'ping' | 'remote';
  score: number;
  /** The inside of a bundle's container. */
  isInBundle: boolean;
  readonly attributes: Map<string, string>;
  readonly utilization: Map<string, string>;
  connection: WorkResource | null;
  online: boolean;
  pending: boolean;
  unclean: boolean;
  unseen: boolean;
  standby: boolean;
  standbyOnFail: boolean;
  maintenance: boolean;
  shuttingDown: boolean;
  expectedUp: boolean;
  isCoordinator: boolean;
  discovers: boolean;
  needsRemoteReset: boolean;
  /** A remote node that was fenced since its connection failed. */
  wasFenced: boolean;
  priority: number;
  historyRead: boolean;
  /** By the name that failures go by, what the attributes of the node say of them; null: not looked at yet. */
  failures: ReadonlyMap<string, FailureRecord> | null;
}

export interface FailureRecord {
  readonly count: number;
  readonly lastS: number;
}

export interface WorkResource {
  readonly id: string;
  readonly baseId: string;
  readonly config: ResourceConfig | null;
  readonly kind: ResourceConfig['kind'];
  readonly agent: AgentName | null;
  readonly parent: WorkResource | null;
  readonly children: WorkResource[];
  readonly instance: number | null;
  readonly rawMeta: Map<string, string>;
  orphan: boolean;
  /** Values as configured; flags that the history can change are fields of their own. */
  meta: Meta;
  needsFencing: boolean;
  isUnique: boolean;
  readonly isPromotable: boolean;
  managed: boolean;
  readonly inMaintenance: boolean;
  blocked: boolean;
  failed: boolean;
  stopsToRecover: boolean;
  failureIgnored: boolean;
  startPending: boolean;
  mayMigrate: boolean;
  role: Role;
  /** Null: whatever the placement makes of it. */
  nextRole: Role | null;
  readonly runningOn: WorkNode[];
  readonly knownOn: Set<WorkNode>;
  readonly mustStopOn: Set<WorkNode>;
  readonly mayStopOn: Set<WorkNode>;
  readonly mustDemoteOn: Set<WorkNode>;
  readonly unlockedOn: WorkNode[];
  pendingTask: string | null;
  pendingNode: WorkNode | null;
  /** The name in the history that was last matched to it, if it has another one. */
  alias: string | null;
  readonly historyIds: Set<string>;
  readonly history: Map<WorkNode, HistoryOperation[]>;
  partialMigration: { readonly source: WorkNode; readonly target: WorkNode } | null;
  readonly danglingMigrations: WorkNode[];
  /** In seconds; 0: failures do not expire. */
  failureTimeoutS: number;
  readonly failuresExpired: Set<WorkNode>;
  lock: { readonly node: WorkNode; readonly sinceS: number } | null;
  container: WorkResource | null;
  readonly fillers: WorkResource[];
  /** It fills a container, but was removed from the configuration. */
  isOrphanFiller: boolean;
  connects: WorkNode | null;
  readonly isConnection: boolean;
  readonly reconnectMs: number;
  readonly isFenceDevice: boolean;
  /** Of bundles. */
  readonly replicas: WorkReplica[];
  /** Of clones: instances made so far. */
  instances: number;
}

export interface WorkReplica {
  readonly offset: number;
  readonly container: WorkResource;
  readonly ip: WorkResource | null;
  readonly remote: WorkResource | null;
  readonly child: WorkResource | null;
  readonly node: WorkNode | null;
}

export const nodeNamed = (world: World, name: string | null): WorkNode | null =>
  name === null ? null : (world.nodeByName.get(name.toLowerCase()) ?? null);

export function addNode(world: World, node: WorkNode): WorkNode {
  world.nodes.push(node);
  // Of two nodes with one name, the first is meant.
  if (!world.nodeByName.has(node.name.toLowerCase())) world.nodeByName.set(node.name.toLowerCase(), node);
  if (!world.nodeById.has(node.id.toLowerCase())) world.nodeById.set(node.id.toLowerCase(), node);
  return node;
}

/** The outermost resource around it; a bundle does not count. */
export function topOf(resource: WorkResource): WorkResource {
  let top = resource;
  while (top.parent !== null && top.parent.kind !== 'bundle') top = top.parent;
  return top;
}

export const isInBundle = (resource: WorkResource): boolean => {
  for (let at: WorkResource | null = resource; at !== null; at = at.parent) if (at.kind === 'bundle') return true;
  return false;
};

/** What a hard failure is held against: for anonymous instances their clone, so that no other instance takes over. */
export const blamedFor = (resource: WorkResource): WorkResource => (resource.isUnique ? resource : topOf(resource));

export const isGuest = (node: WorkNode): boolean =>
  node.type === 'remote' && (node.connection?.container ?? null) !== null;

export const isRemote = (node: WorkNode): boolean => node.type === 'remote' && !isGuest(node);

export function ban(world: World, resource: WorkResource, node: WorkNode | null, because: string): void {
  world.bans.push({ resource, node, because });
}
