import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { must } from '../../lib/assert.ts';
import { byNumber, byText } from '../../lib/compare.ts';
import { mayOverlap, nameInFile, restartsWithNeeds, type Service, stickinessMax } from '../model.ts';
import { leadsTo } from '../onFail.ts';
import type { NodeRecord } from '../ports.ts';
import { mayBePromoted } from '../roles.ts';
import { clusterOf, someWorld } from './cases/arbitrary.ts';
import { begin, carryOut, copyKey, end, recordOf, type World } from './cases/world.ts';
import { explain, type Plan, type PlannedAction, schedule } from './index.ts';
import { isActive, underWay } from './seen.ts';

const hasOldCopies = (world: World, service: Service): boolean =>
  [...world.input.records.values()].some((record) => {
    const digest = record.services[service.id]?.digest ?? null;
    return digest !== null && digest !== service.digest;
  });

/** Of copies that differ, the first ones get the best places, unless those that run there stick more than the places are worth. */
const mayChangePlaces = ({ copyOf, stickiness, onScore, on }: Service): boolean =>
  copyOf !== undefined && stickiness <= onScore * on.length;

const ready = (plan: Plan | undefined): readonly PlannedAction[] =>
  (plan?.actions ?? []).filter(({ blocked }) => blocked === null);

const everything = { withs: true, needs: true, orders: true, uniques: false, settledOnly: false };
/** The same worlds each time, so that a change is not held up by what it has not done; FC_SEED and FC_RUNS look at others. */
const runs = { numRuns: Number(process.env.FC_RUNS ?? 250), seed: Number(process.env.FC_SEED ?? 1) };

/** With copies that differ in fewer worlds: most of what they are made of is in all of them. */
const worlds = [
  { kinds: everything, settings: runs },
  { kinds: { ...everything, uniques: true }, settings: { ...runs, numRuns: Math.ceil(runs.numRuns / 3) } },
] as const;

const seed = fc.integer({ min: 0, max: 0x7fff_ffff });

/** Chance from one number, so that a failing run shrinks and can be repeated. */
function chanceOf(from: number): (count: number) => number {
  let state = from;
  return (count) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return (state >>> 8) % count;
  };
}

const membersOf = (world: World): readonly string[] => world.input.view.members;

/** By a failed stop, or because the file says that a failure blocks it. */
function isBlocked(world: World, id: string, node: string): boolean {
  const record = recordOf(world.input, id, node);
  const service = must(
    world.input.cluster.services.find((each) => each.id === id),
    id,
  );
  return record.state === 'blocked' || leadsTo(service, record) === 'block';
}

const show = (plan: Plan): string => plan.actions.map(explain).join('\n');

const verbOf = {
  probing: 'probe',
  starting: 'start',
  stopping: 'stop',
  reloading: 'reload',
  promoting: 'promote',
  demoting: 'demote',
} as const;

function endOfState(world: World, service: string, on: string, chance: (count: number) => number): World {
  const { state, peer } = recordOf(world.input, service, on);
  const isArrival = peer !== null && recordOf(world.input, service, peer).state === 'moved';
  const verb = state === 'migrating' ? (isArrival ? 'migrateFrom' : 'migrateTo') : verbOf[state as keyof typeof verbOf];
  const action = { verb, service, on, drained: [] as readonly string[] } as unknown as PlannedAction;
  return end(world, action, chance(8) === 0 ? 'failed' : 'ok');
}

// ---------------------------------------------------------------- what must hold at every moment

const mayRun = (world: World, service: string, node: string): boolean => {
  const { state } = recordOf(world.input, service, node);
  return isActive(state) || ['stopping', 'failed', 'blocked', 'arriving', 'migrating', 'moved'].includes(state);
};

function checkBegin(world: World, action: PlannedAction): void {
  const service = world.input.cluster.services.find(({ id }) => id === action.service);
  if (service === undefined) return expect(action.verb).toBe('stop') as unknown as undefined;
  if (action.verb === 'start') checkStart(world, service, action);
  if (action.verb === 'stop') checkStop(world, service, action.on);
  if (action.verb === 'promote') checkPromote(world, service, action.on);
  if (action.peer != null) checkMigration(world, service, action, action.peer);
}

/** Of each order: the one before it is shown, and nobody else may have it. */
function checkMigration(world: World, service: Service, { verb, on }: PlannedAction, peer: string): void {
  const states = [on, peer].map((node) => recordOf(world.input, service.id, node).state);
  if (verb === 'expect') expect(states, 'the target expects what runs').toEqual(['stopped', 'running']);
  if (verb === 'migrateTo') expect(states, 'the target expects it').toEqual(['running', 'arriving']);
  if (verb === 'migrateFrom') expect(states, 'the source has given it away').toEqual(['arriving', 'moved']);
  for (const node of membersOf(world))
    if (node !== on && node !== peer)
      expect(mayRun(world, service.id, node), `${service.id} moves live while on ${node}`).toBe(false);
  if (verb !== 'migrateFrom')
    for (const need of service.needs) {
      const [source, target] = verb === 'expect' ? [peer, on] : [on, peer];
      expect(serves(world, need, target), `${need} serves ${service.id} on ${target}`).toBe(true);
      expect(source).not.toBe(target);
    }
}

