/** Answers «was this copy started with what the service is now?» by a fingerprint. */
import { digest } from '../lib/digest.ts';
import type { NodeId, Service } from './model.ts';

export const digestOf = (resource: Service['resource']): string => digest(startedWith(resource));

/** What the running copy was started with. What is only read at a check, a stop or a move may change under it. */
function startedWith(resource: Service['resource']): object {
  if (resource.kind === 'command') {
    const { checkArgv: _, stopSignal: __, ...rest } = resource;
    return rest;
  }
  if (resource.kind === 'address') {
    const { probeMs: _, drainMs: __, ...rest } = resource;
    return rest;
  }
  if (resource.kind === 'container') {
    const { checkArgv: _, pull: __, address, agent, ...rest } = resource;
    return {
      ...rest,
      address: address === null ? null : startedWith(address),
      agent: agent === null ? null : startedWith(agent),
    };
  }
  if (resource.kind === 'ocf' && Object.keys(resource.paramsOn).length === 0) {
    const { paramsOn: _, ...rest } = resource;
    return rest;
  }
  return resource;
}

/** Of a copy on this node. */
export const digestOn = ({ digest: everywhere, digestsOn }: Service, node: NodeId): string =>
  digestsOn?.[node] ?? everywhere;

/** As the node knows it that runs a copy of it. */
export function asOn(service: Service, node: NodeId): Service {
  // Asked in nearly every step, and nearly always there is nothing to do.
  if (service.digestsOn === undefined) return service;
  const { digestsOn: _, ...rest } = service;
  return { ...rest, digest: digestOn(service, node) };
}
