/** `sempre init`: the first node of a cluster gets its identity. Needs no daemon, and refuses to overwrite one. */
import { resolve } from 'node:path';
import { enrol, firstRing, makeRoom } from '../daemon/enrol.ts';
import { findSelf } from '../daemon/options.ts';
import { exit } from '../lib/exit.ts';
import { readClusterFile } from './cluster-file.ts';
import { type Context, fail, isForMachines, print } from './context.ts';
import { paint } from './terminal.ts';

export interface InitOptions {
  readonly cluster: string | null;
  readonly node: string | null;
  readonly state: string;
  readonly config: string;
  readonly output: 'table' | 'json' | 'yaml';
}

export async function init(context: Context, options: InitOptions): Promise<number> {
  const room = await makeRoom(options.state);
  if (!room.ok) return fail(context, room.failure);
  const file = options.cluster ?? options.config;
  const read = await readClusterFile(context, file);
  if (!read.ok) return read.exitCode;
  const nodes = read.cluster.nodes.map(({ id }) => id);
  const node = findSelf(options.node, nodes);
  if (!node.ok) return fail(context, { ...node.failure, next: 'sempre init --node NAME' });
  const enrolled = await enrol({
    node: node.value,
    clusterName: read.cluster.name,
    source: read.source,
    configFile: resolve(options.config),
    stateDirectory: resolve(options.state),
    otherFile: 'refuse',
    ring: firstRing(),
  });
  if (!enrolled.ok) return fail(context, enrolled.failure);
  const { fingerprint } = enrolled.value;
  const data = { schemaVersion: 1, cluster: read.cluster.name, node: node.value, authority: fingerprint };
  if (isForMachines(options.output)) await print(context, options.output, data);
  else sayWhatNext(context, data, nodes);
  return exit.ok;
}

interface Begun {
  readonly cluster: string;
  readonly node: string;
  readonly authority: string;
}

function sayWhatNext({ terminal }: Context, { cluster, node, authority }: Begun, nodes: readonly string[]): void {
  const others = nodes.filter((each) => each !== node);
  terminal.out(`${paint(terminal.look, 'good', `cluster ${cluster} begins: this machine is ${node}`)}\n`);
  terminal.out(`fingerprint of its authority: ${authority}\n`);
  terminal.note('Next: start the daemon here (systemctl enable --now sempre), then let the other machines in:');
  for (const other of others)
    terminal.note(`  sempre token create --for ${other}     and on ${other}: sempre join TOKEN`);
}
