/** What runs a resource, in the words of the cluster file. */
import type { AgentName } from '../../../policy/input.ts';

export interface ImportedAgent {
  /** Null: there is no way to run it. */
  readonly agent: string | null;
  readonly kind: 'ocf' | 'systemd';
  readonly note: string | null;
}

const plain = /^[A-Za-z0-9][\w.-]*$/;
const unit = /^[A-Za-z0-9][\w:.@\\-]*$/;

export function agentOf({ standard, provider, type }: AgentName): ImportedAgent {
  switch (standard.toLowerCase()) {
    case 'ocf':
      if (!plain.test(provider) || !plain.test(type)) break;
      return { agent: `ocf:${provider}:${type}`, kind: 'ocf', note: null };
    case 'systemd':
      if (!unit.test(type)) break;
      return { agent: `systemd:${type}`, kind: 'systemd', note: null };
    case 'service':
    case 'lsb':
    case 'upstart': {
      if (!unit.test(type)) break;
      const note = `${standard}:${type} is run as the unit ${type} of systemd, which wraps init scripts too`;
      return { agent: `systemd:${type}`, kind: 'systemd', note };
    }
    default:
  }
  const name = [standard, provider, type].filter((part) => part !== '').join(':');
  return { agent: null, kind: 'ocf', note: `nothing here runs ${name}: name an OCF agent or a unit of systemd` };
}
