/** Which balancers have to take which servers out of service, or in again, because of nodes in standby? */
import { sortedUnique } from '../../lib/compare.ts';
import type { BalanceServer, NodeId } from '../model.ts';
import { type Admin, inMaintenance } from '../ports.ts';
import type { Step } from './change.ts';
import type { Copy } from './seen.ts';
import type { Settled } from './settle.ts';

export interface Tune extends Step {
  readonly drained: readonly string[];
  /**
   * drain: before anything is stopped on `nodes`; admit: after everything is started on `nodes`; fresh: the balancer itself
   * is started by this plan and starts with all servers.
   */
  readonly kind: 'drain' | 'admit' | 'fresh';
  /** Those behind the servers that it takes out or in. */
  readonly nodes: readonly NodeId[];
}

/** At most one of each kind for a copy, in this order. */
export function tunesOf(change: Settled, admin: Admin): readonly Tune[] {
  const { id: service, resource } = change.service;
  if (resource.kind !== 'balance') return [];
  const wanted = sortedUnique(
    resource.servers.filter(({ node }) => node !== null && Object.hasOwn(admin.standby, node)).map(({ id }) => id),
  );
  const staying = change.copies.filter(
    ({ node, state }) =>
      state === 'running' &&
      // One that nobody may touch goes on with the servers that it has, and nothing waits for it.
      !inMaintenance(admin, node, service) &&
      change.placement.nodes.includes(node) &&
      !change.stops.some((stop) => stop.node === node),
  );
  const fresh = wanted.length === 0 ? [] : change.starts.map(({ node }) => freshTune(node, wanted, resource.servers));
  return [...staying.flatMap((copy) => tunesOfCopy(copy, wanted, resource.servers)), ...fresh];
}

/** Two, if some are to go and others to come: what is stopped waits for the first and what is started comes before the second. */
function tunesOfCopy(
  { node, record }: Copy,
  wanted: readonly string[],
  servers: readonly BalanceServer[],
): readonly Tune[] {
  const current = sortedUnique(record?.drained ?? []);
  const out = wanted.filter((id) => !current.includes(id));
  const back = current.filter((id) => !wanted.includes(id));
  const tunes: Tune[] = [];
  if (out.length > 0) {
    const nodes = nodesOf(servers, out);
    const because = drainBecause(out, nodes);
    tunes.push({ node, kind: 'drain', drained: sortedUnique([...current, ...out]), nodes, because, blocked: null });
  }
  if (back.length > 0) {
    const nodes = nodesOf(servers, back);
    const because = `${back.join(', ')} can take connections again`;
    tunes.push({ node, kind: 'admit', drained: wanted, nodes, because, blocked: null });
  }
  return tunes;
}

function freshTune(node: NodeId, wanted: readonly string[], servers: readonly BalanceServer[]): Tune {
  const nodes = nodesOf(servers, wanted);
  return { node, kind: 'fresh', drained: wanted, nodes, because: drainBecause(wanted, nodes), blocked: null };
}

const drainBecause = (out: readonly string[], nodes: readonly NodeId[]): string =>
  `no new connections for ${out.join(', ')}: ${nodes.join(', ')} in standby`;

function nodesOf(servers: readonly BalanceServer[], ids: readonly string[]): readonly NodeId[] {
  const nodes = servers.filter(({ id }) => ids.includes(id)).map(({ node }) => node);
  return sortedUnique(nodes.filter((node) => node !== null));
}
