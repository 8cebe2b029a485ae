/** Services that wait for each other, or must run where the other one runs, in a circle: none of them could ever start. */
import type { ServiceId } from '../core/model.ts';
import type { Checked } from './check.ts';
import { atKey } from './places.ts';
import type { Report } from './report.ts';

export function checkCycles({ cluster, file }: Checked, report: Report): void {
  for (const tie of ['needs', 'with'] as const) {
    for (const cycle of findCycles(new Map(cluster.services.map((service) => [service.id, service[tie]])))) {
      const [first = ''] = cycle;
      const words = tie === 'needs' ? 'needs' : 'runs with';
      const message = `a circle: ${[...cycle, first].join(` ${words} `)}`;
      const grouped = cycle.some((id) => file.ties.get(id)?.group !== undefined);
      const hint = grouped ? `a member of a group ${words} the member before it` : null;
      report.error('CYCLE', atKey('services', first, tie), message, hint);
    }
  }
}

/** One cycle for each way back that a search in the order of the file meets; each begins with its first service in that order. */
export function findCycles(ties: ReadonlyMap<ServiceId, readonly ServiceId[]>): ServiceId[][] {
  const order = [...ties.keys()];
  const done = new Set<ServiceId>();
  const cycles: ServiceId[][] = [];
  const walk = (id: ServiceId, above: readonly ServiceId[]): void => {
    const start = above.indexOf(id);
    if (start >= 0) cycles.push(rotate(above.slice(start), order));
    if (start >= 0 || done.has(id)) return;
    for (const next of ties.get(id) ?? []) walk(next, [...above, id]);
    done.add(id);
  };
  for (const id of order) walk(id, []);
  return cycles;
}

function rotate(cycle: readonly ServiceId[], order: readonly ServiceId[]): ServiceId[] {
  const first = cycle.reduce(
    (best, id, index) => (order.indexOf(id) < order.indexOf(cycle[best] ?? id) ? index : best),
    0,
  );
  return [...cycle.slice(first), ...cycle.slice(0, first)];
}
