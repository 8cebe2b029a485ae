/**
 * What runs on a guest stops before its machine is stopped, where its host is in one view with it.
 *
 * Not where it is to be fenced by that, nor where the machine runs on another host too: then this is what a live migration left.
 */
import { inMaintenance } from '../../src/core/ports.ts';
import type { Host } from '../world/host.ts';
import { type Check, Violation, type World } from '../world/world.ts';

export function drain(): Check {
  return {
    name: 'drain',
    operationBegins(world, host, { verb, service }) {
      if (verb !== 'stop') return;
      for (const guest of world.hosts.values()) {
        if (guest.machine !== service.id || !isTogether(world, host, guest) || runsElsewhere(world, host, service.id))
          continue;
        const [left] = serving(guest);
        if (left !== undefined)
          throw new Violation(
            'drain',
            world.agenda.nowMs,
            `${host.id} stops ${service.id}, and ${left} runs on its guest ${guest.id}`,
          );
      }
    },
  };
}

const runsElsewhere = (world: World, host: Host, id: string): boolean =>
  host.loop?.state.local.get(id)?.before === 'moved' ||
  [...world.hosts.values()].some((other) => other !== host && other.running.has(id));

/** By the coordinator's word: one that stops by itself, for want of quorum, asks nobody. */
function isTogether(world: World, host: Host, guest: Host): boolean {
  const state = host.loop?.state;
  const view = state?.installed ?? null;
  if (state === undefined || view === null || state.purging || state.distrusted.size > 0) return false;
  if (guest.loop?.state.installed?.number !== view.number) return false;
  const lead = world.host(view.coordinator).loop?.state;
  if (lead?.plan == null || lead.fenceAsked.has(guest.id)) return false;
  return !lead.plan.fence.some(({ node }) => node === guest.id);
}

/** Blocked, or nobody's, is what could not be stopped, or nobody knows of. */
function serving({ running, unowned, loop }: Host): string[] {
  const { local, doc, self } = loop?.state ?? {};
  return [...running.keys()].filter((id) => {
    if (unowned.has(id) || self === undefined || doc === undefined) return false;
    return local?.get(id)?.record.state === 'running' && !inMaintenance(doc.admin, self, id);
  });
}
