/**
 * Where new machines knock (`sempre join`). Open only while a token holds that was made here; a token is good for one
 * machine. Tokens are in memory: after a restart of the daemon there are none.
 *
 * Over TLS, in which the machine knows us by the fingerprint in its token: one line of JSON each way, then the end.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import type { DoorStatus } from '../api/identity.ts';
import type { Ms, NodeId } from '../core/model.ts';
import type { ErrorCode } from '../lib/errors.ts';
import type { Door } from '../transports/udp/index.ts';
import { Rates } from '../transports/udp/rates.ts';

/** What a machine that joins is given. */
export interface Welcome {
  readonly node: NodeId;
  readonly clusterName: string;
  /** The cluster file. */
  readonly source: string;
  readonly keys: readonly unknown[];
  readonly using: string;
}

/** Why somebody was sent away: what is counted. */
export type DoorRefusal =
  | 'no such token'
  | 'token used'
  | 'token too old'
  | 'token of another node'
  | 'no such node'
  | 'node is running'
  | 'too many wrong tokens'
  | 'too many at once'
  | 'too slow'
  | 'too long';

export interface NodeRefusal {
  readonly why: DoorRefusal;
  readonly code: ErrorCode;
  readonly because: string;
}

export interface DoorPorts {
  readonly welcome: (node: NodeId) => Welcome;
  /** Which node a machine of this name would be. */
  readonly nodeOf: (machine: string) => NodeId;
  /** Why this node cannot join; null: it can. */
  readonly refusal: (node: NodeId) => NodeRefusal | null;
  readonly joined: (node: NodeId, address: string) => void;
}

interface Token {
  readonly node: NodeId | null;
  readonly untilMs: Ms;
  used: boolean;
}

const tokensMax = 64;
const guestsMax = 8;
const requestBytesMax = 4096;
const guestMs = 10_000;
/** Whoever comes a little too late is told so; afterwards nobody answers. */
const graceMs = 10 * 60_000;
/** Wrong secrets from one address: so many at once, then one in so long. And from all together. */
const wrongAtOnce = 5;
const wrongPerSecond = 1 / 12;
const wrongAtOnceAll = 50;
const wrongPerSecondAll = 1;

type Reply = ({ readonly ok: true } & Welcome) | ({ readonly ok: false } & NodeRefusal);

export class JoinDoor implements Door {
  readonly #ports: DoorPorts;
  /** By the hash of the secret: what is compared says nothing about what is right. */
  readonly #tokens = new Map<string, Token>();
  readonly #wrong = new Rates(wrongAtOnce, wrongPerSecond, 256);
  readonly #wrongAll = new Rates(wrongAtOnceAll, wrongPerSecondAll, 1);
  readonly #refused = new Map<DoorRefusal, number>();
  readonly #nowMs: () => Ms;
  #guests = 0;
  #joined = 0;

  constructor(ports: DoorPorts, nowMs: () => Ms = () => performance.now()) {
    this.#ports = ports;
    this.#nowMs = nowMs;
  }

  /** The secret of a new token; null: there are too many. */
  create(node: NodeId | null, ttlMs: Ms): string | null {
    this.#forget();
    if (this.#tokens.size >= tokensMax) return null;
    const secret = randomBytes(32).toString('base64url');
    this.#tokens.set(hashOf(secret), { node, untilMs: this.#nowMs() + ttlMs, used: false });
    return secret;
  }

  isOpen(): boolean {
    this.#forget();
    return this.#tokens.size > 0;
  }

  status(): DoorStatus {
    const nowMs = this.#nowMs();
    const open = [...this.#tokens.values()].filter(({ used, untilMs }) => !used && untilMs > nowMs);
    return { openTokens: open.length, joined: this.#joined, refused: Object.fromEntries(this.#refused) };
  }

  take(socket: TLSSocket, address: string): void {
    socket.on('error', () => {});
    if (this.#guests >= guestsMax) return this.#turnAway(socket, 'too many at once');
    this.#guests += 1;
    const timer = setTimeout(() => this.#turnAway(socket, 'too slow'), guestMs);
    socket.once('close', () => {
      clearTimeout(timer);
      this.#guests -= 1;
    });
    this.#read(socket, (line) => this.#answer(socket, this.#judge(line, address), address));
  }

  #read(socket: TLSSocket, answer: (line: string) => void): void {
    let text = '';
    let isDone = false;
    socket.on('data', (chunk: Buffer) => {
      if (isDone) return;
      text += chunk.toString('latin1');
      const end = text.indexOf('\n');
      if (end === -1 && text.length <= requestBytesMax) return;
      isDone = true;
      if (end === -1) this.#turnAway(socket, 'too long');
      else answer(Buffer.from(text.slice(0, end), 'latin1').toString('utf8'));
    });
  }

  #judge(line: string, address: string): Reply {
    const nowMs = this.#nowMs();
    if (!this.#wrong.has(address, nowMs) || !this.#wrongAll.has('', nowMs))
      return refused('too many wrong tokens', 'BUSY', 'too many wrong tokens came from here; try again in a minute');
    const request = parseRequest(line);
    const token = request === null ? undefined : this.#tokens.get(hashOf(request.secret));
    if (request === null || token === undefined) {
      this.#wrong.take(address, nowMs);
      this.#wrongAll.take('', nowMs);
      return refused('no such token', 'TOKEN_INVALID', 'this node made no such token, or was restarted since');
    }
    return this.#admit(token, request, nowMs);
  }

  #admit(token: Token, request: JoinRequest, nowMs: Ms): Reply {
    if (token.used)
      return refused('token used', 'TOKEN_INVALID', 'the token was used already; each is good for one machine');
    if (token.untilMs <= nowMs) return refused('token too old', 'TOKEN_INVALID', 'the time of the token is over');
    const node = request.node ?? token.node ?? this.#ports.nodeOf(request.machine);
    if (token.node !== null && token.node !== node)
      return refused('token of another node', 'TOKEN_INVALID', `the token is for ${token.node}, not for ${node}`);
    const refusal = this.#ports.refusal(node);
    if (refusal !== null) return { ok: false, ...refusal };
    // Before the answer goes out: if that is lost, the token is too.
    token.used = true;
    return { ok: true, ...this.#ports.welcome(node) };
  }

  #answer(socket: TLSSocket, reply: Reply, address: string): void {
    if (reply.ok) {
      this.#joined += 1;
      this.#ports.joined(reply.node, address);
    } else this.#count(reply.why);
    socket.end(`${JSON.stringify(reply)}\n`);
  }

  #turnAway(socket: TLSSocket, why: DoorRefusal): void {
    if (!socket.destroyed) this.#count(why);
    socket.destroy();
  }

  #count(why: DoorRefusal): void {
    this.#refused.set(why, (this.#refused.get(why) ?? 0) + 1);
  }

  #forget(): void {
    for (const [hash, { untilMs }] of this.#tokens) if (untilMs + graceMs < this.#nowMs()) this.#tokens.delete(hash);
  }
}

const refused = (why: DoorRefusal, code: ErrorCode, because: string): Reply => ({ ok: false, why, code, because });

const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex');

interface JoinRequest {
  readonly secret: string;
  readonly node: NodeId | null;
  readonly machine: string;
}

function parseRequest(line: string): JoinRequest | null {
  try {
    const { secret, node, machine } = JSON.parse(line) as Record<string, unknown>;
    if (typeof secret !== 'string' || typeof machine !== 'string') return null;
    if (node !== null && typeof node !== 'string') return null;
    return { secret, node, machine };
  } catch {
    return null;
  }
}
