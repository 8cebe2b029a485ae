/**
 * No start while the last host that is known to run it is not stopped, off, or past the bound after which it stops by itself.
 *
 * fencing: such a host must be off. lease: a host whose daemon died or hangs may still hold its lease, which the check forgives
 * only when that lease, or the longest that it can be, has ended, or it could not be stopped there, or what needs it. An operator who says
 * wrongly that a host is off is not to be forgiven: the simulated one looks first.
 */
import type { ServiceId } from '../../src/core/model.ts';
import type { Host } from '../world/host.ts';
import { type Check, Violation, type World } from '../world/world.ts';
import { mayKeepUp } from './exclusive.ts';

export function takeover(): Check {
  return {
    name: 'takeover',
    operationBegins(world, host, { verb, service }) {
      // One that was said to be off, and never was, is told nothing of what others did since.
      if (verb !== 'start' || service.clone || service.takeover === 'nothing' || isExcused(host)) return;
      for (const other of world.hosts.values()) {
        if (other === host || !other.holds(service.id) || isExcused(other)) continue;
        const { nowMs } = world.agenda;
        const agoMs = nowMs - lastAbleMs(other, nowMs);
        // Who is in one view with it knows that something there could not be stopped.
        const isTold = host.loop?.state.installed?.members.includes(other.id) === true;
        const isOver =
          agoMs >= world.cluster.heartbeat.deadMs * 0.97 || (other.isHelpless && nowMs >= other.leaseUntilMs);
        const isPast = isOver || (!isTold && isKeptUp(world, other, service.id));
        if (service.takeover === 'lease' && isPast) continue;
        const where = `while ${other.id} runs it, whose daemon was able to act ${Math.round(agoMs)} ms ago`;
        throw new Violation('takeover', nowMs, `${host.id} starts ${service.id} ${where}`);
      }
    },
  };
}

const isKeptUp = (world: World, { notStopped }: Host, id: ServiceId): boolean =>
  [...notStopped].some((stuck) => mayKeepUp(world, stuck, id));

const isExcused = (host: Host): boolean => host.isSaidToBeOff || host.watchdog.failedToFire;

/** One that has just woken has not had its stop time yet. */
const lastAbleMs = (host: Host, nowMs: number): number => (host.isHelpless ? host.ableUntilMs : nowMs);
