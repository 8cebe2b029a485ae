/** Where an agent lies on this machine, or what to do when it does not. */
import { join } from 'node:path';
import type { OcfResource } from '../../core/model.ts';
import { type Failed, failedInCluster, failedOnNode } from '../driver.ts';
import { findProgram } from '../process/not_started.ts';

export interface FoundAgent {
  readonly root: string;
  readonly path: string;
}

/** A name that stays in its folder and that the OCF API does not hide. */
const nameForm = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/;

export function findAgent(roots: readonly string[], resource: OcfResource): FoundAgent | Failed {
  const name = `ocf:${resource.provider}:${resource.type}`;
  if (!nameForm.test(resource.provider) || !nameForm.test(resource.type)) {
    return failedInCluster(`${name} is no name of an agent: it is written ocf:PROVIDER:TYPE`);
  }
  const bad = Object.keys(resource.params).find((param) => param === '' || /[=\0]/.test(param));
  if (bad !== undefined) return failedInCluster(`${name}: ${JSON.stringify(bad)} is no name of a parameter`);
  const missing: string[] = [];
  for (const root of roots) {
    const found = findProgram(join(root, 'resource.d', resource.provider, resource.type), '', '/');
    if (found.kind === 'file') return { root, path: found.path };
    missing.push(found.because);
  }
  const install = resource.provider === 'heartbeat' ? '; apt-get install resource-agents?' : '';
  return failedOnNode(`${name} is not installed on this node: ${missing.join(', ')}${install}`);
}
