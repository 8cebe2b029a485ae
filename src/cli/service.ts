/** `sempre service move|clear|start|stop|cleanup SERVICE`. */
import type { CommandBody, PlanBody } from '../api/body.ts';
import type { ClusterStatus, ServiceStatus } from '../api/status.ts';
import { type ChangeOptions, change } from './change.ts';
import type { Context } from './context.ts';

type Foreseen = NonNullable<PlanBody['command']>;

export function serviceMove(
  context: Context,
  service: string,
  to: string | null,
  options: ChangeOptions,
): Promise<number> {
  const command = { kind: 'move', service, to, because: options.reason } as const;
  const missed = (now: ServiceStatus): string | null =>
    to === null || now.nodes.includes(to)
      ? notRunning(now)
      : `it runs on ${now.nodes.join(', ') || 'no node'}; see: sempre why ${service} ${to}`;
  return changeService(
    context,
    command,
    `${service} moves ${to === null ? 'to another node' : `to ${to}`}`,
    true,
    missed,
    options,
  );
}

/** Drops what a move left behind where the service would not stay by itself: it may go back to its first choice. */
export function serviceClear(context: Context, service: string, options: ChangeOptions): Promise<number> {
  const command = { kind: 'clear', service, because: options.reason } as const;
  return changeService(context, command, `${service} may run where it prefers`, true, notRunning, options);
}

export function serviceStart(context: Context, service: string, options: ChangeOptions): Promise<number> {
  const command = { kind: 'run', service, wanted: 'started', because: options.reason } as const;
  return changeService(context, command, `${service} is started`, false, notRunning, options);
}

export function serviceStop(context: Context, service: string, options: ChangeOptions): Promise<number> {
  const command = { kind: 'run', service, wanted: 'stopped', because: options.reason } as const;
  const missed = (now: ServiceStatus): string | null =>
    now.nodes.length === 0 ? null : `it still runs on ${now.nodes.join(', ')}`;
  return changeService(context, command, `${service} is stopped`, true, missed, options);
}

/** Forgets failures; what they kept from running is then tried again. */
export function serviceCleanup(
  context: Context,
  service: string,
  node: string | null,
  options: ChangeOptions,
): Promise<number> {
  const command: CommandBody = { kind: 'cleanup', service, node };
  return change(
    context,
    {
      command,
      foresee: null,
      title: `failures of ${service}${node === null ? '' : ` on ${node}`} are forgotten`,
      needsYes: () => false,
      missed: (status) => missedIn(status, service, notRunning),
    },
    options,
  );
}

function changeService(
  context: Context,
  command: Foreseen & { readonly service: string },
  title: string,
  disruptive: boolean,
  missed: (now: ServiceStatus) => string | null,
  options: ChangeOptions,
): Promise<number> {
  return change(
    context,
    {
      command,
      foresee: { command },
      title,
      needsYes: (plan) => disruptive && plan !== null && plan.actions.length > 0,
      missed: (status) => missedIn(status, command.service, missed),
    },
    options,
  );
}

function missedIn(status: ClusterStatus, name: string, missed: (now: ServiceStatus) => string | null): string | null {
  // Of copies that differ, each has its number behind the name.
  const services = status.services.filter((each) => each.name === name || each.name.startsWith(`${name}:`));
  for (const service of services) {
    const why = missed(service);
    if (why !== null) return why;
  }
  return null;
}

const notRunning = (now: ServiceStatus): string | null =>
  now.nodes.length === 0 && now.wanted > 0 ? `it does not run (${now.state}): ${now.because}` : null;
