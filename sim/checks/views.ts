/**
 * One view number, one set of members, one coordinator, everywhere; a node's number never goes back.
 *
 * A node whose disk is full goes on, and may go back when it restarts before it could write: that much is known and forgiven.
 */
import type { NodeId } from '../../src/core/model.ts';
import type { View } from '../../src/core/ports.ts';
import { type Check, Violation } from '../world/world.ts';

export function views(): Check {
  const known = new Map<number, string>();
  const last = new Map<NodeId, number>();
  return {
    name: 'views',
    installed(world, host, view) {
      const content = show(view);
      const before = known.get(view.number);
      if (before !== undefined && before !== content)
        throw new Violation('views', world.agenda.nowMs, `view ${view.number} is ${before} and ${content}`);
      known.set(view.number, content);
      const former = last.get(host.id) ?? -1;
      if (view.number < former && !host.disk.lacksReserve)
        throw new Violation('views', world.agenda.nowMs, `${host.id} went back from view ${former} to ${view.number}`);
      last.set(host.id, view.number);
    },
  };
}

const show = (view: View): string => `{${view.members.join(' ')}} led by ${view.coordinator}`;
