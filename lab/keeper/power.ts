/** Power of a lab's hosts as the keeper switches it: one act on a host at a time, whoever asks for it. */
import { failure, type Result } from '../../src/lib/errors.ts';
import { powerOffLoopback, powerOnLoopback } from '../loopback.ts';
import { type Injected, powerOff, powerOn } from '../machines.ts';
import type { ProcessId } from '../process-id.ts';
import { findHost, hostInit, readLab } from '../record.ts';

export class Power {
  readonly #lab: string;
  readonly #ephemeral: boolean;
  readonly #queues = new Map<string, Promise<unknown>>();

  constructor(lab: string, ephemeral: boolean) {
    this.#lab = lab;
    this.#ephemeral = ephemeral;
  }

  /** The first process of the host, null while it is off. */
  init(host: string): ProcessId | null {
    return hostInit(this.#lab, host);
  }

  /** Null when it is so already. */
  set(name: string, power: 'on' | 'off'): Promise<Result<Injected> | null> {
    return this.#inTurn(name, async () => {
      if ((this.init(name) !== null) === (power === 'on')) return null;
      return this.#switch(name, power);
    });
  }

  /** Off and on, if it is still the same life of the host. */
  cycle(name: string, life: ProcessId): Promise<Result<Injected> | null> {
    return this.#inTurn(name, async () => {
      if (this.init(name)?.startTicks !== life.startTicks) return null;
      const off = await this.#switch(name, 'off');
      return off.ok ? this.#switch(name, 'on') : off;
    });
  }

  async #switch(name: string, power: 'on' | 'off'): Promise<Result<Injected>> {
    const record = readLab(this.#lab);
    if (record === null) return failure('NO_SUCH_OBJECT', `The lab ${this.#lab} is gone`);
    const host = findHost(record, name);
    if (!host.ok) return host;
    if (record.kind === 'namespaces') return (power === 'on' ? powerOn : powerOff)(record, host.value);
    return power === 'on' ? powerOnLoopback(record, host.value, this.#ephemeral) : powerOffLoopback(record, host.value);
  }

  #inTurn<T>(name: string, work: () => Promise<T>): Promise<T> {
    const before = this.#queues.get(name) ?? Promise.resolve();
    const done = before.then(work, work);
    this.#queues.set(name, done);
    return done;
  }
}
