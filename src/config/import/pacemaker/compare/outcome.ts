/** What comes of a decision, in the names of the cluster file: for two schedulers that are asked the same. */

/** By service, by node: in which role a copy runs there. */
export type Running = ReadonlyMap<string, ReadonlyMap<string, 'started' | 'promoted'>>;

/** What the nodes are like when the question is asked. */
export interface Circumstances {
  /** In words: «all nodes are there, nothing runs». */
  readonly words: string;
  readonly lost: string | null;
  readonly standby: string | null;
  /** Null: nothing runs. */
  readonly before: Running | null;
}

export interface Outcome {
  readonly running: Running;
  /** `start web n1` and the like, sorted; a live migration is a stop and a start. */
  readonly actions: readonly string[];
  /** Why this service runs where it does, or nowhere; null: nothing is known. */
  readonly why: (service: string) => string | null;
}

/** How many times in a row it is asked until nothing is left to do. */
export const roundsMax = 5;

/** Agents of promotable services say how fit each copy is: the first node is fittest, by little. */
export const promotionScore = (nodes: readonly string[], node: string): number => Math.max(10 - nodes.indexOf(node), 1);

export const placesText = (places: ReadonlyMap<string, 'started' | 'promoted'> | undefined): string =>
  places === undefined || places.size === 0
    ? 'nowhere'
    : `on ${[...places]
        .map(([node, role]) => (role === 'promoted' ? `${node} (promoted)` : node))
        .sort()
        .join(', ')}`;
