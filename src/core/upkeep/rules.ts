/** What changes in a document together with the cluster file in it. */

import { sortedUnique } from '../../lib/compare.ts';
import type { DocChange } from '../document/index.ts';
import { type Cluster, guardsPromotion, isGuarded, type NodeId } from '../model.ts';
import type { Admin, Doc, Stray } from '../ports.ts';
import type { Votes } from '../quorum/votes.ts';
import { isSameWatchdog, watchdogOf } from '../watchdog/feed.ts';

/** The document with another file in force. */
export function inForce(doc: Doc, { source, cluster }: NonNullable<Doc['next']>, voters: Votes): DocChange {
  const admin = withLeftBehind(trimmed(doc.admin, doc.cluster, cluster), doc.cluster, cluster);
  const isSame = rulesOf(doc.cluster) === rulesOf(cluster);
  const because = 'it may not know the cluster file that is in force now';
  return { source, cluster, admin: isSame ? admin : withRulesChanged(admin, cluster, because), voters, next: null };
}

/** Nodes that may still run what the new file no longer names for them: whoever starts it elsewhere has to wait for them too. */
function withLeftBehind(admin: Admin, before: Cluster, cluster: Cluster): Admin {
  const guarded = before.services.filter((service) => isGuarded(service) || guardsPromotion(service));
  const stray: Record<NodeId, Stray> = { ...admin.stray };
  for (const { id: node } of cluster.nodes) {
    const ran = [...guarded.filter(({ on }) => on.includes(node)).map(({ id }) => id), ...(stray[node]?.mayRun ?? [])];
    const mayRun = sortedUnique(ran).filter(
      (id) => !cluster.services.some((each) => each.id === id && each.on.includes(node)),
    );
    // Also one that is off: where several sides may act it comes back with the file that it knows, and acts by that.
    if (mayRun.length === 0) continue;
    stray[node] = {
      because: stray[node]?.because ?? 'it may still run what the cluster file no longer names for it',
      mayRun,
    };
  }
  return { ...admin, stray };
}

/** Wishes with which a rule changes on which it rests that lost nodes stop by themselves: whoever has not heard of it is a stray. */
export function withRulesChanged(admin: Admin, cluster: Cluster, because: string): Admin {
  const stray = Object.fromEntries(cluster.nodes.map(({ id }) => [id, admin.stray[id] ?? { because }]));
  return { ...admin, stray };
}

/** What is relied on when a lost node is taken for stopped without having been switched off. */
export const rulesOf = ({ heartbeat, quorum, nodes, services }: Cluster): string =>
  JSON.stringify([
    heartbeat.deadMs,
    heartbeat.intervalMs,
    quorum.noQuorum,
    quorum.tie,
    nodes.map(({ id, watchdog, votes }) => [id, watchdog, votes]),
    services.map(({ id, takeover, stopTimeoutMs, needs, clone }) => [id, takeover, stopTimeoutMs, needs, clone]),
  ]);

/** Wishes about nodes and services that the new file no longer has go with them. A watchdog that changes is relied on when it was seen armed anew. */
function trimmed(admin: Admin, before: Cluster, cluster: Cluster): Admin {
  const nodes = new Set(cluster.nodes.map((node) => node.id));
  const services = new Set(cluster.services.map((service) => service.id));
  return {
    standby: keep(admin.standby, nodes),
    stopped: keep(admin.stopped, services),
    moves: keep(admin.moves, services),
    off: keep(admin.off, nodes),
    disarmed: admin.disarmed,
    maintenance: { nodes: keep(admin.maintenance.nodes, nodes), services: keep(admin.maintenance.services, services) },
    stray: keep(admin.stray, nodes),
    watched: admin.watched.filter(
      (node) => nodes.has(node) && isSameWatchdog(watchdogOf(before, node), watchdogOf(cluster, node)),
    ),
  };
}

function keep<T>(table: Readonly<Record<string, T>>, keys: ReadonlySet<string>): Record<string, T> {
  return Object.fromEntries(Object.entries(table).filter(([key]) => keys.has(key)));
}
