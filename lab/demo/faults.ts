/**
 * The faults of the demo, in order. Each is aimed when its turn comes, because the active balancer is another one by then.
 *
 * A fault is over when the cluster has noticed it, has done what it can, and says that nothing is left to do.
 */
import type { ClusterStatus, EventLine } from '../../src/api/status.ts';
import type { NodeId, Service } from '../../src/core/model.ts';
import { failure, type Result } from '../../src/lib/errors.ts';
import { monotonicMs } from '../clock.ts';
import { labCut, labExec, labHeal, labKillDaemon, labPowerOff, labPowerOn } from '../commands.ts';
import { HolderWatch } from '../holder-watch.ts';
import { givenUpMs, overlapOf } from '../holding.ts';
import { loopbackPaths } from '../loopback.ts';
import { run } from '../run.ts';
import { isServing, isWell } from './observer.ts';
import { nodesOf, type Stage, stateOf } from './stage.ts';

export interface Fault {
  readonly name: string;
  readonly target: NodeId;
  /** Whose place tells who took over. */
  readonly follows: readonly Service[];
  inject(): Promise<Result<unknown>>;
  /** The cluster has noticed, and has settled. `events`: what was written down since. */
  isOver(status: ClusterStatus, events: readonly EventLine[]): boolean;
  /** Whom to ask for the status; default: any node that has quorum. */
  readonly ask?: readonly NodeId[];
  /** What else was watched: a sentence for the report, and whether it is as promised. */
  evidence?(): Promise<Evidence>;
  /** After the measurement: what the fault left that the next one should not meet. */
  cleanUp?(): Promise<Result<unknown>>;
}

export interface Evidence {
  readonly text: string;
  readonly ok: boolean;
}

/** What a fault is aimed by. */
export interface Moment {
  readonly status: ClusterStatus;
  /** Who holds the address. */
  readonly active: NodeId;
  /** The node that the fault before was aimed at. */
  readonly last: NodeId;
}

export type Aim = (stage: Stage, moment: Moment) => Fault;

export const drill: readonly Aim[] = [
  powerOffActive,
  powerOnLast,
  powerOffWeb,
  powerOnLast,
  killBalancer,
  cutOneLink,
  cutAllLinks,
  healAllLinks,
  planMove,
  killDaemon,
];

/** What plain processes on one network can show. */
export const loopbackDrill: readonly Aim[] = [
  powerOffActive,
  powerOnLast,
  powerOffWeb,
  powerOnLast,
  killBalancer,
  planMove,
  killDaemon,
];

export function powerOffActive({ lab, address }: Stage, { active }: Moment): Fault {
  return {
    name: `power off ${active}, the active balancer`,
    target: active,
    follows: [address],
    inject: () => labPowerOff(lab, active),
    isOver: (status) =>
      stateOf(status, active) === 'lost' &&
      nodesOf(status, address).some((node) => node !== active) &&
      isServing(status),
  };
}

export function powerOnLast({ lab, address }: Stage, { last }: Moment): Fault {
  return {
    name: `power on ${last} again`,
    target: last,
    follows: [address],
    inject: () => labPowerOn(lab, last),
    isOver: isWell,
  };
}

export function powerOffWeb({ lab, web, webNodes }: Stage): Fault {
  const node = webNodes[0] ?? '';
  return {
    name: `power off ${node}, a web server`,
    target: node,
    follows: web,
    inject: () => labPowerOff(lab, node),
    isOver: (status) => stateOf(status, node) === 'lost' && isServing(status),
  };
}

function killBalancer({ lab, kind, balancer, observer }: Stage, { active }: Moment): Fault {
  const isHaproxy = balancer.resource.kind === 'balance' && balancer.resource.engine === 'haproxy';
  // The nodes of a loopback lab see each other's processes: theirs is the one that works in their folder.
  const proxy = `drivers/proxy/main.ts ${kind === 'loopback' ? literally(loopbackPaths(lab, active).run) : ''}`;
  return {
    name: `kill the ${isHaproxy ? 'HAProxy' : 'proxy'} process on ${active}`,
    target: active,
    follows: [balancer],
    inject: () => killOn(lab, active, isHaproxy ? ['-x', 'haproxy'] : ['-f', proxy]),
    isOver: (status, events) =>
      events.some((event) => event.what === `service ${balancer.id} on ${active}`) &&
      nodesOf(status, balancer).includes(active) &&
      isServing(status),
    // The failure is remembered for ten minutes; the operator says that it is dealt with.
    cleanUp: () => observer.command({ kind: 'cleanup', service: balancer.id, node: null }),
  };
}

