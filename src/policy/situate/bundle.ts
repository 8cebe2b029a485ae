/** Bundles: for each replica a container, perhaps an address, a connection into it, and an instance of what runs inside. */
import type { AttributeSet, BundleConfig, CloneConfig, PrimitiveConfig } from '../input.ts';
import { wholeOf } from '../rule/text.ts';
import { infinity } from '../values.ts';
import {
  containerParameters,
  controlPort,
  nextAddress,
  type Parameters,
  type ReplicaAddress,
} from './containerOptions.ts';
import { makeNode } from './nodes.ts';
import { add, connectionConfig, draft, makeResource, type Place } from './resources.ts';
import { nodeNamed, type WorkNode, type WorkReplica, type WorkResource, type World } from './world.ts';

interface Size {
  readonly replicas: number;
  readonly perHost: number;
  /** 0: nothing is promoted. */
  readonly promoted: number;
}

function sizeOf({ container, network, child }: BundleConfig): Size {
  const promoted = Math.max(wholeOf(container.get('promoted-max') ?? container.get('masters')) ?? 0, 0);
  const byDefault = promoted > 0 && !container.has('replicas') ? promoted : 1;
  const perHost = Math.max(wholeOf(container.get('replicas-per-host')) ?? 1, 1);
  // With nothing but a port to tell them apart, there can be one on a host.
  const sharesPorts =
    child !== null && network?.has('ip-range-start') !== true && network?.has('control-port') === true;
  return {
    replicas: Math.max(wholeOf(container.get('replicas')) ?? byDefault, 1),
    perHost: sharesPorts ? 1 : perHost,
    promoted,
  };
}

export function makeBundle(world: World, config: BundleConfig, place: Place): WorkResource | null {
  const canConnect = config.network?.has('ip-range-start') === true || config.network?.has('control-port') === true;
  if (config.child !== null && !canConnect) {
    world.notes.push(`${config.id}: what is inside cannot be reached without ip-range-start or control-port`);
    return null;
  }
  const bundle = draft(world, config, place);
  const size = sizeOf(config);
  bundle.isUnique = size.perHost > 1;
  bundle.meta = { ...bundle.meta, ...limitsOf(size), isUnique: bundle.isUnique };
  add(world, bundle);
  const clone =
    config.child === null
      ? null
      : makeResource(world, cloneInside(config, config.child, size), { parent: bundle, instance: null });
  const addresses = addressesOf(config, size);
  for (const address of addresses) {
    const child = clone?.children[address.offset] ?? null;
    bundle.replicas.push(makeReplica(world, config, bundle, child, address, addresses));
  }
  if (clone !== null) finishClone(bundle, clone);
  return bundle;
}

const limitsOf = (size: Size) => ({
  cloneMax: size.replicas,
  cloneNodeMax: size.perHost,
  promotable: size.promoted > 0,
  promotedMax: size.promoted,
});

/** The name of a clone that can be promoted is the old one, since the name is part of what was recorded. */
function cloneInside(config: BundleConfig, child: PrimitiveConfig, size: Size): CloneConfig {
  const values: Parameters = [
    ['ordered', 'true'],
    ['clone-max', String(size.replicas)],
    ['clone-node-max', String(size.perHost)],
    ['globally-unique', String(size.perHost > 1)],
  ];
  if (size.promoted > 0) values.push(['promotable', 'true'], ['promoted-max', String(size.promoted)]);
  const id = `${config.id}-${size.promoted > 0 ? 'master' : 'clone'}`;
  // What is said of the capacity that it needs is meant of the container, which is the only one to need any.
  const inside: PrimitiveConfig = { ...child, utilization: [] };
  return { kind: 'clone', id, meta: setOf(`${id}-meta`, values), parameters: [], child: inside };
}

const setOf = (id: string, values: Parameters): readonly AttributeSet[] => [{ id, score: null, rule: null, values }];

function addressesOf(config: BundleConfig, size: Size): ReplicaAddress[] {
  const addresses: ReplicaAddress[] = [];
  let ip = config.network?.get('ip-range-start') ?? null;
  for (let offset = 0; offset < size.replicas; offset += 1) {
    addresses.push({ offset, ip });
    ip = ip === null ? null : nextAddress(ip);
  }
  return addresses;
}

