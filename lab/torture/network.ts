/** Faults of the network that a cable does not have: one direction only, some packets, nodes that do not hear each other. */
import { failure, type Result, success } from '../../src/lib/errors.ts';
import { inNetwork } from '../namespaces.ts';
import type { ProcessId } from '../process-id.ts';
import { run } from '../run.ts';
import type { LabHost } from '../topology.ts';
import type { Harm } from './plan.ts';

export type NetworkHarm = Extract<Harm, { kind: 'oneWay' | 'loss' | 'split' }>;

export const isNetworkHarm = (harm: Harm): harm is NetworkHarm =>
  harm.kind === 'oneWay' || harm.kind === 'loss' || harm.kind === 'split';

/** Replaces all that were there. The kernel of the lab's hosts may lack netem, so a packet is dropped or not, and never late. */
export async function setNetworkHarms(
  root: ProcessId,
  nodes: readonly LabHost[],
  harms: readonly NetworkHarm[],
): Promise<Result<null>> {
  const ran = await run(inNetwork(root, ['nft', '-f', '-']), { input: rulesFor(nodes, harms) });
  return ran.code === 0 ? success(null) : failure('INTERNAL', `nft refused the faults: ${ran.stderr.trim()}`);
}

/** Pure. */
export function rulesFor(nodes: readonly LabHost[], harms: readonly NetworkHarm[]): string {
  const rules = harms.flatMap((harm) => rulesOf(nodes, harm));
  const table = ['table bridge torture {', 'chain faults {', 'type filter hook forward priority 0; policy accept;'];
  return ['table bridge torture {}', 'delete table bridge torture', ...table, ...rules, '}', '}', ''].join('\n');
}

function rulesOf(nodes: readonly LabHost[], harm: NetworkHarm): string[] {
  switch (harm.kind) {
    case 'oneWay':
      return between(portsOf(nodes, harm.from, harm.link), portsOf(nodes, harm.to, harm.link));
    case 'split': {
      const own = nodes.filter(({ role }) => role === 'node');
      return own.flatMap(({ name }) =>
        own
          .filter((other) => other.name !== name)
          .flatMap((other) => between(portsOf(nodes, name, null), portsOf(nodes, other.name, null))),
      );
    }
    case 'loss': {
      const ports = portsOf(nodes, harm.node, null);
      const drop = `numgen random mod 100 < ${harm.percent} drop`;
      return ports.flatMap((port) => [`iifname "${port}" ${drop}`, `oifname "${port}" ${drop}`]);
    }
  }
}

/** Packets do not go from one link to another: the ports of one link make a pair. */
const between = (from: readonly string[], to: readonly string[]): string[] =>
  from.flatMap((port, index) => (to[index] === undefined ? [] : [`iifname "${port}" oifname "${to[index]}" drop`]));

const portsOf = (nodes: readonly LabHost[], name: string, link: number | null): string[] =>
  (nodes.find((host) => host.name === name)?.interfaces ?? [])
    .filter((each) => link === null || each.link === link)
    .map(({ port }) => port);
