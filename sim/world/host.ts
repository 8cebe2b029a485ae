/**
 * A simulated machine: power, a clock that drifts, a disk, a watchdog, what really runs on it, and the daemon as one program of it.
 *
 * `running` is the truth that the checks read; the daemon only learns of it through its agents.
 */
import type { NodeId, Service, ServiceId } from '../../src/core/model.ts';
import type { AgentOp, Answer, Change, Doc, Message, NodeEvent, PromiseNote, View } from '../../src/core/ports.ts';
import { type LoopPorts, NodeLoop } from '../../src/daemon/loop.ts';
import { endLeftCalls, runAgent } from './agents.ts';
import { Clock } from './clock.ts';
import { beginsAtMs } from './date.ts';
import { Disk } from './disk.ts';
import { Inbox } from './inbox.ts';
import { ping } from './ping.ts';
import type { Prng } from './prng.ts';
import { WatchdogCard } from './watchdog.ts';
import type { World } from './world.ts';

export class Host {
  readonly id: NodeId;
  readonly world: World;
  readonly prng: Prng;
  readonly clock: Clock;
  readonly disk: Disk;
  readonly watchdog: WatchdogCard;
  readonly running = new Map<ServiceId, Service>();
  /** Which of them are promoted. */
  readonly promoted = new Set<ServiceId>();
  /** Copies that an agent falsely called demoted, or running without a word of their role. */
  readonly falselyDemoted = new Set<ServiceId>();
  /** What a migration has brought to another host, while it still runs here too. */
  readonly givenTo = new Map<ServiceId, NodeId>();
  /** Copies that the daemon cannot know of: started by hand, or an agent said falsely that it had stopped them. */
  readonly unowned = new Set<ServiceId>();
  /** Copies that no driver has a note of: it never started them, or believes that it has stopped them. */
  readonly unnoted = new Set<ServiceId>();
  /** What an agent could not stop when it should have. */
  readonly notStopped = new Set<ServiceId>();
  /** When a service last ended without being stopped, for checks that must forgive that. */
  readonly endedAtMs = new Map<ServiceId, number>();
  readonly stoppedAtMs = new Map<ServiceId, number>();
  readonly underWay = new Map<ServiceId, AgentOp[]>();
  readonly begunAtMs = new WeakMap<AgentOp, number>();
  readonly isNewer: boolean;
  /** The service that is its machine; null: it is a machine of its own. */
  readonly machine: ServiceId | null;
  powered = false;
  /** How many outages hold its power off. */
  outages = 0;
  /** Since when it has had power without a break, or none. */
  poweredAtMs = 0;
  /** A device or an operator said so, and it is not true. */
  isSaidToBeOff = false;
  loop: NodeLoop | null = null;
  /** Counts daemon lives: answers to a former life get lost. */
  life = 0;
  pausedDepth = 0;
  /** When this host's daemon was last able to do anything. */
  ableUntilMs = 0;
  /** When its lease, as it knew of it then, ends. */
  leaseUntilMs = Number.NEGATIVE_INFINITY;
  /** Until when this host's daemon could not do its duty: it was down or held up, or its machine was. */
  helplessUntilMs = Number.NEGATIVE_INFINITY;
  readonly #inbox: Inbox;
  /** For ticks, packets and pings, so that a late tick shifts nothing else. */
  readonly chance: Prng;
  /** Files in memory: they outlive the daemon, not the machine. */
  #noted: PromiseNote | null = null;
  runFullDepth = 0;
  readonly #heardAtMs = new Map<NodeId, number[]>();

  constructor(world: World, id: NodeId, prng: Prng) {
    this.world = world;
    this.id = id;
    this.prng = prng;
    this.chance = prng.fork('timing');
    // Clocks run up to half a per cent fast or slow, and have nothing in common.
    this.clock = new Clock(world.agenda, 1 + (prng.next() - 0.5) / 100, prng.below(1_000_000));
    this.disk = new Disk(world, prng.fork('disk'), world.quirks.torn === id);
    this.watchdog = new WatchdogCard(this);
    this.isNewer = world.quirks.newer.includes(id);
    this.machine = world.cluster.nodes.find((node) => node.id === id)?.guest ?? null;
    this.#inbox = new Inbox(world.quirks.socketPackets, this.chance);
  }

  nowMs(): number {
    return this.clock.nowMs;
  }

  get isHelpless(): boolean {
    return this.loop === null || this.pausedDepth > 0 || this.world.agenda.nowMs < this.helplessUntilMs;
  }

  /** The truth about a service, as far as anybody but an operator behind our back is to blame for it. */
  holds(id: ServiceId): boolean {
    return this.running.has(id) && !this.unowned.has(id);
  }

  // ---------------------------------------------------------------- power and the daemon's life

