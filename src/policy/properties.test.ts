import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyCluster } from './cases/arbitrary.ts';
import {
  historyOf,
  inputOf,
  location,
  onlineNode,
  plainCluster,
  primitive,
  primitivesOf,
  type ToldCluster,
} from './cases/cluster.ts';
import { type Decision, decide } from './index.ts';
import { carryOut, inSequence, shownOf } from './outcome/index.ts';
import type { PolicyAction } from './plan.ts';
import type { Resource } from './situation.ts';

const calm = anyCluster({ calm: true });
const any = anyCluster({ calm: false });

/** In words, so that a failure can be read. */
function told({ situation, plan }: Decision): string[] {
  return plan.actions
    .filter(({ isPseudo }) => !isPseudo)
    .map(({ task, resource, node, how }) => {
      const id = resource === null ? how : situation.resources[resource]?.id;
      return `${task} ${id} ${situation.nodes[node ?? -1]?.name}`;
    });
}

const wordOf = (cluster: ToldCluster, { situation }: Decision, action: PolicyAction): string | undefined =>
  cluster.nodes.find(({ name }) => name === situation.nodes[action.node ?? -1]?.name)?.word;

const isDoing = ({ task, isPseudo }: PolicyAction, ...tasks: readonly string[]): boolean =>
  !isPseudo && tasks.includes(task);

describe('whatever the cluster', () => {
  test('the same question has the same answer', () => {
    fc.assert(
      fc.property(any, (cluster) => {
        const input = inputOf(cluster);
        expect(told(decide(input))).toEqual(told(decide(input)));
      }),
    );
  });

  test('the actions of a plan can be put in a row', () => {
    fc.assert(fc.property(any, (cluster) => void inSequence(decide(inputOf(cluster)).plan.actions)));
  });

  test('a node that can run nothing is never chosen', () => {
    fc.assert(
      fc.property(any, (cluster) => {
        const decision = decide(inputOf(cluster));
        for (const action of decision.plan.actions)
          if (isDoing(action, 'start', 'promote', 'migrate_from'))
            expect(wordOf(cluster, decision, action)).toBe('online');
      }),
    );
  });

  test('nobody touches what is not managed', () => {
    fc.assert(
      fc.property(any, (cluster) => {
        const decision = decide(inputOf(cluster));
        for (const { task, resource, isPseudo } of decision.plan.actions) {
          if (resource === null || isPseudo || !/^(start|stop|promote|demote|migrate_.*)$/.test(task)) continue;
          expect(decision.placement.managed[resource], `${task} ${decision.situation.resources[resource]?.id}`).toBe(1);
        }
      }),
    );
  });

  test('what a lost node ran begins elsewhere only after its fencing', () => {
    fc.assert(
      fc.property(any, (cluster) => {
        const decision = decide(inputOf(cluster));
        const { nodes, resources, options } = decision.situation;
        if (!options.fencingEnabled) return;
        const after = allBefore(decision.plan.actions);
        for (const action of decision.plan.actions) {
          if (!isDoing(action, 'start') || action.resource === null) continue;
          if (!/fencing$/.test(resources[action.resource]?.meta.requires ?? '')) continue;
          const { runningOn = [] } = resources[action.resource] ?? {};
          const lost = runningOn.filter((node) => nodes[node]?.unclean && !nodes[node]?.online && node !== action.node);
          const fenced = [...(after[action.id] ?? [])].map((id) => decision.plan.actions[id]);
          for (const node of lost)
            expect(
              fenced.some((each) => each?.task === 'fence' && each.node === node),
              `${told(decision)}`,
            ).toBe(true);
        }
      }),
    );
  });

  test('without quorum nothing begins', () => {
    fc.assert(
      fc.property(any, (cluster) => {
        const { 'no-quorum-policy': _, ...options } = cluster.options;
        const decision = decide(inputOf({ ...cluster, options, quorate: false }));
        const began = decision.plan.actions.filter((action) => isDoing(action, 'start', 'promote', 'migrate_from'));
        const needs = began.filter(
          ({ resource }) => decision.situation.resources[resource ?? -1]?.meta.requires !== 'nothing',
        );
        expect(
          needs.map(({ task, resource }) => `${task} ${decision.situation.resources[resource ?? -1]?.id}`),
        ).toEqual([]);
      }),
    );
  });
});

