/**
 * A simulated machine: power, a clock that drifts, a disk, what really runs on it, and the daemon as one program of it.
 *
 * `running` is the truth that the checks read; the daemon only learns of it through its agents.
 */
import type { NodeId, Service, ServiceId } from '../../src/core/model.ts';
import type { AgentOp, Answer, Change, Doc, Message, NodeEvent, PromiseNote, View } from '../../src/core/ports.ts';
import { NodeLoop } from '../../src/daemon/loop.ts';
import { endLeftCalls, runAgent } from './agents.ts';
import type { Prng } from './prng.ts';
import type { World } from './world.ts';

export class Host {
  readonly id: NodeId;
  readonly world: World;
  readonly prng: Prng;
  readonly running = new Map<ServiceId, Service>();
  /** When a service last ended without being stopped, for checks that must forgive that. */
  readonly endedAtMs = new Map<ServiceId, number>();
  readonly stoppedAtMs = new Map<ServiceId, number>();
  readonly underWay = new Map<ServiceId, AgentOp[]>();
  powered = false;
  loop: NodeLoop | null = null;
  /** Counts daemon lives: answers to a former life get lost. */
  life = 0;
  pausedDepth = 0;
  diskFullDepth = 0;
  /** Until when this host's daemon could not do its duty: it was down or held up, or its machine was. */
  helplessUntilMs = Number.NEGATIVE_INFINITY;
  #inbox: NodeEvent[] = [];
  readonly #rate: number;
  readonly #offsetMs: number;
  readonly #disk: { doc: Doc; reserved: number; ledger: readonly Service[] };
  /** Files in memory: they outlive the daemon, not the machine. */
  #noted: PromiseNote | null = null;
  readonly #heardAtMs = new Map<string, number>();

  constructor(world: World, id: NodeId, prng: Prng) {
    this.world = world;
    this.id = id;
    this.prng = prng;
    // Clocks run up to half a per cent fast or slow, and have nothing in common.
    this.#rate = 1 + (prng.next() - 0.5) / 100;
    this.#offsetMs = prng.below(1_000_000);
    this.#disk = { doc: world.firstDoc, reserved: 0, ledger: [] };
  }

  nowMs(): number {
    return this.#offsetMs + this.world.agenda.nowMs * this.#rate;
  }

  get isHelpless(): boolean {
    return this.loop === null || this.pausedDepth > 0 || this.world.agenda.nowMs < this.helplessUntilMs;
  }

  // ---------------------------------------------------------------- power and the daemon's life

  powerOn(): void {
    if (this.powered) return;
    this.powered = true;
    this.world.agenda.after(this.prng.between(50, 500), () => this.launchDaemon());
  }

  powerOff(): void {
    this.powered = false;
    this.killDaemon();
    this.underWay.clear();
    this.#noted = null;
    for (const id of [...this.running.keys()]) this.setRunning(id, null);
  }

