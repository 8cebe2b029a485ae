/** What a node's record says, ready to be asked a thousand times. A record never changes: another one is another object. */
import type { ServiceId } from '../model.ts';
import type { NodeRecord, ServiceRecord } from '../ports.ts';

export interface Entries {
  /** Null: it is stopped, and there is nothing else to say of it. */
  readonly byService: ReadonlyMap<ServiceId, ServiceRecord | null>;
  /** Those of which there is something to say: few, on most nodes. */
  readonly notable: ReadonlyMap<ServiceId, ServiceRecord>;
}

const known = new WeakMap<NodeRecord['services'], Entries>();

export function entriesOf(services: NodeRecord['services']): Entries {
  const before = known.get(services);
  if (before !== undefined) return before;
  const byService = new Map<ServiceId, ServiceRecord | null>();
  const notable = new Map<ServiceId, ServiceRecord>();
  for (const [id, record] of Object.entries(services)) {
    const isPlain = isPlainlyStopped(record);
    byService.set(id, isPlain ? null : record);
    if (!isPlain) notable.set(id, record);
  }
  const entries = { byService, notable };
  known.set(services, entries);
  return entries;
}

function isPlainlyStopped({ state, failures, failed, banned, conflicts }: ServiceRecord): boolean {
  return state === 'stopped' && failures === 0 && failed === null && banned === 'no' && conflicts === 0;
}