  /** Unless an outage or a fence device keeps its power off. */
  powerOn(bootMs = 0): void {
    if (this.powered || this.outages > 0 || !this.hasMachine || this.world.panel.holdsOff(this.id)) return;
    this.powered = true;
    this.isSaidToBeOff = false;
    this.poweredAtMs = this.world.agenda.nowMs;
    if (this.life > 0) this.clock.restart(this.chance.below(100_000));
    this.world.powerChanged(this);
    this.world.agenda.after(bootMs + this.prng.between(50, 500), () => this.launchDaemon());
  }

  /** A guest is on while its machine runs on some host, whichever that is. One that is started by hand is another machine. */
  get hasMachine(): boolean {
    const { machine } = this;
    return machine === null || [...this.world.hosts.values()].some((host) => host.holds(machine));
  }

  followMachine(): void {
    if (this.hasMachine) this.powerOn(this.prng.between(100, 2000));
    else this.powerOff();
  }

  powerOff(): void {
    if (!this.powered) return;
    this.powered = false;
    this.poweredAtMs = this.world.agenda.nowMs;
    this.disk.cutOff(true);
    this.killDaemon();
    this.underWay.clear();
    this.#noted = null;
    this.watchdog.reset();
    this.isSaidToBeOff = false;
    for (const id of [...this.running.keys()]) this.setRunning(id, null);
    this.world.powerChanged(this);
  }

  reboot(because: string): void {
    this.world.note(this.id, 'on', because);
    this.powerOff();
    this.world.agenda.after(this.prng.between(500, 3000), () => this.powerOn());
  }

  launchDaemon(): void {
    if (!this.powered || this.loop !== null) return;
    this.life++;
    endLeftCalls(this);
    this.#justWoken();
    const { doc, reserved, ledger } = this.disk.read();
    this.#forgetLeftovers(doc ?? this.world.firstDoc, ledger);
    const docLost = this.disk.hasLostDoc;
    if (docLost) this.world.lostDoc(this);
    const boot = this.prng.below(2 ** 31) + 1;
    const init = {
      self: this.id,
      boot,
      doc: doc ?? this.world.firstDoc,
      docLost,
      reserved,
      ledger,
      noted: this.#noted,
    };
    this.loop = new NodeLoop(init, this.#ports(this.life));
    this.deliver({ kind: 'clock', aheadMs: beginsAtMs + Math.round(this.world.agenda.nowMs - this.nowMs()) });
    this.#tick(this.life);
  }

  /**
   * What was started while its note could not be written, and is not looked for here by the file of now: nobody can know of it. Of what
   * must not run twice others know that it may run here, and it is looked for.
   */
  #forgetLeftovers({ cluster }: Doc, ledger: readonly Service[]): void {
    for (const [id, { takeover }] of this.running) {
      const isListed = cluster.services.some((service) => service.id === id && service.on.includes(this.id));
      if (isListed || takeover !== 'nothing' || ledger.some((service) => service.id === id)) continue;
      this.unowned.add(id);
      this.unnoted.add(id);
    }
  }

