/**
 * Two fence agents by the fence agent API: `lab` switches hosts of a lab through its keeper, `dummy` keeps the power in a file.
 *
 *   node lab/agents/main.ts lab|dummy SOCKET      parameters on standard input
 */
import { readFileSync } from 'node:fs';
import { sleep } from '../clock.ts';
import { type Device, dummyDevice, labDevice } from './device.ts';
import { metadata } from './metadata.ts';

const exitCodes = { ok: 0, failed: 1, badArguments: 2, off: 2 } as const;
const known = ['off', 'on', 'reboot', 'status', 'monitor', 'list', 'list-status', 'metadata', 'validate-all'];

const [kind = '', socket = ''] = process.argv.slice(2);
const name = kind === 'dummy' ? 'fence_sempre_dummy' : 'fence_sempre_lab';
process.exitCode = await run(parse(readFileSync(0, 'utf8')));

/** `#` begins a comment; of two lines with one key the last one counts. */
function parse(text: string): ReadonlyMap<string, string> {
  const lines = text.split('\n').filter((line) => line.includes('=') && !line.startsWith('#'));
  return new Map(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
}

async function run(params: ReadonlyMap<string, string>): Promise<number> {
  const action = (params.get('action') ?? params.get('option') ?? 'reboot').toLowerCase();
  if (!known.includes(action)) return fail(`unknown action ${action}`, exitCodes.badArguments);
  if (action === 'metadata') return print(metadata(name));
  const wrong = whatIsWrong(params);
  if (wrong !== null) return fail(wrong, exitCodes.badArguments);
  if (action === 'validate-all') return exitCodes.ok;
  await sleep(Number(params.get('delay') ?? 0) * 1000);
  if (appliesTo(params.get('fail'), action)) return fail(`told to fail at ${action}`);
  if (appliesTo(params.get('lie'), action)) return action === 'status' ? exitCodes.off : exitCodes.ok;
  const device =
    kind === 'dummy' ? dummyDevice(params.get('status_file') ?? '') : labDevice(params.get('socket') || socket);
  try {
    return await carryOut(action, device, params);
  } catch (error) {
    return fail((error as Error).message);
  }
}

function whatIsWrong(params: ReadonlyMap<string, string>): string | null {
  if (!/^(\d+(\.\d+)?)?$/.test(params.get('delay') ?? '')) return 'delay is no number of seconds';
  if (kind === 'dummy' && !params.get('status_file')) return 'status_file is missing';
  return null;
}

/** `1`, `true` and `all` mean every action, otherwise a list of them. */
function appliesTo(value: string | undefined, action: string): boolean {
  const list = (value ?? '').split(',');
  return list.includes(action) || list.some((each) => ['1', 'true', 'all'].includes(each));
}

async function carryOut(action: string, device: Device, params: ReadonlyMap<string, string>): Promise<number> {
  if (action === 'list' || action === 'list-status') {
    for (const plug of await device.list())
      print(action === 'list' ? `${plug},\n` : `${plug},,${await device.power(plug)}\n`);
    return exitCodes.ok;
  }
  const plug = plugIn(params);
  if (action === 'monitor' && plug === '') return (await device.list()).length > 0 ? exitCodes.ok : exitCodes.failed;
  if (plug === '') return fail('neither plug nor nodename is given', exitCodes.badArguments);
  if (action === 'status' || action === 'monitor')
    return (await device.power(plug)) === 'on' || action === 'monitor' ? exitCodes.ok : exitCodes.off;
  if (action !== 'on') await device.set(plug, 'off');
  if (action !== 'off') await device.set(plug, 'on');
  return exitCodes.ok;
}

/** In a lab that plays a user's own file the plugs are those of real devices: there the node's name says more. */
function plugIn(params: ReadonlyMap<string, string>): string {
  const plug = params.get('plug') || params.get('port');
  const node = params.get('nodename');
  return (kind === 'lab' ? node || plug : plug || node) ?? '';
}

function fail(because: string, code: number = exitCodes.failed): number {
  process.stderr.write(`ERROR: Failed: ${because}\n`);
  return code;
}

function print(text: string): number {
  process.stdout.write(text);
  return exitCodes.ok;
}
