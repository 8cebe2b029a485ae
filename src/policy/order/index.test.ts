import { describe, expect, it } from 'vitest';
import { act } from '../act/index.ts';
import { constrain } from '../constrain/index.ts';
import type { Input, OrderConfig, ResourceConfig, ResourceHistory } from '../input.ts';
import { essentialOrder, inSequence } from '../outcome/index.ts';
import { place } from '../place/index.ts';
import type { PolicyAction } from '../plan.ts';
import { situate } from '../situate/index.ts';
import { entry, input, primitive, set, up } from '../situate/inputs.testing.ts';
import type { Situation } from '../situation.ts';
import { order, orderedActions } from './index.ts';

interface Plan {
  readonly actions: readonly PolicyAction[];
  /** Starts, stops, promotions, demotions, migrations: `start a on x`. */
  readonly done: readonly string[];
  /** `start a on x < start b on x`, without what follows from two others. */
  readonly order: readonly string[];
  readonly blocked: readonly string[];
  readonly names: (action: PolicyAction) => string;
}

function planFor(wanted: Input): Plan {
  const situation = situate(wanted);
  const constraints = constrain(situation);
  const placement = place(situation, constraints);
  const ordered = order(situation, constraints, placement, act(situation, constraints, placement));
  const { actions, blocked } = orderedActions(situation, placement, ordered);
  const names = (action: PolicyAction): string => nameOf(situation, action);
  const real = (action: PolicyAction): boolean => !action.isPseudo && !['monitor', 'notify'].includes(action.task);
  return {
    actions,
    done: actions.filter(real).map(names).sort(),
    order: essentialOrder(actions, real).map(([first, second]) => `${names(first)} < ${names(second)}`),
    blocked: blocked.filter(real).map(names),
    names,
  };
}

function nameOf({ resources, nodes }: Situation, { task, resource, node }: PolicyAction): string {
  const where = node === null ? '' : ` on ${nodes[node]?.name}`;
  return `${task} ${resource === null ? '' : resources[resource]?.id}${where}`;
}

/** What the digest of no parameters at all is: the definition has not changed. */
const digest = 'f2317cad3d54cec5d7d7aa7d0bf35cf8';
const running = (...ids: readonly string[]): ResourceHistory[] => ids.map((id) => entry(id, ['start', { digest }]));

/** One node, where `on` runs, and another on which nothing may run. */
function onOne(
  resources: readonly ResourceConfig[],
  orders: readonly OrderConfig[],
  on: readonly string[] = [],
): Input {
  const base = input();
  return {
    ...base,
    nodes: base.nodes.slice(0, 1),
    nodeStates: [up('a', running(...on))],
    resources,
    constraints: { ...base.constraints, orders },
  };
}

const then = (first: string, second: string, parts: Partial<OrderConfig> = {}): OrderConfig => ({
  id: `${first}-${second}`,
  kind: null,
  score: null,
  symmetrical: null,
  requireAll: null,
  lifetime: [],
  link: {
    kind: 'pair',
    first,
    firstAction: null,
    firstInstance: null,
    second,
    secondAction: null,
    secondInstance: null,
  },
  ...parts,
});

const group = (id: string, ...members: readonly string[]): ResourceConfig => ({
  kind: 'group',
  id,
  meta: [],
  parameters: [],
  members: members.map((member) => primitive(member)),
});

const clone = (id: string, child: string, meta: Readonly<Record<string, string>> = {}): ResourceConfig => ({
  kind: 'clone',
  id,
  meta: set(meta),
  parameters: [],
  child: primitive(child),
});

const off = { 'target-role': 'Stopped' };

describe('two resources in order', () => {
  it.each([
    ['start one after the other', {}, [], ['start r on a < start s on a']],
    ['at least not the other way round', { kind: 'Optional' }, [], ['start r on a < start s on a']],
    ['need nothing that runs', {}, ['r'], []],
  ] as const)('%s', (_, parts, on, expected) => {
    const plan = planFor(onOne([primitive('r'), primitive('s')], [then('r', 's', parts)], on));
    expect(plan.order).toEqual(expected);
    expect(plan.blocked).toEqual([]);
  });

  it.each([
    ['a mandatory order takes the second along', {}, ['stop r on a', 'stop s on a'], []],
    ['an optional one does not', { kind: 'Optional' }, ['stop r on a'], []],
    ['one that is not symmetrical does not either', { symmetrical: false }, ['stop r on a'], []],
  ] as const)('when the first must not run: %s', (_, parts, expected, blocked) => {
    const resources = [primitive('r', off), primitive('s')];
    const plan = planFor(onOne(resources, [then('r', 's', parts)], ['r', 's']));
    expect(plan.done).toEqual(expected);
    expect(plan.blocked.filter((name) => !name.startsWith('start s'))).toEqual(blocked);
  });

  it('stop in reverse', () => {
    const resources = [primitive('r', off), primitive('s', off)];
    expect(planFor(onOne(resources, [then('r', 's')], ['r', 's'])).order).toEqual(['stop s on a < stop r on a']);
  });

  it('is not started without what it needs', () => {
    const plan = planFor(onOne([primitive('r', off), primitive('s')], [then('r', 's')]));
    expect(plan).toMatchObject({ done: [], blocked: ['start s on a'] });
  });

  it('that contradict each other end somewhere', () => {
    const plan = planFor(onOne([primitive('r'), primitive('s')], [then('r', 's'), then('s', 'r')]));
    expect(inSequence(plan.actions)).toHaveLength(plan.actions.length);
  });
});