  #ports(life: number): LoopPorts {
    const { world, disk } = this;
    return {
      transport: { send: (to, message) => world.network.send(this, to, message), configure: () => undefined },
      agents: { run: (op) => runAgent(this, op) },
      storage: {
        saveDoc: (doc) =>
          disk.write('doc', doc, (ok) =>
            this.deliverTo(life, { kind: 'docSaved', version: doc.version, ok: ok === true, because: faultOf(ok) }),
          ),
        reserve: (upTo) =>
          disk.write('reserve', upTo, (ok) =>
            this.deliverTo(life, { kind: 'reserved', upTo, ok: ok === true, because: faultOf(ok) }),
          ),
        notePromise: (note) => {
          this.#noted = this.runFullDepth > 0 ? null : note;
        },
        saveLedger: (services) => disk.write('ledger', services, () => undefined),
      },
      fences: {
        call: (call) => {
          world.fenceBegins(this, call);
          world.panel.call(this, call);
        },
      },
      pinger: { ping: (addresses) => ping(this, addresses) },
      watchdog: { watch: (wanted) => this.watchdog.watch(wanted), feed: () => this.watchdog.feed() },
      nowMs: () => this.nowMs(),
      onChange: (change: Change) => world.told(this.id, change),
      onReply: (requestId: string, answer: Answer) => world.answered(requestId, answer),
    };
  }

  /** As where /run is full: a note that cannot be replaced is removed. */
  loseNote(): void {
    this.#noted = null;
  }

  /** Its services run on: they are processes of their own. */
  killDaemon(): void {
    this.#noteAble();
    this.disk.cutOff(false);
    this.loop = null;
    this.life++;
    this.#inbox.clear();
    this.helplessUntilMs = this.world.agenda.nowMs;
  }

  pause(): void {
    this.#noteAble();
    this.pausedDepth++;
  }

  resume(): void {
    this.pausedDepth--;
    if (this.pausedDepth > 0 || this.loop === null) return;
    this.#justWoken();
    const { life } = this;
    // Either may come first: the timer that fell due long ago, or the packets that waited in the socket.
    if (this.prng.chance(0.5)) this.deliver({ kind: 'tick' });
    for (const event of this.#inbox.empty()) this.deliverTo(life, event);
    this.deliverTo(life, { kind: 'tick' });
  }

  #noteAble(): void {
    if (this.loop === null || this.pausedDepth > 0) return;
    const { nowMs } = this.world.agenda;
    this.ableUntilMs = nowMs;
    this.leaseUntilMs = nowMs + (this.loop.state.leaseUntilMs - this.nowMs()) / this.clock.rate;
  }

  /** A daemon that was away needs its stop time to do what it would have done: see `checks/exclusive.ts`. */
  #justWoken(): void {
    this.helplessUntilMs = this.world.agenda.nowMs + this.world.stopTimeMsMax;
  }

  #tick(life: number): void {
    if (this.life !== life) return;
    if (this.pausedDepth === 0) this.deliver({ kind: 'tick' });
    const { tickMs, quirks } = this.world;
    const isLate = quirks.lateTicks > 0 && !this.world.isHealed && this.chance.chance(quirks.lateTicks);
    const lateMs = isLate ? this.chance.next() * quirks.lateTickMs : 0;
    this.world.agenda.after(tickMs / this.clock.rate + lateMs, () => this.#tick(life));
  }

  // ---------------------------------------------------------------- events

  deliver(event: NodeEvent): void {
    const { loop } = this;
    if (loop === null) return;
    if (this.pausedDepth > 0) return this.#inbox.put(event);
    const before: View | null = loop.state.installed;
    loop.deliver(event);
    const after = loop.state.installed;
    if (after !== before && after !== null) this.world.installed(this, after);
  }

  /** For answers that belong to one life of the daemon. */
  deliverTo(life: number, event: NodeEvent): void {
    if (this.life === life) this.deliver(event);
  }

  receive(from: NodeId, link: number, message: Message): void {
    if (this.loop === null) return;
    let heard = this.#heardAtMs.get(from);
    if (heard === undefined) {
      heard = this.world.links.map(() => -1);
      this.#heardAtMs.set(from, heard);
    }
    heard[link] = this.world.agenda.nowMs;
    this.deliver({ kind: 'message', link, message });
  }

  /** As the real transport: the link on which the peer was heard last. */
  bestLinkTo(peer: NodeId): number {
    const heard = this.#heardAtMs.get(peer) ?? [];
    let best = 0;
    for (const link of this.world.links) if ((heard[link] ?? -1) > (heard[best] ?? -1)) best = link;
    return best;
  }

  // ---------------------------------------------------------------- the truth

  setRunning(id: ServiceId, service: Service | null): void {
    if (service !== null) this.running.set(id, service);
    else if (this.running.delete(id)) this.stoppedAtMs.set(id, this.world.agenda.nowMs);
    if (service === null) {
      this.promoted.delete(id);
      this.falselyDemoted.delete(id);
      this.givenTo.delete(id);
    }
    this.unowned.delete(id);
    this.unnoted.delete(id);
    this.notStopped.delete(id);
    this.world.serviceChanged(this, id);
  }

  setPromoted(id: ServiceId, promoted: boolean): void {
    if (promoted) this.promoted.add(id);
    else this.promoted.delete(id);
    this.falselyDemoted.delete(id);
    this.world.roleChanged(this, id);
  }

  endByItself(id: ServiceId): void {
    if (!this.running.has(id)) return;
    this.endedAtMs.set(id, this.world.agenda.nowMs);
    this.setRunning(id, null);
    const life = this.life;
    this.world.agenda.after(this.prng.between(1, 100), () => {
      if (!this.running.has(id)) this.deliverTo(life, { kind: 'died', serviceId: id, because: 'killed' });
    });
  }

  /** By an operator's hand; nobody is told. */
  startByHand(service: Service): void {
    if (!this.powered || this.running.has(service.id)) return;
    this.running.set(service.id, service);
    this.unowned.add(service.id);
    this.unnoted.add(service.id);
    this.world.machineChanged(service.id);
  }

  stopByHand(id: ServiceId): void {
    if (!this.running.has(id)) return;
    this.endedAtMs.set(id, this.world.agenda.nowMs);
    this.setRunning(id, null);
  }
}

const faultOf = (ok: boolean | null): string =>
  ok === true ? '' : ok === false ? 'no space left on device' : 'the disk does not answer';
