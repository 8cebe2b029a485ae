/** What waits for a node that is shut down. */
import { durationMsOf } from '../../policy/rule/text.ts';
import type { Cluster, NodeId, ServiceId } from '../model.ts';
import type { Command, Shutdown } from '../ports.ts';

/** As the command says, else the file. Of what has several copies, another one may take over. */
export function keptFor(
  { node, keep, forMs }: Extract<Command, { kind: 'shutdown' }>,
  { services, rules }: Pick<Cluster, 'services' | 'rules'>,
  whereRuns: (service: ServiceId) => NodeId | null,
): Pick<Shutdown, 'keeps' | 'forMs'> {
  const { 'shutdown-lock': isKept, 'shutdown-lock-limit': limit } = rules.options;
  const mayKeep = services.filter(({ clone, copyOf }) => !clone && copyOf === undefined).map(({ id }) => id);
  return {
    keeps: (keep ?? isKept === 'true') ? mayKeep.filter((id) => whereRuns(id) === node) : [],
    // A limit of 0 is none.
    forMs: forMs ?? (durationMsOf(limit) || null),
  };
}
