import { createSecretKey, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { must } from '../../lib/assert.ts';
import { Keys } from './keys.ts';
import { type Header, inspectPacket } from './packet.ts';
import { Session } from './session.ts';

const keys = new Keys(createSecretKey(randomBytes(32)), 'prod');

type Side = 'a' | 'b';
const other = (side: Side): Side => (side === 'a' ? 'b' : 'a');

/** Two nodes and a network in the hands of somebody who records every packet. */
class World {
  readonly sessions = { a: new Session(keys, 'a', 'b'), b: new Session(keys, 'b', 'a') };
  readonly recorded: { readonly to: Side; readonly packet: Buffer }[] = [];
  readonly accepted: string[] = [];
  #sent = 0;

  restart(side: Side): void {
    this.sessions[side] = new Session(keys, side, other(side));
  }

  send(from: Side): number {
    this.#sent += 1;
    return this.#record(other(from), this.sessions[from].seal(Buffer.from(`${from}${this.#sent}`)));
  }

  deliver(index: number): string {
    const { to, packet } = must(this.recorded[index], 'a recorded packet');
    const opened = this.sessions[to].open(packet, inspectPacket(keys, packet) as Header);
    if (opened.outcome === 'accepted' && opened.body.length > 0)
      this.accepted.push(Buffer.from(opened.body).toString());
    if ((opened.outcome === 'accepted' || opened.outcome === 'unproven') && opened.greeting !== null)
      this.#record(other(to), opened.greeting);
    return opened.outcome;
  }

  /** Heartbeats of both sides, all delivered at once, with the greetings that they lead to. */
  round(): void {
    let next = this.recorded.length;
    this.send('a');
    this.send('b');
    for (; next < this.recorded.length; next++) this.deliver(next);
  }

  #record(to: Side, packet: Buffer): number {
    return this.recorded.push({ to, packet }) - 1;
  }
}

describe('Session', () => {
  test('gets messages through from the second heartbeat on', () => {
    const world = new World();
    world.round();
    world.accepted.length = 0;
    world.round();
    expect(world.accepted).toEqual(['a3', 'b4']);
  });

  test('does so again after either side, or both, started anew', () => {
    const world = new World();
    for (const sides of [['a'], ['b'], ['a', 'b'], []] as const) {
      for (const side of sides) world.restart(side);
      world.round();
      world.accepted.length = 0;
      world.round();
      expect(world.accepted.length).toBe(2);
    }
  });

  test('refuses repetitions, tampering and a stranger', () => {
    const world = new World();
    world.round();
    const index = world.send('a');
    expect(world.deliver(index)).toBe('accepted');
    expect(world.deliver(index)).toBe('replay');
    const { packet } = must(world.recorded[world.send('a')], 'a packet');
    packet[packet.length - 1] = (packet[packet.length - 1] ?? 0) ^ 1;
    expect(world.deliver(world.recorded.length - 1)).toBe('badTag');
    const stranger = new Session(new Keys(createSecretKey(randomBytes(32)), 'prod'), 'a', 'b').seal(Buffer.from('x'));
    world.recorded.push({ to: 'b', packet: stranger });
    expect(world.deliver(world.recorded.length - 1)).toBe('badTag');
  });

  test('ends greetings by itself', () => {
    const world = new World();
    for (const side of ['a', 'b'] as const) for (let i = 0; i < 5; i++) world.send(side);
    for (let i = 0; i < world.recorded.length; i++) world.deliver(i);
    expect(world.recorded.length).toBeLessThan(40);
  });

  test('accepts no packet twice in all lives of both sides, and always finds together again', () => {
    const action = fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({ do: fc.constant('send' as const), side: fc.constantFrom('a' as const, 'b' as const) }),
      },
      {
        weight: 1,
        arbitrary: fc.record({
          do: fc.constant('restart' as const),
          side: fc.constantFrom('a' as const, 'b' as const),
        }),
      },
      { weight: 6, arbitrary: fc.record({ do: fc.constant('deliver' as const), which: fc.nat() }) },
      { weight: 4, arbitrary: fc.constant({ do: 'deliverNewest' as const }) },
      { weight: 2, arbitrary: fc.constant({ do: 'round' as const }) },
    );
    fc.assert(
      fc.property(fc.array(action, { maxLength: 80 }), (actions) => {
        const world = new World();
        for (const it of actions) {
          const last = world.recorded.length - 1;
          if (it.do === 'send') world.send(it.side);
          else if (it.do === 'restart') world.restart(it.side);
          else if (it.do === 'round') world.round();
          else if (last >= 0) world.deliver(it.do === 'deliver' ? it.which % (last + 1) : last);
        }
        expect(new Set(world.accepted).size).toBe(world.accepted.length);
        world.round();
        world.accepted.length = 0;
        world.round();
        expect(world.accepted.length).toBe(2);
      }),
      { numRuns: 300 },
    );
  });
});
