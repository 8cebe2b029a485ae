/**
 * The cluster keys of this node while they change: asks the others what they have, offers the newest, and goes on step by
 * step (`src/identity/ring.ts`). Every step is on the disk before anybody is told of it.
 */
import { createSecretKey, randomBytes } from 'node:crypto';
import type { KeyStatus, RotateAnswer } from '../api/identity.ts';
import type { Ms, NodeId } from '../core/model.ts';
import type { Change } from '../core/ports.ts';
import {
  advance,
  isChanging,
  newestOf,
  type Ring,
  type RingKey,
  type RingState,
  ringKey,
  stateOf,
  take,
  usedOf,
} from '../identity/ring.ts';
import { failure, type Result, success } from '../lib/errors.ts';
import { readKey, writtenKey } from './identity-file.ts';
import type { Written } from './storage-disk.ts';

export interface KeyChangePorts {
  readonly self: NodeId;
  /** All nodes of the cluster file. */
  readonly nodes: () => readonly NodeId[];
  /** Null: no answer. */
  readonly ask: (node: NodeId, question: unknown, timeoutMs: Ms) => Promise<unknown>;
  readonly save: (ring: Ring) => Promise<Written>;
  readonly use: (ring: Ring) => void;
  /** Prepares peers for keys that are not sent with yet. */
  readonly prime: () => void;
  readonly changed: (change: Change) => void;
  readonly note: (text: string) => void;
}

const pursueEveryMs = 1000;
const askMs = 2000;
/** How long `rotate` waits for the others before it says who is missing. */
const rotateMs = 10_000;
const roundMs = 50;

export class KeyChange {
  readonly #ports: KeyChangePorts;
  readonly #said = new Map<NodeId, RingState>();
  #ring: Ring;
  /** One change of the ring at a time: each is written before the next one is made. */
  #last: Promise<unknown> = Promise.resolve();
  #timer: NodeJS.Timeout;
  #missing: readonly NodeId[] = [];
  #pursuing = false;

  constructor(ring: Ring, ports: KeyChangePorts) {
    this.#ring = ring;
    this.#ports = ports;
    this.#timer = setInterval(() => void this.#pursue(), pursueEveryMs);
    this.#timer.unref();
  }

  get ring(): Ring {
    return this.#ring;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  status(): KeyStatus {
    const used = usedOf(this.#ring);
    return {
      generation: used.generation,
      id: used.id,
      madeAt: used.madeAt,
      next: isChanging(this.#ring)
        ? { generation: newestOf(this.#ring).generation, id: newestOf(this.#ring).id, missing: this.#missing }
        : null,
    };
  }

  /** Makes a new key and waits until all have it and the old one is dropped, or until it is clear who is missing. */
  async rotate(): Promise<Result<RotateAnswer>> {
    if (isChanging(this.#ring)) return this.#underWay();
    const made = newestOf(this.#ring).generation + 1;
    const key = ringKey(createSecretKey(randomBytes(32)), made, new Date().toISOString());
    const written = await this.#change((ring) => take(ring, key) ?? ring, 'an operator changes the key');
    if (!written.ok) return failure('STATE_UNUSABLE', `the new key could not be kept: ${written.because}`);
    const endMs = performance.now() + rotateMs;
    while (isChanging(this.#ring) && performance.now() < endMs) {
      await this.#pursue();
      await new Promise((done) => setTimeout(done, roundMs));
    }
    return success({ generation: made, id: key.id, done: !isChanging(this.#ring), missing: this.#missing });
  }

  /** Answers what another node's `#pursue` asks; undefined: it is no such question. */
  async answer(from: NodeId, question: unknown): Promise<unknown> {
    if (!isKeyQuestion(question)) return undefined;
    const offered = readKey(question.offer);
    const state = readState(question.state);
    if (offered === null || state === null) throw new Error('the question about keys cannot be read');
    this.#said.set(from, state);
    const written = await this.#change((ring) => this.#advanced(this.#taken(ring, offered)), `${from} told it`);
    if (!written.ok) throw new Error(written.because);
    setTimeout(() => void this.#pursue(), roundMs);
    return stateOf(this.#ring);
  }

  #taken(ring: Ring, offered: RingKey): Ring {
    const taken = take(ring, offered);
    if (taken === null) throw new Error(`too many changes of keys are under way; ${offered.id} was not taken`);
    return taken;
  }

  async #pursue(): Promise<void> {
    if (!isChanging(this.#ring) || this.#pursuing) return;
    this.#pursuing = true;
    try {
      this.#ports.prime();
      await Promise.all(this.#others().map((node) => this.#askOne(node)));
      const written = await this.#change((ring) => this.#advanced(ring), 'the other nodes say so');
      if (!written.ok) this.#ports.note(`the change of the cluster key waits: ${written.because}`);
    } finally {
      this.#pursuing = false;
    }
  }

  async #askOne(node: NodeId): Promise<void> {
    const question = { kind: 'key', offer: writtenKey(newestOf(this.#ring)), state: stateOf(this.#ring) };
    const state = readState(await this.#ports.ask(node, question, askMs));
    if (state !== null) this.#said.set(node, state);
  }

  #advanced(ring: Ring): Ring {
    const others = this.#others();
    for (const node of this.#said.keys()) if (!others.includes(node)) this.#said.delete(node);
    const { ring: next, withoutNewest, notUsing } = advance(ring, others, this.#said);
    this.#missing = withoutNewest.length > 0 ? withoutNewest : notUsing;
    return next;
  }

  #others(): NodeId[] {
    return this.#ports.nodes().filter((node) => node !== this.#ports.self);
  }

  /** On the disk first: what this node says it has, it has after a power cut too. */
  #change(next: (ring: Ring) => Ring, because: string): Promise<Written> {
    const done = this.#last.then(async (): Promise<Written> => {
      const before = this.#ring;
      const after = next(before);
      if (isSame(before, after)) return { ok: true };
      const written = await this.#ports.save(after);
      if (!written.ok) return written;
      this.#ring = after;
      this.#ports.use(after);
      this.#ports.changed({ what: 'cluster key', from: wordsFor(before), to: wordsFor(after), because });
      return written;
    });
    this.#last = done.catch(() => undefined);
    return done;
  }

  #underWay(): Result<RotateAnswer> {
    const { generation } = newestOf(this.#ring);
    const missing = this.#missing.join(', ');
    const who = missing === '' ? '' : `; it waits for ${missing}`;
    return failure('CONFLICT', `a change to key ${generation} is under way${who}`, 'sempre key show');
  }
}

/** Which key is sent with, and which others are accepted. */
function wordsFor(ring: Ring): string {
  const used = usedOf(ring);
  const others = ring.keys.filter((key) => key !== used).map(({ generation, id }) => `${generation} (${id})`);
  const accepted = others.length === 0 ? '' : `, accepts ${others.join(', ')}`;
  return `${used.generation} (${used.id})${accepted}`;
}

const isSame = (a: Ring, b: Ring): boolean =>
  a.using === b.using && a.keys.length === b.keys.length && a.keys.every(({ id }, i) => id === b.keys[i]?.id);

const isKeyQuestion = (question: unknown): question is { readonly offer: unknown; readonly state: unknown } =>
  typeof question === 'object' && question !== null && (question as { kind?: unknown }).kind === 'key';

function readState(data: unknown): RingState | null {
  const { has, using } = (data ?? {}) as { has?: unknown; using?: unknown };
  if (!Array.isArray(has) || has.length > 64 || !has.every((id) => typeof id === 'string')) return null;
  return typeof using === 'string' ? { has, using } : null;
}
