/** Fencings that this node carried out, in its own record: all nodes get a copy. */
import { must } from '../../lib/assert.ts';
import { publish } from '../execute/services.ts';
import type { FencingRecord } from '../ports.ts';
import { put, type Turn } from '../state.ts';

const keptMax = 16;

export function addFencing(turn: Turn, fencing: FencingRecord): void {
  const { self, records } = turn.state;
  const own = must(records.get(self), 'our own record');
  const fencings = [...own.fencings, fencing].slice(-keptMax);
  put(turn, { records: new Map(records).set(self, { ...own, fencings }) });
  publish(turn);
}
