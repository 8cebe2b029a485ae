/**
 * Roles among copies that differ: each is a service, and what may be promoted is counted over all of them. A promotion waits for the
 * demotion or the end of whichever other copy may be promoted, as it does among copies of one service.
 */
import type { NodeId, Service, ServiceId } from '../model.ts';
import { mayRunBy } from '../ports.ts';
import { mayBePromoted } from '../roles.ts';
import type { IsLeft } from './change.ts';
import { alikeIn, type Graph, isAlike } from './graph.ts';
import type { ScheduleInput } from './plan.ts';
import { mayBe, whyFull } from './roles.ts';
import type { Copy, Seen } from './seen.ts';
import { after, type Board, type Vertex } from './vertices.ts';

type Records = ScheduleInput['records'];

export function linkAlike(graph: Graph, board: Board, seen: Seen, records: Records, isLeft: IsLeft): void {
  for (const service of graph.cluster.services)
    if (service.copyOf?.number === 0 && service.promotable !== null)
      linkPromotions(graph, board, seen, records, isLeft, service);
}

function linkPromotions(
  graph: Graph,
  board: Board,
  seen: Seen,
  records: Records,
  isLeft: IsLeft,
  first: Service,
): void {
  const max = first.promotable?.max ?? 1;
  const alike = alikeIn(graph, first);
  const promotes = alike.flatMap(({ id }) => [...(board.get(id)?.promotes.values() ?? [])]);
  if (promotes.length === 0) return;
  const staying = formerIn(graph, records, first);
  for (const { id } of alike)
    for (const copy of (seen.services.get(id)?.copies ?? []).filter(mayBe)) {
      const ends = endsOf(board, id, copy.node);
      for (const promote of promotes) if (promote.service !== id) for (const end of ends) after(promote, end);
      if (ends.length === 0 && board.get(id)?.promotes.has(copy.node) !== true)
        staying.push({ id, because: `${id} ${whyStays(copy, isLeft(id, copy.node))}` });
    }
  let free = max - staying.length;
  for (const promote of promotes.filter(({ blocked }) => blocked === null)) {
    const other = staying.find(({ id }) => id !== promote.service);
    if (free <= 0 && other !== undefined) {
      promote.blocked = other.because;
      promote.cause = other.because;
    }
    free -= 1;
  }
}

interface Staying {
  readonly id: ServiceId;
  readonly because: string;
}

const whyStays = (copy: Copy, isInMaintenance: boolean): string =>
  isInMaintenance ? `may be promoted on ${copy.node}, where it is in maintenance` : whyFull(copy, false);

/** Copies that a former file had, which are being stopped. */
const formerIn = ({ services }: Graph, records: Records, first: Service): Staying[] =>
  [...records].flatMap(([node, record]) =>
    Object.entries(record.services).flatMap(([id, each]) =>
      isAlike(first, id) && !services.has(id) && mayRunBy(each) && mayBePromoted(each)
        ? [{ id, because: `${id} may be promoted on ${node}, and is not in the cluster file any more` }]
        : [],
    ),
  );

/** What makes certain that this copy is not promoted any more. */
function endsOf(board: Board, id: ServiceId, node: NodeId): readonly Vertex[] {
  const vertices = board.get(id);
  if (vertices === undefined) return [];
  return [vertices.probes, vertices.demotes, vertices.stops].flatMap((each) => each.get(node) ?? []);
}
