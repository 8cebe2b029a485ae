/** What the policy engine makes of the configuration as it was read: what Pacemaker does. */
import { copyId } from '../../../../core/model.ts';
import { must } from '../../../../lib/assert.ts';
import { decide } from '../../../../policy/index.ts';
import type { BundleConfig, Input, NodeState } from '../../../../policy/input.ts';
import { carryOut } from '../../../../policy/outcome/index.ts';
import { situate } from '../../../../policy/situate/index.ts';
import type { Node, Resource, Situation } from '../../../../policy/situation.ts';
import type { ImportNames } from '../names.ts';
import { remoteNodesOf } from '../remotes.ts';
import { type Circumstances, type Outcome, promotionScore, type Running, roundsMax } from './outcome.ts';

export class Theirs {
  readonly #bare: Input;
  readonly #names: ImportNames;
  readonly #nodes: readonly string[];
  readonly #unique: ReadonlySet<string>;
  /** What runs in containers: here that is no service of its own, and what it is promoted to, its container is. */
  readonly #inside: ReadonlySet<string>;
  /** Copies in the cluster file by the ids of the containers of bundles. */
  readonly #containers: ReadonlyMap<string, string>;
  /** Names in the configuration. */
  readonly #remotes: readonly string[];
  /** Those of containers with something inside, which are nodes to Pacemaker. */
  readonly #replicas: readonly string[];
  /** As it is once everything runs with all nodes there. */
  #settled: Input | null = null;

  /** `bare`: see `bareOf`. `nodes`: names in the cluster file. `unique`: services in it of which each copy is asked for. */
  constructor(bare: Input, names: ImportNames, nodes: readonly string[], unique: ReadonlySet<string>) {
    this.#bare = bare;
    this.#names = names;
    this.#nodes = nodes;
    this.#unique = unique;
    const bundles = bare.resources.flatMap((each) => (each.kind === 'bundle' ? [each] : []));
    this.#inside = new Set(bundles.flatMap(({ child }) => child?.id ?? []));
    this.#containers = new Map(bundles.flatMap((each) => containersOf(each, names, unique)));
    const situation = situate(bare);
    this.#remotes = [...remoteNodesOf(situation).keys()];
    this.#replicas = situation.nodes.flatMap((node) => (node.isInBundle ? [node.name] : []));
  }

  ask({ lost, standby, before }: Circumstances): Outcome {
    const from = before === null ? this.#bare : (this.#settled ?? this.#bare);
    const members = this.#bare.nodes.filter(({ type }) => type === 'member');
    const states = [
      ...members.map((node) => this.#stateOf(node, from.nodeStates, lost)),
      ...[...this.#remotes, ...this.#replicas].map((name) => this.#remoteState(name, from.nodeStates)),
    ];
    let input: Input = { ...this.#bare, nodeStates: states };
    const actions = new Set<string>();
    for (let round = 0; round < roundsMax; round++) {
      const decision = decide(this.#withScores(input, standby));
      const done = this.#actionsOf(decision);
      for (const action of done) actions.add(action);
      if (done.length === 0) break;
      input = carryOut(decision);
    }
    if (lost === null && standby === null) this.#settled = input;
    const running = this.#runningIn(situate(input));
    return { running, actions: [...actions].sort(), why: () => null };
  }

  #stateOf(
    { id, name }: { readonly id: string; readonly name: string },
    from: readonly NodeState[],
    lost: string | null,
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
      transient: [],
      history: isLost ? [] : (known?.history ?? []),
    };
  }

  /** Whether it is up shows in the history of its connection. */
  #remoteState(name: string, from: readonly NodeState[]): NodeState {
    const nothing = { inMembership: null, peer: null, join: null, expected: null, fencedRemote: null };
    const known = from.find((state) => state.name === name);
    const { history = [] } = known ?? {};
    return { id: name, name, isRemote: true, ...nothing, hasLrm: true, inMaintenance: null, transient: [], history };
  }

  /** Agents give their copies a promotion score once they run; who is in standby says so as long as it is. */
  #withScores(input: Input, standby: string | null): Input {
    const situation = situate(input);
    const values = new Map<string, (readonly [string, string])[]>();
    for (const { kind, meta, runningOn, id, baseId } of situation.resources)
      for (const index of kind === 'primitive' && meta.promotable ? runningOn : []) {
        const node = must(situation.nodes[index], `node ${index}`);
        const { name: host } = hostOf(node, situation) ?? node;
        const score = String(promotionScore(this.#nodes, this.#names.node(host) ?? host));
        const said = [`master-${baseId}`, ...(meta.isUnique ? [`master-${id}`] : [])];
        // Replicas are told apart, or asked by their host: `container-attribute-target`.
        for (const name of new Set([node.name, host]))
          values.set(name, [...(values.get(name) ?? []), ...said.map((key) => [key, score] as const)]);
      }
    const nodeStates = input.nodeStates.map((state) => {
      const isStandby = standby !== null && this.#names.node(state.name) === standby;
      const all = [...(isStandby ? [['standby', 'on'] as const] : []), ...(values.get(state.name) ?? [])];
      return { ...state, transient: [{ id: `status-${state.name}`, score: null, rule: null, values: all }] };
    });
    return { ...input, nodeStates };
  }

  /** What it is called here, and on which node of the cluster it is. What runs inside of a container is that; null: it is nothing here. */
  #placeOf(resource: Resource, node: Node, situation: Situation): readonly [name: string, place: string] | null {
    const container = this.#inside.has(resource.baseId) ? situation.resources[node.container ?? -1] : resource;
    const host = container === resource ? node : hostOf(node, situation);
    const name = container === undefined ? null : this.#nameOf(container);
    // What is no node of the cluster file is told of in the notes.
    const place = host === null ? null : this.#names.node(host.name);
    return name === null || place === null ? null : [name, place];
  }

  #nameOf({ id, baseId, instance }: Resource): string | null {
    const container = this.#containers.get(id);
    if (container !== undefined) return container;
    const name = this.#names.thing(baseId)?.name ?? null;
    return name !== null && this.#unique.has(name) ? copyId({ service: name, number: instance ?? 0 }) : name;
  }

