/** Which server takes the next connection? (Pure: the state goes in and out.) */
import type { BalanceResource } from '../../core/model.ts';

export interface Candidate {
  readonly id: string;
  readonly weight: number;
  /** Open now. */
  readonly connections: number;
}

/** What each server is owed, by id: the memory of smooth weighted round robin. */
export type Credits = ReadonlyMap<string, number>;

export interface Picked {
  readonly id: string;
  readonly credits: Credits;
}

/** Null when there is no candidate with a weight above zero. `source` is the client's address. */
export function pick(
  algorithm: BalanceResource['algorithm'],
  candidates: readonly Candidate[],
  credits: Credits,
  source: string,
): Picked | null {
  const usable = candidates.filter(({ weight }) => weight > 0);
  switch (algorithm) {
    case 'roundrobin':
      return nextInTurn(usable, credits);
    case 'leastconn':
      return nextInTurn(leastLoaded(usable), credits);
    case 'source': {
      const id = byHash(usable, source);
      return id === null ? null : { id, credits };
    }
  }
}

/**
 * Smooth weighted round robin: each round every server earns its weight, and the richest one pays the total. A heavy server's
 * turns are spread over the round instead of coming in a row.
 */
function nextInTurn(candidates: readonly Candidate[], credits: Credits): Picked | null {
  let richest: { id: string; credit: number } | null = null;
  let total = 0;
  const after = new Map(credits);
  for (const { id, weight } of candidates) {
    const credit = (credits.get(id) ?? 0) + weight;
    after.set(id, credit);
    total += weight;
    if (richest === null || credit > richest.credit) richest = { id, credit };
  }
  if (richest === null) return null;
  after.set(richest.id, richest.credit - total);
  return { id: richest.id, credits: after };
}

function leastLoaded(candidates: readonly Candidate[]): Candidate[] {
  const load = ({ connections, weight }: Candidate): number => connections / weight;
  const least = Math.min(...candidates.map(load));
  return candidates.filter((candidate) => load(candidate) === least);
}

/** Weighted rendezvous hashing: when a server goes, only its own clients move. */
function byHash(candidates: readonly Candidate[], source: string): string | null {
  let best: { id: string; score: number } | null = null;
  for (const { id, weight } of candidates) {
    const score = -weight / Math.log(unitHash(`${source} ${id}`));
    if (best === null || score > best.score) best = { id, score };
  }
  return best?.id ?? null;
}

/** FNV-1a with a final mix, as a number between 0 and 1, both excluded. */
function unitHash(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (((hash ^ (hash >>> 16)) >>> 0) + 0.5) / 2 ** 32;
}
