/** Who held an address when, from what `ip monitor` said on each host. Pure. */
export interface Sighting {
  readonly node: string;
  readonly atMs: number;
  readonly held: boolean;
}

/** What a line of `ip -o address show` or `ip -o monitor address` says of `address`; null: nothing. */
export function readLine(line: string, address: string): boolean | null {
  const match = /^(Deleted )?\d+: \S+\s+inet6? ([0-9a-fA-F.:]+)\//.exec(line);
  return match?.[2] === address ? match[1] === undefined : null;
}

export interface Overlap {
  /** The longest time in which two or more held it. */
  readonly longestMs: number;
  /** Who holds it at the end. */
  readonly holders: readonly string[];
}

export function overlapOf(sightings: readonly Sighting[], toMs: number): Overlap {
  const holders = new Set<string>();
  let [longestMs, sinceMs] = [0, 0];
  for (const { node, atMs, held } of [...sightings].sort((a, b) => a.atMs - b.atMs)) {
    const before = holders.size;
    if (held) holders.add(node);
    else holders.delete(node);
    if (before < 2 && holders.size >= 2) sinceMs = atMs;
    if (before >= 2 && holders.size < 2) longestMs = Math.max(longestMs, atMs - sinceMs);
  }
  if (holders.size >= 2) longestMs = Math.max(longestMs, toMs - sinceMs);
  return { longestMs, holders: [...holders].sort() };
}

/** When `node` gave it up for the last time after `fromMs`; null: it did not. */
export const givenUpMs = (sightings: readonly Sighting[], node: string, fromMs: number): number | null =>
  sightings.findLast((one) => one.node === node && !one.held && one.atMs >= fromMs)?.atMs ?? null;
