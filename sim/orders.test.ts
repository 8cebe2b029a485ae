/** Orders that are long under way, to a node that can hold its lease only for moments at a time. */
import { expect, test } from 'vitest';
import { plainCluster, type Service } from '../src/core/model.ts';
import { plainService } from '../src/core/schedule/cases/arbitrary.ts';
import { allChecks } from './checks/index.ts';
import { World } from './world/world.ts';

const nodes = ['n1', 'n2', 'n3'];
const heartbeat = { intervalMs: 100, deadMs: 600, port: 7354 };
const db: Service = { ...plainService('db', ['n2', 'n3']), takeover: 'fencing' };

/** What reaches n3 is nearly too late. The service is to go there, and after a while back. */
function moveThereAndBack(delayMs: number, afterMs: number): World {
  const places = nodes.map((id, i) => ({ id, links: [{ address: `10.0.0.${i + 1}`, prefix: 24 }] }));
  const world = new World(plainCluster('test', heartbeat, places, [db]), 1, allChecks());
  world.bootAll();
  world.run(5000);
  const slow = { kind: 'packets', from: null, to: 'n3', link: null, how: 'slow', probability: 1 } as const;
  const end = world.begin({ ...slow, delayMs, atMs: 0, forMs: 0 });
  const move = (to: string): string => world.command('n1', { kind: 'move', service: 'db', to, because: 'a test' });
  world.run(1000);
  move('n3');
  world.run(afterMs);
  move('n2');
  world.run(4000);
  end?.();
  world.run(5000);
  return world;
}

test('whenever an operator changes his mind, what was ordered of one node is not started on another', () => {
  for (const delayMs of [420, 440])
    for (let afterMs = 0; afterMs <= 2000; afterMs += 40) {
      const hosts = [...moveThereAndBack(delayMs, afterMs).hosts.values()];
      const homes = hosts.filter(({ running }) => running.has('db')).map(({ id }) => id);
      expect(homes, `${delayMs} ms, ${afterMs} ms`).toHaveLength(1);
    }
});

/** Two of three, and what reaches n2 is so slow that the coordinator loses its lease now and then and comes back into the same view. */
function moveWhileSlow(moveAfterMs: number): World {
  const places = nodes.map((id, i) => ({ id, links: [{ address: `10.0.0.${i + 1}`, prefix: 24 }] }));
  const service: Service = { ...plainService('db', ['n2', 'n1']), takeover: 'lease' };
  const slower = { intervalMs: 200, deadMs: 1600, port: 7354 };
  const world = new World(plainCluster('test', slower, places, [service]), 3, allChecks());
  world.bootAll();
  world.run(5000);
  const away = world.begin({ kind: 'isolate', node: 'n3', link: null, atMs: 0, forMs: 0 });
  const slow = { kind: 'packets', from: null, to: 'n2', link: null, how: 'slow', probability: 1 } as const;
  const end = world.begin({ ...slow, delayMs: 1280, atMs: 0, forMs: 0 });
  world.run(moveAfterMs);
  world.command('n2', { kind: 'move', service: 'db', to: 'n1', because: 'a test' });
  world.run(4000);
  end?.();
  away?.();
  world.run(10_000);
  return world;
}

test('a coordinator that comes back into its view remembers what it ordered in it', () => {
  for (let afterMs = 4000; afterMs <= 5000; afterMs += 50) {
    const homes = [...moveWhileSlow(afterMs).hosts.values()].filter(({ running }) => running.has('db'));
    expect(homes, `${afterMs} ms`).toHaveLength(1);
  }
});
