/** `sempre health`: one line and an exit code as a Nagios plugin gives them; also says so when the daemon is down. */
import { assess } from '../api/assess.ts';
import type { ClusterStatus } from '../api/status.ts';
import { nagios } from '../lib/exit.ts';
import { type Context, isForMachines, print } from './context.ts';

const timeoutMs = 8000;

export async function health(
  context: Context,
  options: { readonly output: 'table' | 'json' | 'yaml' },
): Promise<number> {
  const answer = await context.client.call<ClusterStatus>({ method: 'GET', path: '/v1/status', timeoutMs });
  if (!answer.ok) {
    context.terminal.out(`SEMPRE UNKNOWN: ${oneLine(answer.failure.message)}\n`);
    return nagios.unknown;
  }
  const verdict = assess(answer.value);
  if (isForMachines(options.output)) await print(context, options.output, { schemaVersion: 1, ...verdict });
  else context.terminal.out(`${healthLine(answer.value)}\n`);
  return nagios[verdict.level];
}

/** The line of a Nagios plugin: state, words, and after the bar the figures to draw. */
export function healthLine(status: ClusterStatus): string {
  const { level, findings, summary } = assess(status);
  const words = findings.length === 0 ? summary : findings.map((finding) => finding.text).join('; ');
  return `SEMPRE ${level.toUpperCase()}: ${oneLine(words)} |${figures(status)}`;
}

function figures(status: ClusterStatus): string {
  const online = status.nodes.filter((node) => node.state === 'online').length;
  const running = status.services.filter((service) => service.state === 'running').length;
  const values = [
    `nodes_online=${online};;;0;${status.nodes.length}`,
    `services_running=${running};;;0;${status.services.length}`,
    `quorum=${status.quorum ? 1 : 0};;;0;1`,
    `failures=${status.failures.reduce((sum, failure) => sum + failure.count, 0)};;;0`,
    `pending=${status.pending.length};;;0`,
    `stall_max=${status.stallMsMax}ms;;;0`,
  ];
  return values.join(' ');
}

/** A bar would begin the figures, a line end would begin the long text. */
const oneLine = (text: string): string => text.replace(/\s+/g, ' ').replaceAll('|', '/');
