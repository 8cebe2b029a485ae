/** Addresses outside of the cluster, on link 0's network. */
import type { Host } from './host.ts';

/** Answers when all have answered, else when a loss timeout is over. */
export function ping(host: Host, addresses: readonly string[]): void {
  const { world, life } = host;
  const sentAtMs = host.nowMs();
  const reached = addresses.filter((address) => world.network.reachesTarget(host.id, address));
  const all = reached.length === addresses.length;
  const afterMs = all ? host.chance.between(1, 4) : world.cluster.heartbeat.deadMs;
  world.agenda.after(afterMs, () => host.deliverTo(life, { kind: 'pinged', sentAtMs, reached }));
}
