/** Faults of a lab's fence device that tests switch on and off while it runs: a file that the keeper reads at each request. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { labDirectory } from '../record.ts';

export interface FenceFault {
  /** Requests of this host only; null: of all. */
  readonly from: string | null;
  /** Requests for this host only; null: for all. */
  readonly target: string | null;
  /** Waited before anything is done. */
  readonly delayMs: number;
  /**
   * fail: says no and does nothing; lie: says yes and does nothing, and tells that power it was asked for; idle: says yes and does
   * nothing, but tells the truth when it is asked how it stands; dark: the host has no power, and switching it on gives it none.
   */
  readonly mode: 'work' | 'fail' | 'lie' | 'idle' | 'dark';
}

const fileOf = (lab: string): string => join(labDirectory(lab), 'fence-faults.json');

/** From the next request on; none: it works. */
export function setFenceFaults(lab: string, faults: readonly FenceFault[]): void {
  writeFileSync(`${fileOf(lab)}.new`, JSON.stringify(faults));
  renameSync(`${fileOf(lab)}.new`, fileOf(lab));
}

/** The first fault that fits. */
export function fenceFaultFor(lab: string, from: string, target: string): FenceFault | null {
  const fits = (fault: FenceFault): boolean => (fault.from ?? from) === from && (fault.target ?? target) === target;
  return readFaults(lab).find(fits) ?? null;
}

function readFaults(lab: string): readonly FenceFault[] {
  try {
    return JSON.parse(readFileSync(fileOf(lab), 'utf8')) as FenceFault[];
  } catch {
    return [];
  }
}
