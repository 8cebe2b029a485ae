/** What operators want stopped. */
import type { NodeId, ServiceId } from './model.ts';
import type { Admin } from './ports.ts';

/** Why an operator has it stopped, for good or until a node is back; null: it is to run. */
export function stopOf({ stopped, standby }: Pick<Admin, 'stopped' | 'standby'>, id: ServiceId): StopWish | null {
  const stop = Object.hasOwn(stopped, id) ? stopped[id] : undefined;
  if (stop !== undefined) return { because: stop.because, keptFor: null };
  for (const [node, { because, shutdown }] of Object.entries(standby))
    if (shutdown?.keeps.includes(id) === true) return { because, keptFor: node };
  return null;
}

export interface StopWish {
  readonly because: string;
  /** The node that is shut down, and for which it waits. */
  readonly keptFor: NodeId | null;
}
