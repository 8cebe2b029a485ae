/** Every reader of bytes and text that somebody else wrote. A new reader gets its target here. */
import { must } from '../src/lib/assert.ts';
import type { Target } from './target.ts';
import { agentTargets } from './targets/agents.ts';
import { apiTargets } from './targets/api.ts';
import { balancerTargets } from './targets/balancer.ts';
import { configTargets } from './targets/config.ts';
import { identityTargets } from './targets/identity.ts';
import { importTargets } from './targets/import.ts';
import { networkTargets } from './targets/network.ts';
import { stateTargets } from './targets/state.ts';
import { toolTargets } from './targets/tools.ts';
import { transportTargets } from './targets/transport.ts';

export const targets: readonly Target[] = [
  ...transportTargets,
  ...configTargets,
  ...importTargets,
  ...identityTargets,
  ...apiTargets,
  ...stateTargets,
  ...agentTargets,
  ...networkTargets,
  ...balancerTargets,
  ...toolTargets,
];

export const targetNamed = (name: string): Target =>
  must(
    targets.find((target) => target.name === name),
    `a target called ${name}`,
  );
