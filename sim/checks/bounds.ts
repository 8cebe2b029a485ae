/** Nothing grows without end: tables of a daemon, starts of a service, attempts to fence a node. */
import type { NodeId, ServiceId } from '../../src/core/model.ts';
import type { NodeState } from '../../src/core/state.ts';
import { type Check, Violation, type World } from '../world/world.ts';

const windowMs = 60_000;
/** A start that fails is paced and banned after a few: so many on one host in a minute would be a loop. */
const startsMax = 60;
const fencingsMax = 60;
const lookEveryMs = 1000;

export function bounds(): Check {
  const starts = new Window<`${NodeId}/${ServiceId}`>();
  const fencings = new Window<NodeId>();
  let lookedAtMs = 0;
  return {
    name: 'bounds',
    operationBegins(world, host, { verb, service }) {
      if (verb !== 'start') return;
      const count = starts.add(`${host.id}/${service.id}`, world.agenda.nowMs);
      if (count > startsMax) throw fail(world, `${host.id} started ${service.id} ${count} times in a minute`);
    },
    fenceBegins(world, _host, { action, target }) {
      if (action !== 'off') return;
      const count = fencings.add(target, world.agenda.nowMs);
      if (count > fencingsMax) throw fail(world, `${target} was switched off ${count} times in a minute`);
    },
    passing(world) {
      if (world.agenda.nowMs - lookedAtMs < lookEveryMs) return;
      lookedAtMs = world.agenda.nowMs;
      for (const host of world.hosts.values()) {
        const state = host.loop?.state;
        const large = state === undefined ? null : tooLarge(world, state);
        if (large !== null) throw fail(world, `${host.id} keeps too much: ${large}`);
      }
    },
  };
}

function tooLarge(world: World, state: NodeState): string | null {
  const nodes = world.cluster.nodes.length;
  // What the file no longer names stays until it has stopped, and its last order until the next view.
  const services = world.cluster.services.length + state.doc.cluster.services.length;
  const own = state.records.get(state.self);
  const sizes: readonly (readonly [string, number, number])[] = [
    ['peers', state.peers.size, nodes],
    ['records', state.records.size, nodes],
    ['services', state.local.size, services],
    ['orders', state.ordered.size, nodes * services],
    ['requests', state.requests.size, 64],
    ['answers', state.answered.length, 64],
    ['waiting answers', state.waitingAnswers.length, 64],
    ['fencings', own?.fencings.length ?? 0, 64],
    ['promises', state.continuous.size, nodes],
  ];
  const found = sizes.find(([, size, max]) => size > max);
  return found === undefined ? null : `${found[0]}: ${found[1]}, at most ${found[2]}`;
}

/** How often something happened in the last minute. */
class Window<K> {
  readonly #times = new Map<K, number[]>();

  add(key: K, nowMs: number): number {
    const recent = (this.#times.get(key) ?? []).filter((atMs) => nowMs - atMs < windowMs);
    recent.push(nowMs);
    this.#times.set(key, recent);
    return recent.length;
  }
}

const fail = (world: World, message: string): Violation => new Violation('bounds', world.agenda.nowMs, message);