  launchDaemon(): void {
    if (!this.powered || this.loop !== null) return;
    this.life++;
    const life = this.life;
    endLeftCalls(this);
    this.#justWoken();
    const { doc, reserved, ledger } = this.#disk;
    const init = { self: this.id, boot: this.prng.below(2 ** 31) + 1, doc, reserved, ledger, noted: this.#noted };
    this.loop = new NodeLoop(init, {
      transport: { send: (to, message) => this.world.network.send(this, to, message), configure: () => undefined },
      agents: { run: (op) => runAgent(this, op) },
      storage: {
        saveDoc: (saved) => this.#write(life, () => this.#saveDoc(saved)),
        reserve: (upTo) => this.#write(life, () => this.#reserve(upTo)),
        notePromise: (note) => {
          this.#noted = note;
        },
        saveLedger: (services) =>
          void this.world.agenda.after(this.prng.between(1, 5), () => this.#saveLedger(life, services)),
      },
      fences: {
        call: ({ callId }) =>
          this.deliver({ kind: 'fenceDone', callId, result: { ok: false, because: 'no fence device' } }),
      },
      pinger: { ping: () => this.deliver({ kind: 'pinged', sentAtMs: this.nowMs(), reached: [] }) },
      watchdog: {
        watch: () => this.deliver({ kind: 'watchdog', state: 'none', because: 'no watchdog' }),
        feed: () => undefined,
      },
      nowMs: () => this.nowMs(),
      onChange: (change: Change) => this.world.told(this.id, change),
      onReply: (requestId: string, answer: Answer) => this.world.answered(requestId, answer),
    });
    this.#tick(life);
  }

  /** Its services run on: they are processes of their own. */
  killDaemon(): void {
    this.loop = null;
    this.life++;
    this.#inbox = [];
    this.helplessUntilMs = this.world.agenda.nowMs;
  }

  pause(): void {
    this.pausedDepth++;
  }

  resume(): void {
    this.pausedDepth--;
    if (this.pausedDepth > 0) return;
    this.#justWoken();
    const late = this.#inbox;
    this.#inbox = [];
    // Either may come first: the timer that fell due long ago, or the packets that waited in the socket.
    if (this.prng.chance(0.5)) this.deliver({ kind: 'tick' });
    for (const event of late) this.deliver(event);
    this.deliver({ kind: 'tick' });
  }

  /** A daemon that was away needs its stop time to do what it would have done: see `checks/exclusive.ts`. */
  #justWoken(): void {
    this.helplessUntilMs = this.world.agenda.nowMs + this.world.stopTimeMsMax;
  }

  #tick(life: number): void {
    if (this.life !== life) return;
    if (this.pausedDepth === 0) this.deliver({ kind: 'tick' });
    this.world.agenda.after(this.world.tickMs / this.#rate, () => this.#tick(life));
  }

  // ---------------------------------------------------------------- events

  deliver(event: NodeEvent): void {
    if (this.loop === null) return;
    if (this.pausedDepth > 0) {
      if (this.#inbox.length < 2000) this.#inbox.push(event);
      return;
    }
    const before: View | null = this.loop.state.installed;
    this.loop.deliver(event);
    const after = this.loop?.state.installed ?? null;
    if (after !== before && after !== null) this.world.installed(this, after);
  }

  /** For answers that belong to one life of the daemon. */
  deliverTo(life: number, event: NodeEvent): void {
    if (this.life === life) this.deliver(event);
  }

  receive(from: NodeId, link: number, message: Message): void {
    if (!this.powered || this.loop === null) return;
    this.#heardAtMs.set(`${from}/${link}`, this.world.agenda.nowMs);
    this.deliver({ kind: 'message', link, message });
  }

  /** As the real transport: the link on which the peer was heard last. */
  bestLinkTo(peer: NodeId): number {
    let best = 0;
    for (const link of this.world.links)
      if ((this.#heardAtMs.get(`${peer}/${link}`) ?? -1) > (this.#heardAtMs.get(`${peer}/${best}`) ?? -1)) best = link;
    return best;
  }

  // ---------------------------------------------------------------- the truth

  setRunning(id: ServiceId, service: Service | null): void {
    if (service !== null) this.running.set(id, service);
    else if (this.running.delete(id)) this.stoppedAtMs.set(id, this.world.agenda.nowMs);
    this.world.serviceChanged(this, id);
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

  // ---------------------------------------------------------------- disk

  #write(life: number, done: () => NodeEvent): void {
    this.world.agenda.after(this.prng.between(1, 15), () => {
      // A write that was under way when the daemon or the machine died is lost.
      if (this.life === life) this.deliverTo(life, done());
    });
  }

  #saveDoc(doc: Doc): NodeEvent {
    const ok = this.diskFullDepth === 0;
    if (ok) this.#disk.doc = doc;
    return { kind: 'docSaved', version: doc.version, ok, because: ok ? '' : 'no space left on device' };
  }

  #reserve(upTo: number): NodeEvent {
    const ok = this.diskFullDepth === 0;
    if (ok) this.#disk.reserved = Math.max(this.#disk.reserved, upTo);
    return { kind: 'reserved', upTo, ok, because: ok ? '' : 'no space left on device' };
  }

  #saveLedger(life: number, services: readonly Service[]): void {
    if (this.life === life && this.diskFullDepth === 0) this.#disk.ledger = services;
  }
}