describe('a healthy cluster', () => {
  test('has nothing to do once a plan was carried out', () => {
    fc.assert(
      fc.property(calm, (cluster) => {
        const first = decide(inputOf(cluster));
        const second = decide(carryOut(first));
        expect(
          told(second).filter((line) => !/^(monitor|cancel)/.test(line)),
          told(first).join('\n'),
        ).toEqual([]);
        expect(told(decide(carryOut(second))), told(second).join('\n')).toEqual([]);
      }),
    );
  });

  test('runs nothing twice that may run once', () => {
    fc.assert(
      fc.property(calm, (cluster) => {
        const first = decide(inputOf(cluster));
        const { resources } = shownOf(decide(carryOut(first)).situation);
        const single = cluster.resources
          .filter(({ kind }) => kind === 'primitive' || kind === 'group')
          .flatMap(primitivesOf);
        for (const { id } of single)
          expect(resources.filter((each) => each.id === id).length, id).toBeLessThanOrEqual(1);
      }),
    );
  });

  /**
   * Unless something had no place before: then others may make room. Order is left out: what comes after a clone waits for all its
   * instances, and starts again when there is one more.
   */
  test('stops nothing because a node was added', () => {
    fc.assert(
      fc.property(calm, (cluster) => {
        const constraints = { ...cluster.constraints, orders: [] };
        const first = decide(inputOf({ ...cluster, constraints }));
        const isHomeless = ({ index, kind, instance }: Resource): boolean =>
          kind === 'primitive' && instance === null && first.placement.nodeOf[index] === -1;
        fc.pre(!first.situation.resources.some(isHomeless));
        const rest = carryOut(first);
        const { nodes, nodeStates } = inputOf({
          ...plainCluster,
          nodes: [{ ...onlineNode('z'), history: probed(cluster) }],
        });
        const more = { ...rest, nodes: [...rest.nodes, ...nodes], nodeStates: [...rest.nodeStates, ...nodeStates] };
        const stops = told(decide(more)).filter((line) => /^(stop|demote)/.test(line));
        expect(stops, told(first).join('\n')).toEqual([]);
      }),
    );
  });

  test('does not mind in which order unrelated resources are written down', () => {
    const liking = fc.array(fc.tuple(fc.nat(3), fc.nat(3)), { minLength: 2, maxLength: 8 });
    fc.assert(
      fc.property(liking, fc.nat(1000), (likes, shuffle) => {
        const names = ['a', 'b', 'c', 'd'];
        const resources = likes.map((_, at) => primitive(`r${at}`));
        const locations = likes.map(([liked], at) => location(`r${at}`, names[liked] ?? 'a', 100));
        const nodes = names.map((name, number) => ({
          ...onlineNode(name),
          history: likes.map(([, home], at) =>
            historyOf(`r${at}`, [home === number ? { name: 'start' } : { name: 'monitor', rc: 7, expected: 7 }]),
          ),
        }));
        const cluster = { ...plainCluster, nodes, resources, constraints: { ...plainCluster.constraints, locations } };
        const turned = [
          ...resources.slice(shuffle % likes.length),
          ...resources.slice(0, shuffle % likes.length),
        ].reverse();
        const other = {
          ...cluster,
          resources: turned,
          constraints: { ...cluster.constraints, locations: [...locations].reverse() },
        };
        expect(told(decide(inputOf(other))).sort()).toEqual(told(decide(inputOf(cluster))).sort());
      }),
    );
  });
});

const probed = (cluster: ToldCluster) =>
  cluster.resources
    .flatMap(primitivesOf)
    .map(({ id, agent }) => historyOf(id, [{ name: 'monitor', rc: 7, expected: 7 }], agent));

/** By action: all that must have ended before it. */
function allBefore(actions: readonly PolicyAction[]): Set<number>[] {
  const all: Set<number>[] = [];
  for (const { id, after } of inSequence(actions))
    all[id] = new Set(after.flatMap((first) => [first, ...(all[first] ?? [])]));
  return all;
}
