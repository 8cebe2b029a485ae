/** The ports to what can end a node: fence devices, the watchdog, and the addresses that say who is cut off. */
import type { Cluster, Ms } from '../core/model.ts';
import type { Fences, NodeEvent, Pinger, WatchdogPort } from '../core/ports.ts';
import { isDisarmed, isProvable } from '../core/quorum/standing.ts';
import type { NodeState } from '../core/state.ts';
import { WatchdogDriver } from '../drivers/watchdog/index.ts';
import { FenceThread } from './fence-thread.ts';
import type { Log } from './log.ts';
import type { DaemonOptions } from './options.ts';

export interface Outside {
  readonly fences: Fences;
  readonly pinger: Pinger;
  readonly watchdog: WatchdogPort;
  /** The cluster file has changed. */
  configure(cluster: Cluster): void;
  /** The daemon ends; `state`: as it was at the end. */
  close(state: NodeState): Promise<void>;
}

export interface OutsideParts {
  readonly options: DaemonOptions;
  /** As it is at the start: its thread loads before the one that beats becomes real-time, and so does not compete with it. */
  readonly cluster: Cluster;
  readonly log: Log;
  readonly nowMs: () => Ms;
  readonly deliver: (event: NodeEvent) => void;
}

export function createOutside({ options, cluster, log, nowMs, deliver }: OutsideParts): Outside {
  const thread = new FenceThread({
    runDirectory: options.runDirectory,
    agentFolder: options.agentFolder,
    nowMs,
    deliver,
    log: (line) => log.line('notice', `fencing: ${line}`),
    complain: (line) => log.line('warning', line),
  });
  thread.configure(cluster);
  const watchdog = new WatchdogDriver({ instead: options.watchdog, deliver });
  return {
    fences: thread,
    pinger: thread,
    watchdog,
    configure: (cluster) => thread.configure(cluster),
    close: async (state) => {
      const leave = watchdogAfter(state, nowMs());
      if (leave === 'counting' && watchdog.isArmed) log.line('warning', stillCounting);
      await Promise.all([watchdog.close(leave), thread.close()]);
    },
  };
}

const stillCounting =
  'services go on here, so the watchdog counts on: it resets this machine unless the daemon is started again in time';

/**
 * A node that goes on running what others start when it must have stopped is reset when nobody looks after it any more: they count
 * on that. Otherwise a daemon that ends leaves no watchdog behind. As in `mayFeed` of `src/core/watchdog/feed.ts`.
 */
function watchdogAfter(state: NodeState, nowMs: Ms): 'counting' | 'disarmed' {
  if (isDisarmed(state, nowMs) || !isProvable(state.doc)) return 'disarmed';
  const goesOn = [...state.local.values()].some(
    ({ running, record }) =>
      running !== null && running.takeover !== 'nothing' && !running.clone && record.state !== 'stopped',
  );
  return goesOn ? 'counting' : 'disarmed';
}