describe('groups', () => {
  it('start from the first member to the last', () => {
    expect(planFor(onOne([group('g', 'r', 's', 't')], [])).order).toEqual([
      'start r on a < start s on a',
      'start s on a < start t on a',
    ]);
  });

  it('are waited for as a whole', () => {
    const plan = planFor(onOne([group('g', 'r', 's'), primitive('t')], [then('g', 't')]));
    expect(plan.order).toContain('start s on a < start t on a');
  });
});

describe('clones', () => {
  const resources = (interleave: string): ResourceConfig[] => [
    clone('c', 'r', { interleave }),
    clone('d', 's', { interleave }),
  ];
  /** `r` has failed on the second of three nodes. */
  const failed = entry('r', ['start', { digest }], ['monitor/10', { rc: 7 }]);
  const history = (node: string): ResourceHistory[] => [...(node === 'b' ? [failed] : running('r')), ...running('s')];

  it.each([
    ['true', ['start s:1 on b']],
    ['false', ['start s:0 on a', 'start s:1 on b', 'start s:2 on c']],
  ] as const)('that are interleaved (%s) restart with the instance beside them only', (interleave, expected) => {
    const base = input();
    const plan = planFor({
      ...base,
      nodeStates: ['a', 'b', 'c'].map((node) => up(node, history(node))),
      resources: resources(interleave),
      constraints: { ...base.constraints, orders: [then('c', 'd')] },
    });
    expect(plan.done.filter((name) => name.startsWith('start s'))).toEqual(expected);
  });

  it('need only as many instances as they say', () => {
    const wanted = (min: string): Plan =>
      planFor(
        onOne(
          [clone('c', 'r', { 'clone-min': min, 'clone-max': '2', 'clone-node-max': '1' }), primitive('s')],
          [then('c', 's')],
        ),
      );
    expect(wanted('1').done).toContain('start s on a');
    expect(wanted('2').blocked).toContain('start s on a');
  });

  it('tell their instances before and after each step', () => {
    const plan = planFor({
      ...input(),
      nodeStates: [up('a', running('r')), up('b'), up('c')],
      resources: [clone('c', 'r', { notify: 'true' })],
    });
    const told = inSequence(plan.actions).filter(({ task, isPseudo }) => task === 'notify' && !isPseudo);
    expect(told.map((action) => `${action.how} ${plan.names(action)}`).sort()).toEqual([
      'post start notify r:0 on a',
      'post start notify r:1 on b',
      'post start notify r:2 on c',
      'pre start notify r:0 on a',
    ]);
    const last = inSequence(plan.actions).findLast(({ task, isPseudo }) => task === 'start' && !isPseudo);
    expect(plan.actions.find(({ id }) => id === last?.id)?.after.length).toBeGreaterThan(0);
  });
});

describe('sets', () => {
  const members = (id: string, names: readonly string[], requireAll: boolean | null) => ({
    id,
    members: names,
    role: null,
    action: null,
    score: null,
    kind: null,
    sequential: false,
    requireAll,
    ordering: null,
  });

  it.each([
    ['one is enough', false, ['start s on a', 'start t on a'], []],
    ['all are needed', true, ['start s on a'], ['start t on a']],
  ] as const)('of which %s', (_, requireAll, done, blocked) => {
    const sets = [members('x', ['r', 's'], requireAll), members('y', ['t'], null)];
    const constraint = then('', '', { id: 'o', link: { kind: 'sets', sets } });
    const plan = planFor(onOne([primitive('r', off), primitive('s'), primitive('t')], [constraint]));
    expect(plan).toMatchObject({ done, blocked });
  });
});
