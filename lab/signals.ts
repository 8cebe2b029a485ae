/** Faults that are signals: a daemon that is paused or killed, a whole host that stands still. */
import { failure, type Result, success } from '../src/lib/errors.ts';
import { monotonicMs } from './clock.ts';
import { loopbackDaemon, loopbackPaths, processesOf } from './loopback.ts';
import type { Injected } from './machines.ts';
import { inHost } from './namespaces.ts';
import { signal } from './process-id.ts';
import { hostInit, type LabRecord } from './record.ts';
import { run } from './run.ts';
import type { LabHost } from './topology.ts';

export type DaemonSignal = 'STOP' | 'CONT' | 'KILL';

/** `whole`: every process of the host and not only its daemon. */
export async function signalMachine(
  record: LabRecord,
  host: LabHost,
  name: DaemonSignal,
  whole: boolean,
): Promise<Result<Injected>> {
  const init = hostInit(record.name, host.name);
  if (init === null) return off(host);
  const atMs = monotonicMs();
  // -1 is everything but process 1, which keeps the host alive, and the signaller itself.
  const script = whole ? 'kill -s "$0" -- -1' : 'kill -s "$0" "$(cat /run/lab-daemon.pid)"';
  // Not bash: with a socket as its input it takes itself for a remote shell and reads the user's start-up files.
  const ran = await run(inHost(init, ['sh', '-c', script, name]));
  if (ran.code !== 0) return failure('NO_SUCH_OBJECT', `No daemon runs on ${host.name}: ${ran.stderr.trim()}`);
  return success({ atMs, tookMs: monotonicMs() - atMs });
}

export async function signalLoopback(
  record: LabRecord,
  host: LabHost,
  name: DaemonSignal,
  whole: boolean,
): Promise<Result<Injected>> {
  const init = hostInit(record.name, host.name);
  if (init === null) return off(host);
  const daemon = loopbackDaemon(record, host);
  const atMs = monotonicMs();
  const targets = whole
    ? processesOf(loopbackPaths(record.name, host.name)).filter((one) => one.pid !== init.pid)
    : daemon === null
      ? []
      : [daemon];
  const reached = targets.filter((one) => signal(one, `SIG${name}`));
  if (reached.length === 0) return failure('NO_SUCH_OBJECT', `No daemon runs on ${host.name}`);
  return success({ atMs, tookMs: monotonicMs() - atMs });
}

export async function refuseCut(record: LabRecord): Promise<Result<Injected>> {
  return failure(
    'UNSUPPORTED',
    `All nodes of ${record.name} share the loopback network of this machine: their links cannot be cut`,
  );
}

const off = (host: LabHost): ReturnType<typeof failure> =>
  failure('CONFLICT', `${host.name} is off`, `sempre lab power-on ${host.name}`);
