/**
 * The reliable channel: messages that are too large for a datagram, and questions with answers. Each node dials its own
 * connection to a peer when it has something to say and speaks on that one; answers come back on it.
 */
import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Ms, NodeId } from '../../core/model.ts';
import type { Message } from '../../core/ports.ts';
import { idBytes } from './answers.ts';
import { Connection } from './connection.ts';
import { type Frame, frameBodyBytesMax, frameKind } from './frames.ts';
import { type Door, Inlets } from './inlets.ts';
import { questionsMax } from './limits.ts';
import { Outlet, type Parcel, type Route } from './outlet.ts';
import type { ChannelStats } from './stats.ts';
import { type Credentials, dialTls, refusalOf, type Target } from './tls.ts';

export type Asked = { readonly ok: true; readonly answer: unknown } | { readonly ok: false; readonly because: string };

export interface ChannelPorts {
  readonly credentials: () => Credentials;
  readonly door: Door;
  readonly peerAt: (address: string) => NodeId | undefined;
  /** Links to a peer that can be tried now, best first. */
  readonly routes: (peer: NodeId) => readonly Route[];
  readonly target: (peer: NodeId, link: number) => Target;
  readonly message: (link: number, from: NodeId, bytes: Uint8Array) => void;
  readonly ask: (from: NodeId, question: unknown) => Promise<unknown>;
}

interface Question {
  readonly peer: NodeId;
  readonly parcel: Parcel;
  readonly timer: NodeJS.Timeout;
  readonly settle: (asked: Asked) => void;
}

const tickMs = 100;

export class Channel {
  readonly #ports: ChannelPorts;
  readonly #outlets = new Map<NodeId, Outlet>();
  readonly #inlets: Inlets;
  readonly #questions = new Map<string, Question>();
  readonly #timer: NodeJS.Timeout;
  /** Ids are of this process: a restarted one does not repeat those of its former life. */
  readonly #life = randomBytes(idBytes - 4);
  #lastQuestion = 0;
  readonly #counts = { dialled: 0, accepted: 0, messagesSent: 0, messagesReceived: 0, dropped: 0 };
  readonly #endings = new Map<string, number>();

