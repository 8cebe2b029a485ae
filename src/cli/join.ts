/** `sempre join TOKEN`: a new machine gets keys and cluster file from a member. Needs neither a daemon nor SSH. */
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { enrol, makeRoom } from '../daemon/enrol.ts';
import { joinWith } from '../daemon/join.ts';
import { exit } from '../lib/exit.ts';
import { readText } from './cluster-file.ts';
import { type Context, fail, isForMachines, print } from './context.ts';
import { paint } from './terminal.ts';

export interface JoinOptions {
  readonly node: string | null;
  readonly state: string;
  readonly config: string;
  readonly output: 'table' | 'json' | 'yaml';
}

export async function join(context: Context, text: string, options: JoinOptions): Promise<number> {
  // Before the token is spent.
  const room = await makeRoom(options.state);
  if (!room.ok) return fail(context, room.failure);
  const given = text === '-' ? await readText(context, '-') : text;
  if (given === null) return exit.badData;
  const joined = await joinWith(given, { node: options.node, machine: hostname() });
  if (!joined.ok) return fail(context, joined.failure);
  const { node, clusterName, source, ring } = joined.value;
  const enrolled = await enrol({
    node,
    clusterName,
    source,
    ring,
    configFile: resolve(options.config),
    stateDirectory: resolve(options.state),
    otherFile: 'keepAside',
  });
  if (!enrolled.ok) return fail(context, enrolled.failure);
  const data = { schemaVersion: 1, cluster: clusterName, node, authority: enrolled.value.fingerprint };
  if (isForMachines(options.output)) await print(context, options.output, data);
  else {
    context.terminal.out(
      `${paint(context.terminal.look, 'good', `this machine is ${node} of cluster ${clusterName} now`)}\n`,
    );
    context.terminal.note('Next: start the daemon: systemctl enable --now sempre');
  }
  return exit.ok;
}