function checkStart(world: World, service: Service, action: PlannedAction): void {
  const { on } = action;
  expect(recordOf(world.input, service.id, on).state, 'a start meets a stopped copy').toBe('stopped');
  for (const node of membersOf(world)) {
    if (node === on || service.clone) continue;
    const isHandedOver = mayOverlap(service) && action.handFrom === node;
    if (!isHandedOver) expect(mayRun(world, service.id, node), `${service.id} on ${on} while on ${node}`).toBe(false);
    if (service.on.includes(node))
      expect(recordOf(world.input, service.id, node).state, `${service.id} known on ${node}`).not.toBe('unknown');
  }
  checkNothingRunsThrough(world, service);
  for (const need of service.needs) expect(serves(world, need, on), `${need} serves ${service.id} on ${on}`).toBe(true);
}

function checkPromote(world: World, service: Service, on: string): void {
  const alike = world.input.cluster.services.filter((each) => nameInFile(each) === nameInFile(service));
  const others = alike.flatMap((each) =>
    membersOf(world).filter((node) => {
      const isOther = (each !== service || node !== on) && each.on.includes(node);
      return isOther && mayBePromoted(recordOf(world.input, each.id, node));
    }),
  );
  expect(others.length, `${service.id} is promoted on ${on} while it may be on ${others}`).toBeLessThan(
    service.promotable?.max ?? 1,
  );
  const lost = service.on.filter((node) => !membersOf(world).includes(node));
  const isKnown = (each: Service): boolean => world.input.held?.get(each.id)?.promoted === true;
  // Copies that differ are each in one place: who runs on a member runs on no lost node.
  const isHere = (each: Service): boolean => each.copyOf !== undefined && world.input.held?.get(each.id)?.ran === true;
  if (service.takeover === 'fencing' && !alike.some(isKnown) && !alike.every(isHere)) expect(lost).toEqual([]);
}

/** What lost what it needs does not go on with what takes its place, unless it holds no state. */
function checkNothingRunsThrough(world: World, service: Service): void {
  const isUp = (id: string, node: string): boolean => isActive(recordOf(world.input, id, node).state);
  if (membersOf(world).some((node) => isUp(service.id, node))) return;
  const { placements } = schedule(world.input);
  for (const dependent of world.input.cluster.services) {
    if (!dependent.needs.includes(service.id) || !restartsWithNeeds(dependent)) continue;
    const { nodes } = must(
      placements.find((each) => each.service === dependent.id),
      dependent.id,
    );
    for (const node of nodes)
      expect(recordOf(world.input, dependent.id, node).state, `${dependent.id} while ${service.id} starts`).not.toBe(
        'running',
      );
  }
}

/** Where it is placed on the same node it has to run there, else anywhere. */
function serves(world: World, need: string, node: string): boolean {
  const placed = must(
    schedule(world.input).placements.find((each) => each.service === need),
    need,
  ).nodes;
  const isUp = (at: string): boolean => ['running', 'reloading'].includes(recordOf(world.input, need, at).state);
  return placed.includes(node) ? isUp(node) : membersOf(world).some(isUp);
}

function checkStop(world: World, service: Service, on: string): void {
  for (const dependent of world.input.cluster.services) {
    if (!dependent.needs.includes(service.id)) continue;
    const placed = must(
      schedule(world.input).placements.find((each) => each.service === dependent.id),
      dependent.id,
    ).nodes;
    const state = recordOf(world.input, dependent.id, on).state;
    const staysThrough = placed.includes(on) && !restartsWithNeeds(dependent);
    const others = membersOf(world).some(
      (node) => node !== on && isActive(recordOf(world.input, service.id, node).state),
    );
    const isWithout = placed.includes(on) && others;
    if (!staysThrough && !isWithout)
      expect(isActive(state), `${dependent.id} stopped before ${service.id} on ${on}`).toBe(false);
  }
}

function checkLost(world: World, action: PlannedAction): void {
  const service = world.input.cluster.services.find(({ id }) => id === action.service);
  if (action.verb !== 'start' || service === undefined || service.clone || service.takeover === 'nothing') return;
  if (world.input.held?.get(service.id)?.ran) return;
  const lost = service.on.filter((node) => !membersOf(world).includes(node));
  if (service.takeover === 'fencing') expect(lost, `${service.id} may run on a lost node`).toEqual([]);
  for (const node of lost)
    expect(world.input.nowMs - must(world.input.lost.get(node), node)).toBeGreaterThanOrEqual(2000);
}

