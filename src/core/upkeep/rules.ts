/** What changes in a document together with the cluster file in it. */
import type { DocChange } from '../document/index.ts';
import type { Cluster } from '../model.ts';
import type { Admin, Doc } from '../ports.ts';
import type { Votes } from '../quorum/votes.ts';
import { isSameWatchdog, watchdogOf } from '../watchdog/feed.ts';

/** The document with another file in force. */
export function inForce(doc: Doc, { source, cluster }: NonNullable<Doc['next']>, voters: Votes): DocChange {
  const admin = trimmed(doc.admin, doc.cluster, cluster);
  const isSame = rulesOf(doc.cluster) === rulesOf(cluster);
  const because = 'it may not know the cluster file that is in force now';
  return { source, cluster, admin: isSame ? admin : withRulesChanged(admin, cluster, because), voters, next: null };
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
