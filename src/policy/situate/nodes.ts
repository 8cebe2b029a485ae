/** Nodes and their attributes, and from what the membership says of them whether they are up, down, or in doubt. */
import type { AttributeSet, NodeConfig, NodeState } from '../input.ts';
import { readSets } from '../rule/index.ts';
import { isTrue } from '../rule/text.ts';
import { leftCluster } from '../situation.ts';
import { fence } from './fence.ts';
import { addNode, isGuest, isRemote, type WorkNode, type World } from './world.ts';

export function makeNode(world: World, config: Pick<NodeConfig, 'id' | 'name' | 'type' | 'score'>): WorkNode {
  return addNode(world, {
    id: config.id,
    name: config.name,
    type: config.type,
    score: config.score,
    isInBundle: false,
    attributes: new Map([['#kind', config.type === 'remote' ? 'remote' : 'cluster']]),
    utilization: new Map(),
    connection: null,
    online: false,
    pending: false,
    unclean: false,
    unseen: false,
    standby: false,
    standbyOnFail: false,
    maintenance: false,
    shuttingDown: false,
    expectedUp: false,
    isCoordinator: false,
    discovers: true,
    needsRemoteReset: false,
    wasFenced: false,
    priority: 0,
    historyRead: false,
    failures: null,
  });
}

export function makeConfiguredNode(world: World, config: NodeConfig): void {
  const node = makeNode(world, config);
  // What is left of a remote node whose connection was removed is nobody's to fence.
  if (node.type !== 'remote') doubt(world, node);
  addAttributes(world, node, config.attributes, false);
  readSets(config.utilization, { nowS: world.input.nowS }, node.utilization);
}

/** Until its status is seen, a node may run anything. */
export function doubt(world: World, node: WorkNode): void {
  node.unclean = world.options.startupFencing;
  node.unseen = true;
}

export function addAttributes(world: World, node: WorkNode, sets: readonly AttributeSet[], overwrites: boolean): void {
  const { attributes } = node;
  const clusterName = world.settings.get('cluster-name');
  node.isCoordinator = world.input.coordinatorId?.toLowerCase() === node.id.toLowerCase();
  attributes.set('#uname', node.name);
  attributes.set('#id', node.id);
  attributes.set('#is_dc', String(node.isCoordinator));
  if (clusterName !== undefined) attributes.set('#cluster-name', clusterName);
  readSets(sets, { nowS: world.input.nowS }, attributes, overwrites);
  node.failures = null;
  const site = attributes.get('site-name') ?? clusterName;
  if (!attributes.has('#site-name') && site !== undefined) attributes.set('#site-name', site);
}

/** What lacks a name or an id says nothing. */
export const stateNode = (world: World, state: NodeState): WorkNode | null =>
  state.id === '' || state.name === ''
    ? null
    : (world.nodeById.get(state.id.toLowerCase()) ?? world.nodeByName.get(state.name.toLowerCase()) ?? null);

/** Cluster nodes only: whether remote nodes are up shows in the history of their connections. */
export function readNodeState(world: World, state: NodeState): void {
  const node = stateNode(world, state);
  if (node === null) {
    world.notes.push(`the status has a node ${state.name} that is not configured any more`);
    return;
  }
  if (node.type === 'remote') {
    node.wasFenced = Number(state.fencedRemote ?? 0) > 0;
    return;
  }
  addAttributes(world, node, state.transient, true);
  if (isTrue(node.attributes.get('standby'))) node.standby = true;
  if (isTrue(node.attributes.get('maintenance'))) node.maintenance = true;
  node.unclean = false;
  node.unseen = false;
  readMembership(world, node, state);
  const { quorate, noQuorum } = world.options;
  if (!quorate && node.online && noQuorum === 'suicide') fence(world, node, 'the cluster does not have quorum');
}

function readMembership(world: World, node: WorkNode, state: NodeState): void {
  node.shuttingDown = wantsShutdown(node);
  node.expectedUp = !node.shuttingDown && state.expected?.toLowerCase() === 'member';
  if (node.type === 'ping') node.online = false;
  else if (world.options.fencingEnabled) node.online = isOnline(world, node, state);
  else node.online = isOnlineUnfenced(world, node, state);
}