  #runningIn(situation: Situation): Running {
    const running = new Map<string, Map<string, 'started' | 'promoted'>>();
    for (const resource of situation.resources) {
      if (resource.kind !== 'primitive') continue;
      const name = this.#inside.has(resource.baseId) ? null : this.#nameOf(resource);
      if (name !== null && !running.has(name)) running.set(name, new Map());
      for (const [at, index] of resource.runningOn.entries()) {
        const node = must(situation.nodes[index], `node ${index}`);
        const [copy, place] = (node.online ? this.#placeOf(resource, node, situation) : null) ?? [];
        if (copy === undefined || place === undefined) continue;
        const places = running.get(copy) ?? new Map<string, 'started' | 'promoted'>();
        const isPromoted = resource.roleOn[at] === 'promoted' || places.get(place) === 'promoted';
        running.set(copy, places.set(place, isPromoted ? 'promoted' : 'started'));
      }
    }
    return running;
  }

  #actionsOf({ situation, plan }: ReturnType<typeof decide>): readonly string[] {
    return plan.actions.flatMap(({ task, resource, node, isPseudo }) => {
      const word = words[task];
      const what = situation.resources[resource ?? -1];
      const where = situation.nodes[node ?? -1];
      if (word === undefined || isPseudo || what?.kind !== 'primitive' || where === undefined) return [];
      // Its container starts and stops with it.
      if (this.#inside.has(what.baseId) && word !== 'promote' && word !== 'demote') return [];
      const found = this.#placeOf(what, where, situation);
      return found === null ? [] : [`${word} ${found.join(' ')}`];
    });
  }
}

/** Where the container runs that a node is; null: nowhere, or it is none. */
function hostOf({ isInBundle, container }: Node, { nodes, resources }: Situation): Node | null {
  const index = isInBundle ? resources[container ?? -1]?.runningOn[0] : undefined;
  return nodes[index ?? -1] ?? null;
}

function containersOf(
  { id, technology, container }: BundleConfig,
  names: ImportNames,
  unique: ReadonlySet<string>,
): [string, string][] {
  const service = names.thing(id)?.name;
  if (service === undefined) return [];
  const safe = `${id}-${technology}`.replace(/[:#]/g, '.');
  const max = Math.max(Number.parseInt(container.get('replicas') ?? '', 10) || 1, containersMax);
  return Array.from({ length: max }, (_, number) => [
    `${safe}-${number}`,
    unique.has(service) ? copyId({ service, number }) : service,
  ]);
}

/** More than any of them can have here. */
const containersMax = 32;

const words: Readonly<Record<string, string>> = {
  start: 'start',
  stop: 'stop',
  promote: 'promote',
  demote: 'demote',
  migrate_to: 'stop',
  migrate_from: 'start',
};