const literally = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');

async function killOn(lab: string, node: NodeId, which: readonly string[]): Promise<Result<unknown>> {
  const argv = labExec(lab, node, ['pkill', '-KILL', ...which]);
  if (!argv.ok) return argv;
  const ran = await run(argv.value);
  return ran.code === 0 ? argv : failure('NO_SUCH_OBJECT', `No process on ${node} is one of ${which.join(' ')}`);
}

function cutOneLink({ lab, address, observer }: Stage, { active }: Moment): Fault {
  return {
    name: `cut one of two links of ${active}, then mend it`,
    target: active,
    follows: [address],
    async inject() {
      const cut = await labCut(lab, active, 1);
      if (!cut.ok) return cut;
      const seen = await observer.until((status) => linkIsDown(status, active), 10_000);
      return seen === null ? failure('TIMED_OUT', 'Nobody noticed that the link is cut') : labHeal(lab, active, 1);
    },
    isOver: isWell,
  };
}

const linkIsDown = (status: ClusterStatus, node: NodeId): boolean =>
  status.nodes.find((one) => one.name === node)?.links.some((link) => link.up === false) ?? false;

function cutAllLinks(stage: Stage, { active }: Moment): Fault {
  const { lab, address } = stage;
  let watch: HolderWatch | null = null;
  let cutMs = 0;
  return {
    name: `cut both links of ${active}`,
    target: active,
    follows: [address],
    async inject() {
      watch = await HolderWatch.start(lab, address.on, addressOf(address));
      cutMs = monotonicMs();
      return labCut(lab, active, null);
    },
    isOver: (status) =>
      stateOf(status, active) === 'lost' &&
      nodesOf(status, address).some((node) => node !== active) &&
      isServing(status),
    evidence: () => whoHeldIt(stage, active, cutMs, watch),
  };
}

const addressOf = (service: Service): string => (service.resource.kind === 'address' ? service.resource.address : '');

/** A node that is cut off must give the address up by itself, and before that may share it for as long as a lease lasts. */
async function whoHeldIt({ cluster }: Stage, active: NodeId, cutMs: number, watch: HolderWatch | null) {
  const leaseMs = cluster.heartbeat.deadMs;
  const sightings = watch?.stop() ?? [];
  const gaveUpMs = givenUpMs(sightings, active, cutMs);
  const { longestMs, holders } = overlapOf(sightings, monotonicMs());
  const when =
    gaveUpMs === null
      ? `${active} did not give it up`
      : `${active} gave it up by itself after ${Math.round(gaveUpMs - cutMs)} ms`;
  const shared = `two nodes held it for ${Math.round(longestMs)} ms (the lease is ${leaseMs} ms)`;
  return { text: `${when}; ${shared}`, ok: gaveUpMs !== null && longestMs <= leaseMs && holders.length === 1 };
}

function healAllLinks({ lab, address }: Stage, { last }: Moment): Fault {
  return {
    name: `mend both links of ${last}`,
    target: last,
    follows: [address],
    inject: () => labHeal(lab, last, null),
    isOver: isWell,
    async evidence() {
      const watch = await HolderWatch.start(lab, address.on, addressOf(address));
      const { holders } = overlapOf(watch.stop(), monotonicMs());
      return { text: `held by ${holders.join(' and ') || 'nobody'} alone`, ok: holders.length === 1 };
    },
  };
}

export function planMove({ address, observer }: Stage, { active }: Moment): Fault {
  const to = address.on.find((node) => node !== active) ?? null;
  return {
    name: `planned move of the address to ${to}`,
    target: active,
    follows: [address],
    inject: () => observer.command({ kind: 'move', service: address.id, to, because: 'demo' }),
    isOver: (status) => nodesOf(status, address)[0] === to && isWell(status),
  };
}

function killDaemon({ lab, address }: Stage, { active, status }: Moment): Fault {
  const startOf = (now: ClusterStatus) => now.nodes.find((node) => node.name === active)?.startedAt ?? null;
  return {
    name: `kill -9 of the daemon on ${active}`,
    target: active,
    follows: [address],
    inject: () => labKillDaemon(lab, active),
    // The new daemon knows the cluster's status once it has been let in.
    ask: [active],
    isOver: (now) => startOf(now) !== null && startOf(now) !== startOf(status) && isWell(now),
  };
}