/**
 * As the coordinator does it: plan, begin something that waits for nothing or end something that is under way, plan again.
 * Returns the world in which nothing is left to do.
 */
function live(
  world: World,
  chance: (count: number) => number,
  watch: (before: World, action: PlannedAction) => void,
): World {
  let now = world;
  for (let step = 0; step < 600; step++) {
    const plan = schedule(now.input);
    const ready = plan.actions.filter((action) => action.blocked === null && action.after.length === 0);
    const busy = membersOf(now).flatMap((node) =>
      now.input.cluster.services
        .filter(({ id }) => underWay(recordOf(now.input, id, node).state) !== null)
        .map(({ id }) => ({ service: id, node })),
    );
    if (ready.length + busy.length === 0) {
      expect(
        plan.actions.filter((action) => action.blocked === null),
        show(plan),
      ).toEqual([]);
      return now;
    }
    const pick = chance(ready.length + busy.length);
    const action = ready[pick];
    if (action !== undefined) {
      watch(now, action);
      now = begin(now, action);
    } else {
      const { service, node } = must(busy[pick - ready.length], 'operation under way');
      now = endOfState(now, service, node, chance);
    }
  }
  throw new Error(`does not settle:\n${show(schedule(now.input))}`);
}

// ---------------------------------------------------------------- properties

