/** Where a lab's keeper serves each host. Folders are numbered: the path of a socket must not grow with the names in it. */
import { join } from 'node:path';
import { labDirectory } from '../record.ts';

export interface KeeperPlaces {
  /** On a host of a namespaces lab this is `keeperOnHost`. */
  readonly directory: string;
  readonly fence: string;
  readonly watchdog: string;
  /** Fence agents that come before the system's. */
  readonly agents: string;
}

export const keeperOnHost = '/run/lab';

/** For whoever plays with the lab from outside: switching here and switching by the nodes' device go one after the other. */
export const operatorPower = (lab: string): string => join(labDirectory(lab), 'keeper', 'power');

/** `index`: of the host in the lab's topology. */
export const keeperPlaces = (lab: string, index: number): KeeperPlaces =>
  placesIn(join(labDirectory(lab), 'keeper', String(index)));

export const placesIn = (directory: string): KeeperPlaces => ({
  directory,
  fence: join(directory, 'fence'),
  watchdog: join(directory, 'watchdog'),
  agents: join(directory, 'agents'),
});

/** What a daemon in the lab is started with. */
export const daemonOptionsFor = (places: KeeperPlaces): string[] => [
  '--fence-agents',
  places.agents,
  '--watchdog',
  places.watchdog,
];
