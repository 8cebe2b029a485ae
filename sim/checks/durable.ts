/** A change that was acknowledged is still there at the end, unless a later one undid it. */
import type { Admin, Command } from '../../src/core/ports.ts';
import { type Check, Violation } from '../world/world.ts';

export function durable(): Check {
  const acknowledged = new Map<string, Command>();
  let uncertain = new Set<string>();
  return {
    name: 'durable',
    answered(_world, command, answer) {
      const key = keyOf(command);
      if (key === null) return;
      if (!answer.ok) {
        // It was perhaps carried out all the same: nothing can be said about this key any more.
        if (answer.code === 'TIMED_OUT' || answer.code === 'NO_QUORUM') uncertain = new Set([...uncertain, key]);
        return;
      }
      acknowledged.set(key, command);
    },
    atEnd(world) {
      for (const [key, command] of acknowledged) {
        if (uncertain.has(key)) continue;
        for (const host of world.hosts.values()) {
          const admin = host.loop?.state.doc.admin;
          if (admin === undefined || isThere(command, admin)) continue;
          throw new Violation(
            'durable',
            world.agenda.nowMs,
            `${host.id} does not know of an acknowledged change: ${JSON.stringify(command)}`,
          );
        }
      }
    },
  };
}

function keyOf(command: Command): string | null {
  if (command.kind === 'standby') return `standby ${command.node}`;
  if (command.kind === 'run') return `run ${command.service}`;
  return null;
}

function isThere(command: Command, admin: Admin): boolean {
  if (command.kind === 'standby') return (admin.standby[command.node] !== undefined) === command.on;
  if (command.kind === 'run') return (admin.stopped[command.service] !== undefined) === (command.wanted === 'stopped');
  return true;
}
