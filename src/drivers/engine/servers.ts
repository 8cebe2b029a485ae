/** What both balancers say of their servers in `details`: what the engine knows, and where the cluster file says they are. */
import type { BalanceResource, NodeId } from '../../core/model.ts';

interface Place {
  readonly node: NodeId | null;
  readonly address: string | null;
  readonly port: number | null;
}

/** A server that the file no longer names keeps its state, without a place. */
export function withPlaces<T extends { readonly id: string }>(
  resource: BalanceResource,
  servers: readonly T[],
): (T & Place)[] {
  const known = new Map(resource.servers.map((server) => [server.id, server]));
  return servers.map((server) => {
    const { node = null, address = null, port = null } = known.get(server.id) ?? {};
    return { ...server, node, address, port };
  });
}
