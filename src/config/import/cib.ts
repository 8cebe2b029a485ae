/** Reads a CIB of Pacemaker, schemas 0.6 to 3.x: configuration and status. */
import type { Input } from '../../policy/input.ts';
import { HistoryTaker } from './cibHistory.ts';
import { inputOf } from './cibInput.ts';
import { upgrade } from './cibUpgrade.ts';
import { faultAt } from './element.ts';
import type { ImportNote } from './fault.ts';
import { Reading } from './reading.ts';
import { readXml } from './xml.ts';

export interface CibOptions {
  /** The time for rules and failures, if the CIB does not say one (`execution-date`); if neither does, it is the wall clock. */
  readonly nowS?: number;
  /** Told what was read otherwise than it is written, and what was left out. */
  readonly onNote?: (note: ImportNote) => void;
}

/** Text, or UTF-8 as bytes, which saves a copy. Throws `ImportFault` and nothing else. */
export function readCib(source: string | Uint8Array, options: CibOptions = {}): Input {
  const history = new HistoryTaker();
  const root = readXml(source, history);
  if (root.name !== 'cib') throw faultAt(root, `this is no CIB: the outermost element is <${root.name}>, not <cib>`);
  const reading = new Reading(root);
  upgrade(root, reading);
  const input = inputOf(root, reading, history, options.nowS);
  for (const note of reading.notes) options.onNote?.(note);
  return input;
}