function wantsShutdown(node: WorkNode): boolean {
  const shutdown = node.attributes.get('shutdown');
  return shutdown !== undefined && shutdown !== '0';
}

const isPeer = (state: NodeState): boolean => state.peer?.toLowerCase() === 'online';

function isOnlineUnfenced(world: World, node: WorkNode, state: NodeState): boolean {
  if (!isTrue(state.inMembership)) return false;
  if (isPeer(state)) return state.join?.toLowerCase() === 'member';
  if (node.expectedUp) fence(world, node, 'its cluster daemon is unexpectedly down');
  return false;
}

function isOnline(world: World, node: WorkNode, state: NodeState): boolean {
  // A node that is leaving is as good as gone once its daemon is.
  if (node.shuttingDown) return isPeer(state);
  const isMember = isTrue(state.inMembership);
  const because = reasonToFence(state, isMember, mustTerminate(node));
  if (because !== null) fence(world, node, because);
  else if (isComingUp(state, isMember, mustTerminate(node))) {
    node.standby = true;
    node.pending = true;
  }
  return isMember;
}

/** `terminate` is a word for true, or the time at which it was asked for. */
function mustTerminate(node: WorkNode): boolean {
  const terminate = node.attributes.get('terminate');
  return isTrue(terminate) || /^[1-9]/.test(terminate ?? '');
}

function reasonToFence(state: NodeState, isMember: boolean, terminate: boolean): string | null {
  const join = state.join?.toLowerCase() ?? null;
  const isExpected = (state.expected?.toLowerCase() ?? 'down') !== 'down';
  if (state.inMembership === null) return 'it has not been seen by the cluster';
  if (join === 'banned') return 'it failed the membership criteria';
  if (!terminate && !isExpected) return null;
  if (terminate && join === 'down' && !isMember && !isPeer(state)) return null;
  if (!isMember) return leftCluster;
  if (!isPeer(state)) return 'its cluster daemon is no longer available';
  if (terminate) return 'termination was requested';
  return join === 'member' || join === 'pending' || join === 'down' ? null : 'it was in an unknown state';
}

/** In the membership or with a daemon, but not ready to run anything. */
function isComingUp(state: NodeState, isMember: boolean, terminate: boolean): boolean {
  const isExpected = (state.expected?.toLowerCase() ?? 'down') !== 'down';
  if (!terminate && !isExpected) return isMember || isPeer(state);
  const join = state.join?.toLowerCase();
  return isMember && isPeer(state) && !terminate && (join === 'pending' || join === 'down');
}

/** After its connection's history is known. A failed connection, or a failed machine around it, is worth more than «started». */
export function readRemoteOnline(node: WorkNode): void {
  const { connection } = node;
  if (connection === null) {
    node.online = false;
    return;
  }
  const { container } = connection;
  if (connection.role === 'started') node.online = true;
  if (connection.role === 'started' && connection.nextRole === 'stopped') node.shuttingDown = true;
  const host = container !== null && connection.runningOn.length === 1 ? connection.runningOn[0]! : null;
  if (container?.failed === true) {
    node.online = false;
    node.needsRemoteReset = true;
  } else if (connection.failed) node.online = false;
  else if (connection.role === 'stopped' || container?.role === 'stopped') {
    node.online = false;
    node.needsRemoteReset = false;
  } else if (host !== null && !host.online && host.unclean) {
    node.online = false;
    node.needsRemoteReset = true;
  }
}

/** What the status says of a remote or guest node itself, read just before its history. */
export function readRemoteState(world: World, node: WorkNode, state: NodeState): void {
  if (!node.needsRemoteReset) {
    node.unclean = false;
    node.unseen = false;
  }
  addAttributes(world, node, state.transient, true);
  if (wantsShutdown(node)) node.shuttingDown = true;
  if (isTrue(node.attributes.get('standby'))) node.standby = true;
  const isConnectionUnmanaged = node.connection !== null && !node.connection.managed;
  if (isTrue(node.attributes.get('maintenance')) || isConnectionUnmanaged) node.maintenance = true;
  const discovery = node.attributes.get('resource-discovery-enabled');
  const mayDisable = isGuest(node) || (isRemote(node) && world.options.fencingEnabled);
  if (discovery !== undefined && !isTrue(discovery) && mayDisable) node.discovers = false;
}
