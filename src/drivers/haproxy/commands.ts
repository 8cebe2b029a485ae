/** How HAProxy is started, checked, and told things at run time. */
import type { BalanceResource } from '../../core/model.ts';
import { backendName } from './render.ts';

export interface Paths {
  readonly config: string;
  readonly pidFile: string;
  readonly masterSocket: string;
  readonly statsSocket: string;
}

/** Master and worker: the master keeps the listening sockets through reloads, and ends when its worker dies. */
export const launchArgv = (paths: Paths): readonly [string, ...string[]] => [
  'haproxy',
  '-W',
  '-S',
  `${paths.masterSocket},mode,600`,
  '-f',
  paths.config,
  '-p',
  paths.pidFile,
];

export const checkArgv = (config: string): readonly [string, ...string[]] => ['haproxy', '-c', '-f', config];

export const showProcesses = 'show proc';
export const showInfo = 'show info';
/** All sections (-1), but of them only servers (4), all of them (-1). */
export const showStat = 'show stat -1 4 -1';
export const showServersState = `show servers state ${backendName}`;

/** One line for all servers: those that are named take no new connections, all others do. */
export function drainCommand(resource: BalanceResource, drained: readonly string[]): string {
  const one = (id: string): string =>
    `set server ${backendName}/${id} state ${drained.includes(id) ? 'drain' : 'ready'}`;
  return resource.servers.map(({ id }) => one(id)).join('; ');
}
