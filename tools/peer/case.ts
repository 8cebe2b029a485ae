import { readCib } from '../../src/config/import/cib.ts';
import { decide } from '../../src/policy/index.ts';
import { carryOut } from '../../src/policy/outcome/index.ts';
import { situate } from '../../src/policy/situate/index.ts';
import { peerResult } from './form.ts';
import type { PeerResult } from './result.ts';

export interface PeerError {
  readonly case: string;
  readonly error: string;
  readonly ms?: undefined;
}

/** One case of a suite: a CIB, as text or UTF-8. What cannot be decided is an answer too. Afterwards the cluster is as the suite's own program leaves it. */
export function peerCase(name: string, cib: string | Uint8Array): PeerResult | PeerError {
  try {
    const input = readCib(cib);
    const began = performance.now();
    const decision = decide(input);
    const ms = Math.round((performance.now() - began) * 1000) / 1000;
    const after = situate(carryOut(decision, 'crm_simulate'));
    return { ...peerResult(name, decision, after), ms };
  } catch (error) {
    return { case: name, error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}
