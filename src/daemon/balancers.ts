/** Live facts of the balancers that run on this node, from their drivers. */
import type { BalancerServerStatus, BalancerStatus } from '../api/status.ts';
import type { NodeId, Service } from '../core/model.ts';
import type { NodeRecord } from '../core/ports.ts';

export interface Details {
  details(service: Service): Promise<unknown>;
}

export async function balancersOn(
  node: NodeId,
  services: readonly Service[],
  record: NodeRecord | undefined,
  agents: Details,
): Promise<BalancerStatus[]> {
  const running = services.filter((service) => service.resource.kind === 'balance' && isRunning(service, record));
  const all = await Promise.all(
    running.map(async (service) => ({
      service: service.id,
      node,
      servers: readServers(await agents.details(service)),
    })),
  );
  return all.filter((balancer) => balancer.servers.length > 0);
}

function isRunning(service: Service, record: NodeRecord | undefined): boolean {
  const state = record?.services[service.id]?.state;
  return state === 'running' || state === 'reloading';
}

/** A driver answers plain data; what has another shape is left out. */
export function readServers(details: unknown): BalancerServerStatus[] {
  const servers: unknown = (details as { servers?: unknown } | null)?.servers;
  if (!Array.isArray(servers)) return [];
  return servers.flatMap((server: Record<string, unknown> | null): BalancerServerStatus[] => {
    if (typeof server !== 'object' || server === null) return [];
    const name = server.name ?? server.id;
    if (typeof name !== 'string') return [];
    return [
      {
        name,
        state: textOr(server.state, 'unknown') ?? 'unknown',
        weight: numberOrNull(server.weight),
        sessions: numberOrNull(server.sessions),
        lastCheck: textOr(server.lastCheck ?? server.check, null),
      },
    ];
  });
}

const textOr = (value: unknown, otherwise: string | null): string | null =>
  typeof value === 'string' && value !== '' ? value : otherwise;

const numberOrNull = (value: unknown): number | null =>
  typeof value === 'number' && Number.isFinite(value) ? value : null;
