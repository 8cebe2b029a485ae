/** What the policy engine makes of the configuration as it was read: what Pacemaker does. */
import { decide } from '../../../../policy/index.ts';
import type { AttributeSet, Input, NodeState } from '../../../../policy/input.ts';
import { carryOut } from '../../../../policy/outcome/index.ts';
import { situate } from '../../../../policy/situate/index.ts';
import type { Resource, Situation } from '../../../../policy/situation.ts';
import type { ImportNames } from '../names.ts';
import { type Circumstances, type Outcome, promotionScore, type Running, roundsMax } from './outcome.ts';

export class Theirs {
  readonly #bare: Input;
  readonly #names: ImportNames;
  readonly #nodes: readonly string[];
  readonly #promotable: readonly string[];
  /** As it is once everything runs with all nodes there. */
  #settled: Input | null = null;

  /** `bare`: see `bareOf`. `nodes`: names in the cluster file. */
  constructor(bare: Input, names: ImportNames, nodes: readonly string[]) {
    this.#bare = bare;
    this.#names = names;
    this.#nodes = nodes;
    this.#promotable = situate(bare)
      .resources.filter(({ kind, meta }) => kind === 'primitive' && meta.promotable)
      .flatMap(({ id, baseId, historyId }) => [id, baseId, historyId]);
  }

  ask({ lost, standby, before }: Circumstances): Outcome {
    const from = before === null ? this.#bare : (this.#settled ?? this.#bare);
    const states = this.#bare.nodes
      .filter(({ type }) => type === 'member')
      .map((node) => this.#stateOf(node, from.nodeStates, lost, standby));
    let input: Input = { ...this.#bare, nodeStates: states };
    const actions = new Set<string>();
    for (let round = 0; round < roundsMax; round++) {
      const decision = decide(input);
      const done = this.#actionsOf(decision);
      for (const action of done) actions.add(action);
      input = carryOut(decision);
      if (done.length === 0) break;
    }
    if (lost === null && standby === null) this.#settled = input;
    const running = this.#runningIn(situate(input));
    return { running, actions: [...actions].sort(), why: () => null };
  }

  #stateOf(
    { id, name }: { readonly id: string; readonly name: string },
    from: readonly NodeState[],
    lost: string | null,
    standby: string | null,
  ): NodeState {
    const here = this.#names.node(name);
    const isLost = here === lost;
    const known = from.find((state) => state.name === name);
    return {
      id,
      name,
      isRemote: false,
      inMembership: String(!isLost),
      peer: isLost ? 'offline' : 'online',
      join: isLost ? 'down' : 'member',
      expected: isLost ? 'down' : 'member',
      hasLrm: !isLost,
      fencedRemote: null,
      inMaintenance: null,
      transient: isLost ? [] : [this.#attributesOf(here ?? name, here === standby)],
      history: isLost ? [] : (known?.history ?? []),
    };
  }

  #attributesOf(node: string, isStandby: boolean): AttributeSet {
    const scores = this.#promotable.map((id) => [`master-${id}`, String(promotionScore(this.#nodes, node))] as const);
    return {
      id: `status-${node}`,
      score: null,
      rule: null,
      values: [...(isStandby ? [['standby', 'on'] as const] : []), ...scores],
    };
  }

  #nameOf({ baseId }: Resource): string | null {
    return this.#names.thing(baseId)?.name ?? null;
  }

  #runningIn({ resources, nodes }: Situation): Running {
    const running = new Map<string, Map<string, 'started' | 'promoted'>>();
    for (const resource of resources) {
      const name = resource.kind === 'primitive' ? this.#nameOf(resource) : null;
      if (name === null) continue;
      const places = running.get(name) ?? new Map<string, 'started' | 'promoted'>();
      for (const [at, index] of resource.runningOn.entries()) {
        const node = nodes[index];
        const place = node?.online === true ? this.#names.node(node.name) : null;
        if (place === null) continue;
        const isPromoted = resource.roleOn[at] === 'promoted' || places.get(place) === 'promoted';
        places.set(place, isPromoted ? 'promoted' : 'started');
      }
      running.set(name, places);
    }
    return running;
  }

  #actionsOf({ situation, plan }: ReturnType<typeof decide>): readonly string[] {
    return plan.actions.flatMap(({ task, resource, node, isPseudo }) => {
      const word = words[task];
      const what = situation.resources[resource ?? -1];
      const where = situation.nodes[node ?? -1];
      const isOurs = word !== undefined && !isPseudo && what?.kind === 'primitive' && where !== undefined;
      const name = isOurs ? this.#nameOf(what) : null;
      return name === null || where === undefined ? [] : [`${word} ${name} ${this.#names.node(where.name)}`];
    });
  }
}

const words: Readonly<Record<string, string>> = {
  start: 'start',
  stop: 'stop',
  promote: 'promote',
  demote: 'demote',
  migrate_to: 'stop',
  migrate_from: 'start',
};
