/** Asks an address through the program `ping`, where there are no ICMP sockets. */
import type { Ms } from '../../core/model.ts';
import { runProgram } from '../process/run.ts';

const environment = { PATH: '/usr/bin:/bin:/usr/sbin:/sbin', LC_ALL: 'C' };

export async function askByProgram(address: string, timeoutMs: Ms): Promise<boolean> {
  const seconds = String(Math.max(1, Math.ceil(timeoutMs / 1000)));
  const argv = ['ping', '-n', '-q', '-c', '1', '-w', seconds, address] as const;
  const ended = await runProgram({ argv, env: environment, timeoutMs: timeoutMs + 200 });
  return ended.kind === 'exited' && ended.code === 0;
}
