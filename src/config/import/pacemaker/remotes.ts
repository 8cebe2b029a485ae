/**
 * Remote nodes and guests. To Pacemaker they are no members; here each runs the daemon, and is a node without a vote. The machine of a
 * guest is the service whose meta attributes name it (`remote-node`).
 */
import type { Input, NodeConfig, PrimitiveConfig, ResourceConfig } from '../../../policy/input.ts';
import { readSets } from '../../../policy/rule/index.ts';
import { situate } from '../../../policy/situate/index.ts';
import type { Situation } from '../../../policy/situation.ts';
import { primitivesOf } from './names.ts';

export interface RemoteNode {
  readonly name: string;
  /** What the configuration calls its host; null: by its name. */
  readonly server: string | null;
  /** Id of the primitive that is the machine of a guest; null: a machine of its own. */
  readonly machine: string | null;
}

/** By names. Containers of bundles are none of them. */
export type RemoteNodes = ReadonlyMap<string, RemoteNode>;

/** The engine has a connection for each, also for those that only meta attributes tell of. */
export function remoteNodesOf({ resources, input }: Situation): RemoteNodes {
  const primitives = new Set(
    input.resources.filter(({ kind }) => kind !== 'bundle').flatMap((each) => primitivesOf(each).map(({ id }) => id)),
  );
  const found = new Map<string, RemoteNode>();
  for (const { config, rawMeta, parameterSets } of resources) {
    if (config?.kind !== 'primitive' || !isConnection(config)) continue;
    const machine = rawMeta.get('container') ?? null;
    // Containers of bundles are nodes of the engine's own.
    if (!primitives.has(machine ?? config.id)) continue;
    const params = readSets(parameterSets, { nowS: 0 });
    found.set(config.id, { name: config.id, server: params.get('server') ?? params.get('addr') ?? null, machine });
  }
  return found;
}

export const isConnection = ({ agent }: PrimitiveConfig): boolean =>
  agent.provider === 'pacemaker' && agent.type === 'remote';

/** As nodes like any others; what the configuration says of them stays said. */
export function withRemoteNodes(input: Input, remotes: RemoteNodes): Input {
  const known = new Set(input.nodes.map(({ name }) => name));
  const more = [...remotes.keys()].filter((name) => !known.has(name));
  return {
    ...input,
    nodes: [
      ...input.nodes.map((node): NodeConfig => (remotes.has(node.name) ? { ...node, type: 'member' } : node)),
      ...more.map(
        (name): NodeConfig => ({ id: name, name, type: 'member', score: 0, attributes: [], utilization: [] }),
      ),
    ],
  };
}

export const hasGuests = (remotes: RemoteNodes): boolean =>
  [...remotes.values()].some(({ machine }) => machine !== null);

/** With remote nodes, but not guests, as members that nobody has to connect to. */
export function withoutConnections(input: Input): Input {
  const remotes = new Map([...remoteNodesOf(situate(input))].filter(([, { machine }]) => machine === null));
  const isLeft = (resource: ResourceConfig): boolean => !remotes.has(resource.id);
  return { ...withRemoteNodes(input, remotes), resources: input.resources.filter(isLeft) };
}
