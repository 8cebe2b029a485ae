/**
 * The two of a pair do not switch each other off: the one without the head start waits until the other one is done.
 *
 * Promised where the head start is longer than everything that it has to cover, the devices are well, and the file says who begins.
 */
import type { NodeId } from '../../src/core/model.ts';
import { type Check, Violation, type World } from '../world/world.ts';

export function duel(): Check {
  const beganMs = new Map<NodeId, number>();
  const wished = new Set<NodeId>();
  let disturbedAtMs = Number.NEGATIVE_INFINITY;
  return {
    name: 'duel',
    asked(_world, command) {
      if (command.kind === 'fence') wished.add(command.node);
    },
    passing(world) {
      if (world.panel.isDisturbed) disturbedAtMs = world.agenda.nowMs;
    },
    fenceBegins(world, host, { action, target }) {
      if (action !== 'off' || !isPromised(world) || wished.size > 0) return;
      const now = world.agenda.nowMs;
      beganMs.set(host.id, now);
      const theirs = beganMs.get(target);
      if (theirs === undefined || now - theirs > world.quirks.fenceMs[1]) return;
      // The one that goes first may have lost its head start to a device, and try again.
      if (now - disturbedAtMs <= 2 * world.cluster.quorum.headStartMs) return;
      throw new Violation(
        'duel',
        now,
        `${host.id} and ${target} switch each other off, ${Math.round(now - theirs)} ms apart`,
      );
    },
  };
}

function isPromised({ cluster, quirks }: World): boolean {
  const { tie, prefer, headStartMs } = cluster.quorum;
  const longestMs = Math.max(0, ...cluster.fencing.devices.map((device) => device.delayMs)) + quirks.fenceMs[1];
  return (
    !quirks.fenceOverLink0 &&
    tie === 'fence' &&
    prefer !== null &&
    headStartMs > cluster.heartbeat.deadMs + longestMs + 500
  );
}
