/** The actions of a plan while they are put in order: one vertex each, by service, kind and node. */

import { must } from '../../lib/assert.ts';
import type { NodeId, ServiceId } from '../model.ts';
import type { Admin } from '../ports.ts';
import type { Step } from './change.ts';
import { type Tune, tunesOf } from './drain.ts';
import type { Graph } from './graph.ts';
import type { PlannedAction } from './plan.ts';
import type { Orphan } from './seen.ts';
import type { Settled, SettledServices } from './settle.ts';

/** An action on its way to become a `PlannedAction`. */
export interface Vertex {
  readonly verb: PlannedAction['verb'];
  readonly service: ServiceId;
  readonly on: NodeId;
  readonly because: string;
  readonly handFrom: NodeId | null;
  readonly handTo: NodeId | null;
  readonly drained: readonly string[];
  readonly peer: NodeId | null;
  readonly after: Set<Vertex>;
  /** In words that name the first cause. */
  blocked: string | null;
  cause: string | null;
}

export interface Vertices {
  readonly settled: Settled;
  readonly probes: ReadonlyMap<NodeId, Vertex>;
  readonly stops: ReadonlyMap<NodeId, Vertex>;
  readonly starts: ReadonlyMap<NodeId, Vertex>;
  readonly reloads: ReadonlyMap<NodeId, Vertex>;
  readonly promotes: ReadonlyMap<NodeId, Vertex>;
  readonly demotes: ReadonlyMap<NodeId, Vertex>;
  readonly tunes: readonly { readonly tune: Tune; readonly vertex: Vertex }[];
  /** Orders of a live migration, first to last; `migrateFrom` stands among the starts too. */
  readonly passage: readonly Vertex[];
}

/** Services without an action are not in it. */
export type Board = ReadonlyMap<ServiceId, Vertices>;

export function boardOf(graph: Graph, settled: SettledServices, admin: Admin): Board {
  const board = new Map<ServiceId, Vertices>();
  for (const { id } of graph.cluster.services) {
    const change = must(settled.get(id), `change of ${id}`);
    const tunes = tunesOf(change, admin);
    const { probes, stops, starts, reloads, promotes, demotes } = change;
    if ([probes, stops, starts, reloads, promotes, demotes, tunes].every((steps) => steps.length === 0)) continue;
    const passage = passageVertices(change);
    const arrival = passage.find(({ verb }) => verb === 'migrateFrom');
    board.set(id, {
      settled: change,
      probes: byNode(probes, (step) => vertex('probe', id, step)),
      stops: byNode(stops, (step) => vertex('stop', id, step, { handTo: step.handTo })),
      starts: byNode(starts, (step) => arrival ?? vertex('start', id, step, { handFrom: step.handFrom })),
      reloads: byNode(reloads, (step) => vertex('reload', id, step)),
      promotes: byNode(promotes, (step) => vertex('promote', id, step)),
      demotes: byNode(demotes, (step) => vertex('demote', id, step)),
      tunes: tunes.map((tune) => ({ tune, vertex: vertex('tune', id, tune, { drained: tune.drained }) })),
      passage,
    });
  }
  return board;
}

const byNode = <S extends Step>(steps: readonly S[], make: (step: S) => Vertex): ReadonlyMap<NodeId, Vertex> =>
  new Map(steps.map((step) => [step.node, make(step)]));

function vertex(verb: Vertex['verb'], service: ServiceId, step: Step, more: Partial<Vertex> = {}): Vertex {
  const { node, because, blocked } = step;
  const hands = { handFrom: null, handTo: null, drained: [], peer: null };
  return { verb, service, on: node, because, ...hands, after: new Set(), blocked, cause: blocked, ...more };
}

/** What the start waits for is waited for before the first order, and so is what the stop at the source would wait for. */
function passageVertices({ service, passage, starts, stops }: Settled): readonly Vertex[] {
  if (passage === null) return [];
  const { from, to, verbs } = passage;
  const start = starts.find(({ node }) => node === to);
  const stop = passage.isBegun ? undefined : stops.find(({ node }) => node === from);
  const because = start?.because ?? passage.because;
  const blocked = passage.isBegun ? null : (start?.blocked ?? stop?.blocked ?? null);
  return verbs.map((verb, place) => {
    const [node, peer] = verb === 'migrateTo' ? [from, to] : [to, from];
    return vertex(verb, service.id, { node, because, blocked: place === 0 ? blocked : null }, { peer });
  });
}

/** What is done first so that the copy on `node` goes: its stop, or its live migration. */
export function leaving({ settled, stops, passage }: Vertices, node: NodeId): Vertex | undefined {
  const [first] = passage;
  return first !== undefined && settled.passage?.from === node && !settled.passage.isBegun ? first : stops.get(node);
}

export const orphanStop = ({ service, node }: Orphan): Vertex =>
  vertex('stop', service, { node, because: 'it is not in the cluster file any more', blocked: null });

export const verticesOf = ({
  probes,
  stops,
  starts,
  reloads,
  promotes,
  demotes,
  tunes,
  passage,
}: Vertices): readonly Vertex[] => [
  ...probes.values(),
  ...passage.filter(({ verb }) => verb !== 'migrateFrom'),
  ...demotes.values(),
  ...stops.values(),
  ...reloads.values(),
  ...starts.values(),
  ...promotes.values(),
  ...tunes.map((each) => each.vertex),
];

export function after(later: Vertex, sooner: Vertex | undefined): void {
  if (sooner !== undefined) later.after.add(sooner);
}
