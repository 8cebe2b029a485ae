/** The faults of «what happens when», each with everything that it can hit in turn. */
import type { Cluster, NodeId } from '../../src/core/model.ts';
import type { Fault } from '../world/faults.ts';
import type { WhatIfRow } from './index.ts';

export interface Variant {
  readonly what: string;
  readonly faults: readonly Fault[];
  /** Nodes that the fault itself takes away. */
  readonly hit: readonly NodeId[];
  /** The one end of a link that is dead; null: none in particular. */
  readonly dead: { readonly node: NodeId; readonly link: number } | null;
}

export interface Row extends Pick<WhatIfRow, 'fault' | 'title' | 'none'> {
  readonly variants: readonly Variant[];
}

/** Each further one takes as long again, and tells nothing new. */
const nodesMax = 8;

export function rowsFor(cluster: Cluster): Row[] {
  const nodes = cluster.nodes.filter(({ witness }) => !witness).map(({ id }) => id);
  const some = nodes.slice(0, nodesMax);
  const links = cluster.nodes[0]?.links.map((_, link) => link) ?? [];
  const witness = cluster.nodes.find((node) => node.witness);
  const { ping } = cluster.quorum;
  return [
    row(
      'power',
      'a node loses power',
      some.map((node) => power(cluster, node, node)),
    ),
    row(
      'link',
      'one link fails',
      some.flatMap((node) => links.map((link) => oneLink(node, link))),
    ),
    row('split', 'all links between nodes fail', splits(nodes, some)),
    row(
      'gateway',
      'the gateway dies',
      ping.length === 0 ? [] : [{ what: ping.join(', '), faults: ping.map(silent), hit: [], dead: null }],
      'the file names no address to ping: nobody notices',
    ),
    row(
      'witness',
      'the witness dies',
      witness === undefined ? [] : [power(cluster, witness.id, witness.id)],
      'the file names no witness',
    ),
  ];
}

const row = (
  fault: Row['fault'],
  title: string,
  variants: readonly Variant[],
  none = 'there is nothing to try',
): Row => ({
  fault,
  title,
  variants,
  none: variants.length === 0 ? none : null,
});

const always = { atMs: 0, forMs: 0 };

/** A board that is built into the machine has no power either: it answers nobody. */
function power(cluster: Cluster, node: NodeId, what: string): Variant {
  const others = cluster.nodes.filter(({ id }) => id !== node);
  const boards = (cluster.nodes.find(({ id }) => id === node)?.fence.flat() ?? []).filter((id) => {
    const device = cluster.fencing.devices.find((each) => each.id === id);
    const isShared = others.some(({ fence }) => fence.flat().includes(id));
    return device !== undefined && Object.keys(device.plugs).length === 0 && !isShared;
  });
  const silence = boards.map((device): Fault => ({ kind: 'fenceDevice', device, how: 'hang', delayMs: 0, ...always }));
  return { what, faults: [...silence, { kind: 'powerOff', node, ...always }], hit: [node], dead: null };
}

const oneLink = (node: NodeId, link: number): Variant => ({
  what: `link ${link} of ${node}`,
  faults: [{ kind: 'isolate', node, link, ...always }],
  hit: [],
  dead: { node, link },
});

/** With more than two nodes, each one against all others; the witness sees everybody. */
function splits(nodes: readonly NodeId[], some: readonly NodeId[]): Variant[] {
  if (nodes.length < 2) return [];
  const alone = nodes.length === 2 ? some.slice(0, 1) : some;
  return alone.map((node) => {
    const others = nodes.filter((other) => other !== node);
    const faults = others.flatMap((other): Fault[] => [
      { kind: 'cut', from: node, to: other, link: null, ...always },
      { kind: 'cut', from: other, to: node, link: null, ...always },
    ]);
    return { what: `${node} and ${others.length === 1 ? others.join('') : 'all others'}`, faults, hit: [], dead: null };
  });
}

const silent = (address: string): Fault => ({ kind: 'targetDown', address, node: null, ...always });
