/** `sempre fence ...`: are the fence agents here, what do they take, and can the devices of a cluster file work. */
import type { DeviceCheck } from '../daemon/fence-check.ts';
import { failure } from '../lib/errors.ts';
import { exit } from '../lib/exit.ts';
import { nameOf, readText } from './cluster-file.ts';
import { type Context, type Format, fail, isForMachines, print } from './context.ts';
import { section } from './table.ts';
import { paint } from './terminal.ts';

interface Options {
  readonly output: Format;
}

export async function fenceCheck(
  context: Context,
  file: string,
  options: Options & { readonly ask: boolean },
): Promise<number> {
  const source = await readText(context, file);
  if (source === null) return exit.badData;
  const { parseClusterFile } = await import('../config/parse.ts');
  const { cluster } = parseClusterFile(source, nameOf(file));
  if (cluster === null)
    return fail(context, failure('CONFIG_INVALID', `${nameOf(file)} has mistakes`, `sempre validate ${file}`).failure);
  const { checkFencing } = await import('../daemon/fence-check.ts');
  const devices = await checkFencing(cluster, { ask: options.ask });
  const isWell = devices.every(({ mistakes }) => mistakes.length === 0);
  if (isForMachines(options.output)) await print(context, options.output, { schemaVersion: 1, valid: isWell, devices });
  else show(context, devices);
  return isWell ? exit.ok : exit.configInvalid;
}

function show({ terminal }: Context, devices: readonly DeviceCheck[]): void {
  if (devices.length === 0) terminal.out('The cluster file names no fence device.\n');
  for (const { device, agent, mistakes, power } of devices) {
    const asked = Object.entries(power).map(([node, state]) => `${node} ${state}`);
    const word =
      mistakes.length === 0 ? paint(terminal.look, 'good', 'ok') : paint(terminal.look, 'bad', 'cannot work');
    terminal.out(`${device} (${agent}): ${word}${asked.length === 0 ? '' : `; ${asked.join(', ')}`}\n`);
    for (const mistake of mistakes) terminal.out(`  ${mistake}\n`);
  }
}

export async function fenceAgents(context: Context, options: Options): Promise<number> {
  const { listAgents } = await import('../daemon/fence-check.ts');
  const agents = listAgents();
  if (isForMachines(options.output)) await print(context, options.output, { schemaVersion: 1, agents });
  else if (agents.length === 0)
    context.terminal.out('There is no fence agent here; Debian has them in fence-agents.\n');
  else context.terminal.out(agents.map(({ name }) => `${name}\n`).join(''));
  return exit.ok;
}

export async function fenceDescribe(context: Context, name: string, options: Options): Promise<number> {
  const { describeByName } = await import('../daemon/fence-check.ts');
  const described = await describeByName(name);
  if (!described.ok)
    return fail(context, failure('NO_SUCH_OBJECT', described.because, 'sempre fence list-agents').failure);
  const { agent, path } = described;
  if (isForMachines(options.output)) {
    await print(context, options.output, { schemaVersion: 1, path, ...agent });
    return exit.ok;
  }
  const parameters = agent.parameters.filter((each) => !each.deprecated);
  const rows = parameters.map((each) => [
    each.name,
    each.required && each.default === null ? 'yes' : '',
    each.options.length > 0 ? each.options.join('|') : each.type,
    each.default ?? '',
    each.about,
  ]);
  const title = `${agent.name}: ${agent.about} (${path})`;
  const heads = ['PARAMETER', 'NEEDED', 'VALUE', 'DEFAULT', 'MEANING'];
  context.terminal.out(section(context.terminal.look, title, heads, rows));
  context.terminal.out(`\nactions: ${agent.actions.map((each) => each.name).join(', ')}\n`);
  return exit.ok;
}