function makeReplica(
  world: World,
  config: BundleConfig,
  bundle: WorkResource,
  child: WorkResource | null,
  address: ReplicaAddress,
  addresses: readonly ReplicaAddress[],
): WorkReplica {
  const addPart = (part: PrimitiveConfig): WorkResource => {
    const made = add(world, draft(world, part, { parent: bundle, instance: null }));
    bundle.children.push(made);
    return made;
  };
  const container = addPart(containerConfig(config, address, addresses));
  const ip = address.ip === null ? null : addPart(addressConfig(config, address.offset, address.ip));
  if (child === null) return { offset: address.offset, container, ip, remote: null, child, node: null };
  if (address.ip !== null && !child.rawMeta.has('external-ip')) child.rawMeta.set('external-ip', address.ip);
  const name = connectionName(world, config, child, address.offset);
  const node = nodeInside(world, name);
  const remote = addPart(connectionTo(name, container, address.ip ?? '#uname', controlPort(config)));
  remote.container = container;
  remote.connects = node;
  node.connection = remote;
  node.attributes.set('#kind', 'container');
  return { offset: address.offset, container, ip, remote, child, node };
}

/** Colons would look like numbers of instances. */
const safeId = (id: string): string => id.replace(/[:#]/g, '.');

function part(id: string, type: string, set: string, parameters: Parameters): PrimitiveConfig {
  return {
    kind: 'primitive',
    id: safeId(id),
    agent: { standard: 'ocf', provider: 'heartbeat', type },
    template: null,
    meta: [],
    parameters: setOf(set, parameters),
    utilization: [],
    operations: [
      {
        id: `${safeId(id)}-monitor-interval-60s`,
        name: 'monitor',
        attributes: new Map([['interval', '60s']]),
        meta: [],
        parameters: [],
      },
    ],
  };
}

function containerConfig(
  config: BundleConfig,
  address: ReplicaAddress,
  addresses: readonly ReplicaAddress[],
): PrimitiveConfig {
  const parameters = containerParameters(config, address, addresses);
  const container = part(
    `${config.id}-${config.technology}-${address.offset}`,
    config.technology,
    `${config.id}-attributes-${address.offset}`,
    parameters,
  );
  return { ...container, utilization: config.child?.utilization ?? [] };
}

function addressConfig(config: BundleConfig, offset: number, ip: string): PrimitiveConfig {
  const nic = config.network?.get('host-interface');
  const parameters: Parameters = [['ip', ip]];
  if (nic !== undefined) parameters.push(['nic', nic]);
  parameters.push(['cidr_netmask', config.network?.get('host-netmask') ?? '32']);
  return part(`${config.id}-ip-${ip}`, 'IPaddr2', `${config.id}-attributes-${offset}`, parameters);
}

function connectionName(world: World, config: BundleConfig, child: WorkResource, offset: number): string {
  const name = `${config.id}-${offset}`;
  return world.resourceById.has(name) ? `pcmk-internal-${child.id}-remote-${offset}` : name;
}

function connectionTo(name: string, container: WorkResource, address: string, port: string): PrimitiveConfig {
  const meta: Parameters = [
    ['internal_rsc', 'true'],
    ['container', container.id],
  ];
  const parameters: Parameters = [
    ['addr', address],
    ['port', port],
  ];
  return connectionConfig(name, meta, parameters, null);
}

/** Nothing runs there but what is inside the bundle: for all else it is out of the question. */
function nodeInside(world: World, name: string): WorkNode {
  const node = nodeNamed(world, name) ?? makeNode(world, { id: name, name, type: 'remote', score: 0 });
  node.score = -infinity;
  node.isInBundle = true;
  return node;
}

function finishClone(bundle: WorkResource, clone: WorkResource): void {
  bundle.children.push(clone);
  if (clone.children.some((child) => child.meta.notify)) clone.meta = { ...clone.meta, notify: true };
  const target = clone.children.at(-1)?.rawMeta.get('container-attribute-target');
  if (target === undefined) return;
  bundle.rawMeta.set('container-attribute-target', target);
  clone.rawMeta.set('container-attribute-target', target);
}
