/** Watches the truth of one simulated history: what runs where, for how long something did not, or did so twice. */
import type { Cluster, Ms, NodeId, Service, ServiceId } from '../../src/core/model.ts';
import type { FencingRecord } from '../../src/core/ports.ts';
import type { NodeReport } from '../../src/core/report.ts';
import type { Host } from '../world/host.ts';
import type { Check, World } from '../world/world.ts';

export interface Outcome {
  readonly services: readonly ServiceOutcome[];
  readonly nodes: readonly NodeOutcome[];
  readonly fencings: readonly (FencingRecord & { readonly by: NodeId })[];
}

export interface ServiceOutcome {
  readonly service: ServiceId;
  readonly before: readonly NodeId[];
  readonly after: readonly NodeId[];
  /** How long no copy ran; null: none does at the end. */
  readonly downMs: Ms | null;
  /** How long a service that should have one copy had two; null: it has at the end. */
  readonly twiceMs: Ms | null;
}

export interface NodeOutcome {
  readonly node: NodeId;
  /**
   * hit: by the fault itself; acts: it may start and stop; idle: it may not, and runs nothing; runs on: it may not, and runs what
   * it ran; holds: it keeps what it has and takes nothing over, because somebody in its view is neither heard nor off.
   */
  readonly state: 'hit' | 'acts' | 'idle' | 'runs on' | 'holds' | 'off';
  /** Lost its power after the fault: switched off by a device, reset by its watchdog, or, if it is a guest, stopped with its machine. */
  readonly lostPower: {
    readonly afterMs: Ms;
    readonly by: 'fencing' | 'watchdog' | 'machine';
    readonly back: boolean;
  } | null;
  /** Members of the view in which it acts. */
  readonly with: readonly NodeId[];
}

interface Span {
  totalMs: Ms;
  sinceMs: Ms | null;
}

export class Watcher {
  readonly check: Check;
  readonly #services: readonly Service[];
  readonly #before = new Map<ServiceId, readonly NodeId[]>();
  readonly #down = new Map<ServiceId, Span>();
  readonly #twice = new Map<ServiceId, Span>();
  readonly #switchedOff = new Set<NodeId>();
  readonly #lostPower = new Map<NodeId, NonNullable<NodeOutcome['lostPower']>>();
  #changedAtMs = 0;
  #beganAtMs: Ms | null = null;

