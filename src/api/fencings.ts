/** What is known of nodes that were switched off, and of what operators switched off or took out of care. Pure. */
import type { NodeId } from '../core/model.ts';
import type { Admin, FencingRecord, NodeRecord } from '../core/ports.ts';
import type { NodeReport } from '../core/report.ts';
import { sortedUnique } from '../lib/compare.ts';
import type { DisarmedStatus, FencingStatus, MaintenanceStatus, NodeAnswer } from './status.ts';

interface Told {
  readonly at: string;
  readonly admin: Admin;
  readonly report: NodeReport;
  readonly answers: ReadonlyMap<NodeId, NodeAnswer>;
}

export function disarmedOf({ admin: { disarmed }, report, at }: Told): DisarmedStatus | null {
  if (disarmed === null) return null;
  const leftMs = report.disarmedForMs ?? disarmed.forMs;
  return { because: disarmed.because, leftMs, until: new Date(Date.parse(at) + leftMs).toISOString() };
}

export function maintenanceOf({ maintenance: { nodes, services } }: Admin): MaintenanceStatus[] {
  return [
    ...sortedUnique(Object.keys(nodes)).map((node) => ({ node, service: null, because: nodes[node]?.because ?? '' })),
    ...sortedUnique(Object.keys(services)).map((service) => ({
      node: null,
      service,
      because: services[service]?.because ?? '',
    })),
  ];
}

/** A node's own word on itself, or the copy that the asked node has. */
export const recordOf = (node: NodeId, { answers, report }: Pick<Told, 'answers' | 'report'>): NodeRecord | undefined =>
  answers.get(node)?.record ?? report.records.find((record) => record.node === node);

/** By the node that did it, oldest first; what is under way last. */
export function fencingsOf(told: Told): FencingStatus[] {
  const { answers, report } = told;
  const nodes = sortedUnique([report.node, ...answers.keys(), ...report.records.map(({ node }) => node)]);
  return nodes.flatMap((by) => {
    const now = by === report.node ? report.fencing : (answers.get(by)?.fencing ?? []);
    const own = [...(recordOf(by, told)?.fencings ?? []).filter(({ outcome }) => outcome !== 'under way'), ...now];
    return own.map((record) => ({ ...record, by, open: isOpen(record, own, told) }));
  });
}

/** It failed, its node did not try again, and the target is neither back nor known to be off. */
function isOpen(record: FencingRecord, own: readonly FencingRecord[], { admin, report }: Told): boolean {
  const { target, outcome } = record;
  if (outcome !== 'failed' || admin.off[target] !== undefined) return false;
  if (target === report.node || (report.view?.members.includes(target) ?? false)) return false;
  return own.findLast((other) => other.target === target) === record;
}