  constructor(ports: ChannelPorts) {
    this.#ports = ports;
    this.#inlets = new Inlets({
      ...ports,
      message: (link, from, bytes) => {
        this.#counts.messagesReceived += 1;
        ports.message(link, from, bytes);
      },
      accepted: () => {
        this.#counts.accepted += 1;
      },
      ended: (because) => this.#ended(because),
    });
    this.#timer = setInterval(() => this.#tick(performance.now()), tickMs);
  }

  send(to: NodeId, kind: Message['kind'], body: Uint8Array): void {
    if (body.length > frameBodyBytesMax) return this.#drop();
    const parcel: Parcel = { kind: frameKind.message, body, madeAtMs: performance.now(), message: kind };
    if (this.#outlet(to).post(parcel)) this.#counts.messagesSent += 1;
    else this.#drop();
  }

  ask(to: NodeId, question: unknown, timeoutMs: Ms): Promise<Asked> {
    const waiting = [...this.#questions.values()].filter(({ peer }) => peer === to);
    if (waiting.length >= questionsMax) return refusedAtOnce(`${waiting.length} questions to ${to} are under way`);
    const id = this.#newId();
    const body = Buffer.concat([id, Buffer.from(JSON.stringify(question) ?? 'null', 'utf8')]);
    if (body.length > frameBodyBytesMax) return refusedAtOnce(`the question is too large: ${body.length} bytes`);
    return new Promise((settle) => {
      const key = id.toString('latin1');
      const parcel: Parcel = { kind: frameKind.ask, body, madeAtMs: performance.now(), message: null };
      const tooLate = `${to} gave no answer within ${timeoutMs} ms`;
      const timer = setTimeout(() => this.#settle(key, { ok: false, because: tooLate }), timeoutMs);
      this.#questions.set(key, { peer: to, parcel, timer, settle });
      if (!this.#outlet(to).post(parcel)) this.#settle(key, { ok: false, because: `too much waits for ${to}` });
    });
  }

  /** A connection came in at the listener of a link. */
  accept(socket: Socket, address: string, link: () => number): void {
    this.#inlets.accept(socket, address, link);
  }

  /** Ends all connections, to open them again with the keys of now. Nothing that waits is lost. */
  renew(because: string): void {
    this.#inlets.closeWhere(() => true, because);
    for (const outlet of this.#outlets.values()) outlet.close(because);
  }

  /** Drops what belongs to nodes that left and to addresses that changed. */
  configured(stale: (peer: NodeId, link: number) => boolean, isPeer: (node: NodeId) => boolean): void {
    this.#inlets.closeWhere((peer, link) => !isPeer(peer) || stale(peer, link), 'the cluster file changed');
    for (const [peer, outlet] of this.#outlets) {
      if (!isPeer(peer)) this.#forget(peer, outlet);
      else if (outlet.link !== null && stale(peer, outlet.link)) outlet.close('the cluster file changed');
    }
  }

  stats(): ChannelStats {
    return { ...this.#counts, ended: Object.fromEntries(this.#endings) };
  }

  close(): void {
    clearInterval(this.#timer);
    this.configured(
      () => true,
      () => false,
    );
  }

  #tick(nowMs: Ms): void {
    for (const outlet of this.#outlets.values()) outlet.tick(nowMs);
    this.#inlets.tick(nowMs);
  }

  #outlet(peer: NodeId): Outlet {
    const known = this.#outlets.get(peer);
    if (known !== undefined) return known;
    const outlet: Outlet = new Outlet({
      routes: () => this.#ports.routes(peer),
      dial: (link, events) => {
        this.#counts.dialled += 1;
        const credentials = this.#ports.credentials();
        const socket = dialTls(credentials, this.#ports.target(peer, link));
        return new Connection(socket, true, () => refusalOf(socket, credentials, peer, Date.now()), events);
      },
      frame: (frame) => this.#answered(peer, frame),
      lost: (because) => this.#lost(peer, outlet, because),
      dropped: () => this.#drop(),
    });
    this.#outlets.set(peer, outlet);
    return outlet;
  }

  #answered(peer: NodeId, frame: Frame): void {
    if (frame.body.length < idBytes) return;
    const key = frame.body.toString('latin1', 0, idBytes);
    if (this.#questions.get(key)?.peer !== peer) return;
    const text = frame.body.toString('utf8', idBytes);
    if (frame.kind === frameKind.answer) this.#settle(key, parseAnswer(text));
    else if (frame.kind === frameKind.failure) this.#settle(key, { ok: false, because: text });
  }

  #settle(key: string, asked: Asked): void {
    const question = this.#questions.get(key);
    if (question === undefined) return;
    this.#questions.delete(key);
    clearTimeout(question.timer);
    this.#outlets.get(question.peer)?.withdraw(question.parcel);
    question.settle(asked);
  }

  /** Questions that the peer had got, and not answered yet, are asked again. */
  #lost(peer: NodeId, outlet: Outlet, because: string): void {
    this.#ended(because);
    for (const question of this.#questions.values()) if (question.peer === peer) outlet.repost(question.parcel);
  }

  #forget(peer: NodeId, outlet: Outlet): void {
    this.#outlets.delete(peer);
    this.#inlets.forgetAnswersOf(peer);
    for (const [key, question] of this.#questions)
      if (question.peer === peer) this.#settle(key, { ok: false, because: `${peer} is no peer of this node any more` });
    outlet.close('the cluster file changed');
  }

  #newId(): Buffer {
    this.#lastQuestion = (this.#lastQuestion + 1) % 2 ** 32;
    const number = Buffer.alloc(4);
    number.writeUInt32BE(this.#lastQuestion);
    return Buffer.concat([this.#life, number]);
  }

  #drop(): void {
    this.#counts.dropped += 1;
  }

  /** The kernel's words hold addresses and ports: what stands before them is enough, and bounds the table. */
  #ended(because: string): void {
    const reason = /^[a-z]+ E[A-Z]+/.exec(because)?.[0] ?? because;
    this.#endings.set(reason, (this.#endings.get(reason) ?? 0) + 1);
  }
}

const refusedAtOnce = (because: string): Promise<Asked> => Promise.resolve({ ok: false, because });

function parseAnswer(text: string): Asked {
  try {
    return { ok: true, answer: JSON.parse(text) as unknown };
  } catch {
    return { ok: false, because: 'the answer is no JSON' };
  }
}
