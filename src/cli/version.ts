/** `sempre version`: of this program, and of the daemons when one answers. */
import { softwareVersion } from '../api/software.ts';
import type { ClusterStatus } from '../api/status.ts';
import { exit } from '../lib/exit.ts';
import { type Context, type Format, isForMachines, print } from './context.ts';

export async function version(context: Context, options: { readonly output: Format }): Promise<number> {
  const answer = await context.client.call<ClusterStatus>({ method: 'GET', path: '/v1/status', timeoutMs: 2000 });
  const nodes = answer.ok ? answer.value.nodes.map(({ name, software }) => ({ name, software })) : [];
  const data = { schemaVersion: 1, software: softwareVersion(), node: process.version, nodes };
  if (isForMachines(options.output)) await print(context, options.output, data);
  else {
    context.terminal.out(`sempre ${data.software} (Node.js ${data.node})\n`);
    for (const node of nodes) context.terminal.out(`${node.name} ${node.software ?? 'not known'}\n`);
  }
  return exit.ok;
}
