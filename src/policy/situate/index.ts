/** The situation: what is, and what was seen of it, interpreted as Pacemaker 2.1 does. The first pass of the engine. */
import type { Input, ResourceHistory } from '../input.ts';
import type { Situation } from '../situation.ts';
import { freeze } from './freeze.ts';
import { readHistories } from './history.ts';
import { makeConfiguredNode, readNodeState, readRemoteOnline } from './nodes.ts';
import { optionsOf, readSettings } from './options.ts';
import { linkContainers, makeRemoteNodes, makeResource } from './resources.ts';
import type { World } from './world.ts';

export function situate(input: Input): Situation {
  const world = emptyWorld(input);
  for (const node of input.nodes) makeConfiguredNode(world, node);
  const connections = makeRemoteNodes(world);
  for (const config of [...input.resources, ...connections])
    makeResource(world, config, { parent: null, instance: null });
  linkContainers(world);
  for (const state of input.nodeStates) readNodeState(world, state);
  readHistories(world);
  stopContainers(world);
  readRemaining(world);
  return freeze(world);
}

function emptyWorld(input: Input): World {
  let histories: World['histories'] | null = null;
  const settings = readSettings(input);
  return {
    input,
    settings,
    options: optionsOf(input, settings),
    nodes: [],
    nodeByName: new Map(),
    nodeById: new Map(),
    resources: [],
    top: [],
    resourceById: new Map(),
    orphans: new Map(),
    bans: [],
    pins: [],
    fences: [],
    notes: [],
    containersToStop: [],
    // Seldom asked for.
    get histories() {
      histories ??= historiesOf(input);
      return histories;
    },
  };
}

function historiesOf(input: Input): World['histories'] {
  const byNode = new Map<string, Map<string, ResourceHistory>>();
  for (const state of input.nodeStates) {
    const byId = byNode.get(state.name) ?? new Map<string, ResourceHistory>();
    for (const entry of state.history) byId.set(entry.id, entry);
    byNode.set(state.name, byId);
  }
  return byNode;
}

function stopContainers(world: World): void {
  for (const container of world.containersToStop) {
    const node = container.runningOn[0];
    if (node !== undefined) container.mustStopOn.add(node);
  }
}

/** Remote nodes that leave take their connection along; those without any history are up or down as their connection is. */
function readRemaining(world: World): void {
  for (const node of world.nodes) {
    if (node.type !== 'remote') continue;
    if (node.shuttingDown && node.connection !== null) node.connection.nextRole = 'stopped';
    if (!node.historyRead) readRemoteOnline(node);
  }
}