describe('schedule', () => {
  test.each(worlds)(
    'a plan that is carried out leaves nothing to do (unique: $kinds.uniques)',
    ({ kinds, settings }) => {
      const property = fc.property(someWorld({ ...kinds, settledOnly: true }), seed, (world, from) => {
        const chance = chanceOf(from);
        // The plan is made for copies that a probe finds stopped.
        let current: World = { ...world, hidden: new Set() };
        const plans = [schedule(current.input)];
        // A clone takes a new definition one copy after the other: one plan for each.
        for (let left = world.input.cluster.nodes.length + 2; left >= 0 && ready(plans.at(-1)).length > 0; left--) {
          current = carryOut(current, plans.at(-1)?.actions ?? [], chance);
          plans.push(schedule(current.input));
        }
        expect(ready(plans.at(-1)), plans.map(show).join('\n--\n')).toEqual([]);
        // Only of a copy that runs a promotion score is believed.
        const isRolling = world.input.cluster.services.some(
          (service) =>
            service.promotable !== null || (service.clone && hasOldCopies(world, service)) || mayChangePlaces(service),
        );
        if (!isRolling) expect(plans.length).toBeLessThanOrEqual(2);
      });
      fc.assert(property, settings);
    },
  );

  test.each(worlds)(
    'carried out in any order: never two places, nothing without what it needs, and it comes to an end (unique: $kinds.uniques)',
    ({ kinds, settings }) => {
      const property = fc.property(someWorld(kinds), seed, (world, from) => {
        live(world, chanceOf(from), (before, action) => {
          checkBegin(before, action);
          checkLost(before, action);
        });
      });
      fc.assert(property, settings);
    },
  );

  test.each(worlds)(
    'in the end everything runs where it is placed, unless something blocks it (unique: $kinds.uniques)',
    ({ kinds, settings }) => {
      const property = fc.property(someWorld({ ...kinds, settledOnly: true }), seed, (world, from) => {
        const rest = live(world, chanceOf(from), () => {});
        const { placements, actions } = schedule(rest.input);
        const held = new Set(actions.map((action) => action.service));
        for (const { service, nodes } of placements) {
          const running = membersOf(rest).filter((node) => recordOf(rest.input, service, node).state === 'running');
          const isStuck = membersOf(rest).some((node) => isBlocked(rest, service, node));
          if (!held.has(service) && !isStuck)
            expect([...running].sort(byText), service).toEqual([...nodes].sort(byText));
        }
      });
      fc.assert(property, settings);
    },
  );

  test('a node that is forbidden is not chosen, and the best one is', () => {
    const property = fc.property(someWorld(everything), ({ input }) => {
      for (const { service, nodes, scores } of schedule(input).placements) {
        const world: World = { input, hidden: new Set() };
        if (membersOf(world).some((node) => isBlocked(world, service, node))) continue;
        const chosen = scores.filter(({ node }) => nodes.includes(node)).map(({ score }) => score);
        const others = scores
          .filter(({ node }) => !nodes.includes(node))
          .map(({ score }) => score ?? Number.NEGATIVE_INFINITY);
        expect(chosen).not.toContain(null);
        // Copies with roles stick one by one: each has scores of its own.
        const hasRoles = input.cluster.services.some(({ id, promotable }) => id === service && promotable !== null);
        // A copy of a clone goes where something can run that runs only with it, though a node without would be better.
        const hasCompany = input.cluster.services.some((each) => each.with.includes(service));
        const isClone = input.cluster.services.some(({ id, clone }) => id === service && clone);
        if (nodes.length > 0 && !hasRoles && !(isClone && hasCompany))
          expect(Math.min(...chosen.map(Number))).toBeGreaterThanOrEqual(Math.max(...others, Number.NEGATIVE_INFINITY));
      }
    });
    fc.assert(property, runs);
  });

  test('scores do not depend on the order of the file', () => {
    const property = fc.property(someWorld({ ...everything, withs: false }), seed, ({ input }, from) => {
      const chance = chanceOf(from);
      const services = input.cluster.services
        .map((service) => ({ service, key: chance(1000) }))
        .sort((a, b) => a.key - b.key)
        .map(({ service }) => service);
      const shuffled = schedule({ ...input, cluster: { ...input.cluster, services } });
      for (const placement of schedule(input).placements) {
        const other = must(
          shuffled.placements.find(({ service }) => service === placement.service),
          placement.service,
        );
        const scoresOf = (nodes: readonly string[]): readonly number[] =>
          placement.scores
            .filter(({ node }) => nodes.includes(node))
            .map(({ score }) => score ?? Number.NEGATIVE_INFINITY)
            .sort(byNumber);
        expect(other.nodes.length).toBe(placement.nodes.length);
        expect(scoresOf(other.nodes)).toEqual(scoresOf(placement.nodes));
      }
    });
    fc.assert(property, runs);
  });

  test('a node that comes back moves nothing that is to stay', () => {
    const property = fc.property(
      someWorld({ ...everything, withs: false, settledOnly: true }),
      seed,
      (random, from) => {
        const chance = chanceOf(from);
        const services = random.input.cluster.services.map((service) => ({ ...service, stickiness: stickinessMax }));
        const nodes = random.input.cluster.nodes.map(({ id }) => id);
        const cluster = clusterOf(nodes, services);
        const admin = { ...random.input.admin, moves: {} };
        const before = live({ ...random, input: { ...random.input, cluster, admin } }, chance, () => {});
        const view = { ...before.input.view, members: nodes };
        const records = new Map(nodes.map((node) => [node, before.input.records.get(node) ?? emptyRecord(node)]));
        const busy = new Set(schedule(before.input).actions.map((action) => action.service));
        const plan = schedule({ ...before.input, view, records, lost: new Map() });
        const stops = plan.actions.filter((action) => action.verb === 'stop' && !busy.has(action.service));
        // What could not run before may run now, and what needs it is then restarted or, if it did not run, started.
        const started = new Set(plan.actions.filter(({ verb }) => verb === 'start').map(({ service }) => service));
        const moved = stops.filter(({ because }) => !because.includes('which it needs'));
        expect(moved.map(explain), [...started].join(' ')).toEqual([]);
      },
    );
    fc.assert(property, runs);
  });

  test('the same input gives the same plan, whatever order records arrive in', () => {
    const property = fc.property(someWorld(everything), ({ input }) => {
      const records = new Map([...input.records].reverse());
      expect(schedule({ ...input, records })).toEqual(schedule(input));
    });
    fc.assert(property, runs);
  });

  test('what was planned before changes nothing', () => {
    const property = fc.property(someWorld(everything), seed, (world, from) => {
      const chance = chanceOf(from);
      let now = world;
      for (let step = 0; step < 4; step++) {
        const plan = schedule(now.input);
        // Of another cluster object nothing is remembered.
        expect(plan).toEqual(schedule({ ...now.input, cluster: { ...now.input.cluster } }));
        const able = ready(plan).filter((action) => action.after.length === 0);
        const action = able[chance(Math.max(1, able.length))];
        if (action === undefined) return;
        now = chance(2) === 0 ? begin(now, action) : end(begin(now, action), action);
      }
    });
    fc.assert(property, runs);
  });

  test('actions are numbered, and wait only for smaller numbers', () => {
    const property = fc.property(someWorld(everything), ({ input }) => {
      const { actions } = schedule(input);
      actions.forEach((action, index) => {
        expect(action.id).toBe(index);
        for (const sooner of action.after) expect(sooner).toBeLessThan(index);
        expect(action.because).not.toBe('');
      });
      const copies = actions
        .filter(({ verb }) => verb !== 'tune')
        .map(({ verb, service, on }) => `${verb} ${copyKey(service, on)}`);
      expect(new Set(copies).size).toBe(copies.length);
    });
    fc.assert(property, runs);
  });
});

const emptyRecord = (node: string): NodeRecord => ({
  node,
  boot: 2,
  version: 1,
  services: {},
  watchdog: 'none',
  fencings: [],
});