  constructor({ services }: Cluster) {
    this.#services = services;
    this.check = {
      name: 'foresee',
      serviceChanged: (world, _host, id) => {
        this.#changedAtMs = world.agenda.nowMs;
        if (this.#beganAtMs !== null) this.#look(world, id);
      },
      fenceBegins: (world, _host, call) => {
        this.#changedAtMs = world.agenda.nowMs;
        if (call.action === 'off') this.#switchedOff.add(call.target);
      },
      powerChanged: (world, host) => {
        this.#changedAtMs = world.agenda.nowMs;
        if (this.#beganAtMs !== null) this.#power(host, world.agenda.nowMs - this.#beganAtMs);
      },
    };
  }

  /** From now on: what was so far does not count. */
  begin(world: World): void {
    this.#beganAtMs = world.agenda.nowMs;
    for (const { id } of this.#services) this.#before.set(id, holdersOf(world, id));
  }

  update(world: World): void {
    for (const { id } of this.#services) this.#look(world, id);
  }

  /** Everything runs that should; of clones, wherever a node may have them. */
  allRun(world: World): boolean {
    return this.#services.every(({ id, instances, on }) => {
      const able = on.filter((node) => world.host(node).powered).length;
      return holdersOf(world, id).length >= Math.max(1, Math.min(instances, this.#beganAtMs === null ? able : 1));
    });
  }

  quietMs(world: World): Ms {
    return world.agenda.nowMs - this.#changedAtMs;
  }

  outcome(world: World, hit: readonly NodeId[]): Outcome {
    return {
      services: this.#services.map(({ id }) => ({
        service: id,
        before: this.#before.get(id) ?? [],
        after: holdersOf(world, id),
        downMs: closed(this.#down.get(id)),
        twiceMs: closed(this.#twice.get(id)),
      })),
      nodes: [...world.hosts.keys()].map((node) => this.#nodeOutcome(world, node, hit)),
      fencings: fencingsIn(world),
    };
  }

  #nodeOutcome(world: World, node: NodeId, hit: readonly NodeId[]): NodeOutcome {
    const host = world.host(node);
    const report = host.loop?.report() ?? null;
    const lostPower = this.#lostPower.get(node) ?? null;
    const rest = { node, lostPower, with: report?.quorum === true ? (report.view?.members ?? []) : [] };
    if (hit.includes(node)) return { ...rest, lostPower: null, state: 'hit' };
    if (!host.powered) return { ...rest, state: 'off' };
    if (report?.quorum === true) return { ...rest, state: isHeld(world.cluster, report) ? 'holds' : 'acts' };
    return { ...rest, state: host.running.size > 0 ? 'runs on' : 'idle' };
  }

  #power({ id: node, powered, hasMachine }: Host, afterMs: Ms): void {
    const before = this.#lostPower.get(node);
    if (powered) {
      if (before !== undefined) this.#lostPower.set(node, { ...before, back: true });
      return;
    }
    const by = !hasMachine ? 'machine' : this.#switchedOff.has(node) ? 'fencing' : 'watchdog';
    this.#lostPower.set(node, { afterMs: before?.afterMs ?? afterMs, by, back: false });
  }

  #look(world: World, id: ServiceId): void {
    const service = this.#services.find((each) => each.id === id);
    const copies = holdersOf(world, id).length;
    mark(this.#down, id, copies === 0, world.agenda.nowMs);
    mark(this.#twice, id, copies > 1 && service?.clone === false, world.agenda.nowMs);
  }
}

/** It counts on somebody whom it does not hear, and has no majority without: one half of a pair. */
function isHeld({ nodes }: Cluster, { node, peers, view }: NodeReport): boolean {
  const lost = peers.filter(({ state }) => state === 'lost').map((peer) => peer.node);
  if (view === null || !view.members.some((member) => lost.includes(member))) return false;
  const votesOf = (ids: readonly NodeId[]): number =>
    nodes.reduce((sum, { id, votes }) => sum + (ids.includes(id) ? votes : 0), 0);
  const heard = peers.filter(({ state }) => state !== 'lost').map((peer) => peer.node);
  return 2 * votesOf([node, ...heard]) <= votesOf(nodes.map(({ id }) => id));
}

function mark(spans: Map<ServiceId, Span>, id: ServiceId, is: boolean, nowMs: Ms): void {
  const span = spans.get(id) ?? { totalMs: 0, sinceMs: null };
  if (is) span.sinceMs ??= nowMs;
  else if (span.sinceMs !== null) {
    span.totalMs += nowMs - span.sinceMs;
    span.sinceMs = null;
  }
  spans.set(id, span);
}

const closed = (span: Span | undefined): Ms | null => (span?.sinceMs == null ? Math.round(span?.totalMs ?? 0) : null);

const holdersOf = (world: World, id: ServiceId): NodeId[] =>
  [...world.hosts.values()].filter((host) => host.running.has(id)).map((host) => host.id);

/** What each node has on record of itself, and what it is at. */
function fencingsIn(world: World): (FencingRecord & { by: NodeId })[] {
  return [...world.hosts.values()].flatMap((host) => {
    const report = host.loop?.report();
    const own = report?.records.find((record) => record.node === host.id)?.fencings ?? [];
    return [...own, ...(report?.fencing ?? [])].map((record) => ({ ...record, by: host.id }));
  });
}

/** Whether the first of two histories of one fault is worse: down at the end, then twice at the end, then the times. */
export function worse(a: Outcome, b: Outcome): boolean {
  const [first, second] = [badness(a), badness(b)];
  const at = first.findIndex((value, index) => value !== second[index]);
  return at >= 0 && (first[at] ?? 0) > (second[at] ?? 0);
}

const badness = ({ services }: Outcome): number[] => [
  services.filter(({ downMs }) => downMs === null).length,
  services.filter(({ twiceMs }) => twiceMs === null).length,
  services.reduce((sum, { twiceMs }) => sum + (twiceMs ?? 0), 0),
  services.reduce((sum, { downMs }) => sum + (downMs ?? 0), 0),
];
