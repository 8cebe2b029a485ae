/**
 * What is kept for a node that an operator shut down is started nowhere else, and that is over when the node is back.
 */
import type { NodeId, ServiceId } from '../../src/core/model.ts';
import type { Host } from '../world/host.ts';
import { type Check, Violation } from '../world/world.ts';

export function kept(): Check {
  /** When a node first saw that something is kept. */
  const sinceMs = new Map<string, number>();
  return {
    name: 'kept',
    passing(world) {
      for (const host of world.hosts.values())
        for (const { shutdown } of Object.values(host.loop?.state.doc.admin.standby ?? {})) {
          const key = `${host.id}/${shutdown?.id}`;
          if (shutdown !== undefined && !sinceMs.has(key)) sinceMs.set(key, world.agenda.nowMs);
        }
    },
    operationBegins(world, host, { verb, service }) {
      // Sides that act apart may each have a document of their own.
      if ((verb !== 'start' && verb !== 'migrateFrom') || world.cluster.quorum.noQuorum === 'ignore') return;
      // Whoever orders it: the node itself may not have heard yet that it is over.
      const leader = world.hosts.get(host.loop?.state.installed?.coordinator ?? '');
      const of = leader === undefined ? null : keptElsewhere(leader, host.id, service.id);
      if (leader === undefined || of === null) return;
      // What was ordered before that may begin late.
      const graceMs = world.cluster.heartbeat.deadMs * 3 + 1000;
      if (world.agenda.nowMs - (sinceMs.get(`${leader.id}/${of.id}`) ?? 0) < graceMs) return;
      const message = `${host.id} begins to ${verb} ${service.id}, which is kept for ${of.node}`;
      throw new Violation('kept', world.agenda.nowMs, message);
    },
    atEnd(world) {
      for (const host of world.hosts.values())
        for (const [node, { shutdown }] of Object.entries(host.loop?.state.doc.admin.standby ?? {})) {
          const boot = world.hosts.get(node)?.loop?.state.boot;
          if (shutdown === undefined || boot === undefined || boot === shutdown.boot) continue;
          throw new Violation('kept', world.agenda.nowMs, `${node} is back, and still counts as shut down`);
        }
    },
  };
}

function keptElsewhere({ loop }: Host, at: NodeId, service: ServiceId): { node: NodeId; id: string } | null {
  for (const [node, { shutdown }] of Object.entries(loop?.state.doc.admin.standby ?? {}))
    if (node !== at && shutdown?.keeps.includes(service) === true) return { node, id: shutdown.id };
  return null;
}
