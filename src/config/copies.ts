/** Answers «what is a copy beside its number?» of services whose copies differ. */
import { digestOf } from '../core/definition.ts';
import type { Resource, RuledValues, Service } from '../core/model.ts';
import { addressAfter, numbered } from './numbers.ts';

/** An agent is told its number by its environment in any case; a command and a container by a variable. */
export function ownPart({ resource, ruled }: Service, number: number): Pick<Service, 'resource' | 'digest' | 'ruled'> {
  const withNumber = (each: RuledValues): RuledValues =>
    each.params === undefined ? each : { ...each, params: numbered(each.params, number) };
  const own = withVariable(withAddress(numbered(resource, number), number), number);
  return { resource: own, digest: digestOf(own), ...(ruled === undefined ? {} : { ruled: ruled.map(withNumber) }) };
}

function withVariable(resource: Resource, number: number): Resource {
  if (resource.kind !== 'command' && resource.kind !== 'container') return resource;
  return { ...resource, env: { SEMPRE_COPY: String(number), ...resource.env } };
}

/** That of a container is the first one of a row. */
export function withAddress(resource: Resource, number: number): Resource {
  if (resource.kind !== 'container' || resource.address === null) return resource;
  return {
    ...resource,
    address: { ...resource.address, address: addressAfter(resource.address.address, number) },
  };
}
