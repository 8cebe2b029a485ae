/** Every value that holds when the cluster file does not say one. There is no other place for defaults. */
import { noFencing, plainQuorum, type Resource, stickinessMax } from '../core/model.ts';

type Kind = Resource['kind'];
type ByKind = Readonly<Record<Kind, number>>;

/**
 * Agents come with their own long-running scripts and are asked seldom; what we run ourselves answers at once.
 * systemd's own limit is 90 s: a shorter one of ours would call a unit failed that systemd still works on.
 */
const actionTimeoutMs: ByKind = {
  ocf: 20_000,
  systemd: 100_000,
  command: 20_000,
  balance: 5000,
  address: 5000,
  // An image may have to be fetched.
  container: 60_000,
};

export const defaults = {
  heartbeat: { intervalMs: 200, deadMs: 1000, port: 7354 },
  prefix: { 4: 24, 6: 64 },
  quorum: {
    noQuorum: plainQuorum.noQuorum,
    headStartMs: plainQuorum.headStartMs,
    startWaitMs: plainQuorum.startWaitMs ?? 30_000,
  },
  watchdog: { timeoutMs: 10_000 },
  /** Not the port of the nodes: a witness may live on a machine that is a node of another cluster. */
  witness: { name: 'witness', port: 7355 },
  fencing: {
    powerOn: noFencing.powerOn,
    tries: noFencing.tries,
    delayMs: 0,
    timeoutMs: 60_000,
    verify: true,
    unfence: false,
  },
  service: {
    checkEveryMs: {
      ocf: 10_000,
      systemd: 10_000,
      command: 1000,
      balance: 1000,
      address: 1000,
      container: 10_000,
    } satisfies ByKind,
    checkTimeoutMs: {
      ocf: 20_000,
      systemd: 20_000,
      command: 5000,
      balance: 5000,
      address: 5000,
      container: 20_000,
    } satisfies ByKind,
    startTimeoutMs: actionTimeoutMs,
    stopTimeoutMs: { ...actionTimeoutMs, container: 20_000 } satisfies ByKind,
    failures: { max: 3, forgetMs: 600_000 },
    stickiness: stickinessMax,
  },
  command: { directory: '/', stopSignal: 'SIGTERM' },
  container: { engine: 'podman', pull: 'missing' },
  address: { probeMs: 50, drainMs: 5000 },
  balance: {
    mode: 'http',
    algorithm: 'roundrobin',
    engine: 'haproxy',
    serverWeight: 1,
    connectTimeoutMs: 100,
    idleTimeoutMs: 30_000,
    /** Without it the web servers' logs show the balancer in place of every client. */
    forwardedForHttp: true,
    /** The time limit is never longer than `everyMs`: a shorter interval shortens it too. */
    check: { method: 'GET', everyMs: 500, timeoutMs: 300, rise: 2, fall: 2 },
  },
} as const;
