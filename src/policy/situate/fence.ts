/** Which nodes need fencing, and whether that could be done. */
import { isGuest, type WorkNode, type World } from './world.ts';

/**
 * Cluster nodes become unclean. A remote node is reset; a guest is fenced by restarting the machine that it runs in, and stays
 * clean, so that it can be used in the same run if that succeeds.
 */
export function fence(world: World, node: WorkNode, because: string): void {
  const connection = node.connection;
  const container = connection?.container ?? null;
  if (node.type !== 'remote') {
    if (!node.unclean) world.fences.push({ node, because });
    node.unclean = true;
  } else if (container !== null) {
    if (container.failed || !container.managed) return;
    node.needsRemoteReset = true;
    container.failed = true;
    container.stopsToRecover = true;
  } else if (connection?.isOrphanFiller === true) {
    connection.failed = true;
    connection.stopsToRecover = true;
  } else {
    if (connection === null || connection.managed) node.needsRemoteReset = true;
    node.unclean = true;
    world.fences.push({ node, because });
  }
}

/** Without quorum only nodes that are still in our membership, unless the policy is to ignore that. */
export function canFence(world: World, node: WorkNode): boolean {
  const { options } = world;
  if (isGuest(node)) {
    const hosts = node.connection?.container?.runningOn ?? [];
    return hosts.every((host) => host.online || canFence(world, host));
  }
  if (!options.fencingEnabled || !options.hasFenceDevice) return false;
  return options.quorate || options.noQuorum === 'ignore' || node.online;
}
