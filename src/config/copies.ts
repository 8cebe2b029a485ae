/** Answers «what is a copy beside its number?» of services whose copies differ. */
import { digestOf } from '../core/definition.ts';
import type { Service } from '../core/model.ts';

/** An agent is told its number by its environment in any case; a command by this one variable. */
export function ownPart({ resource, digest }: Service, number: number): Pick<Service, 'resource' | 'digest'> {
  if (resource.kind !== 'command') return { resource, digest };
  const numbered = { ...resource, env: { SEMPRE_COPY: String(number), ...resource.env } };
  return { resource: numbered, digest: digestOf(numbered) };
}
