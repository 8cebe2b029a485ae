/** The watchdog of a machine: hardware that outlives the daemon, and resets the machine unless it is fed. */
import type { Watchdog } from '../../src/core/model.ts';
import type { Fault } from './faults.ts';
import type { Host } from './host.ts';
import type { Prng } from './prng.ts';

export type WatchdogTrouble = Extract<Fault, { kind: 'watchdog' }>;

export class WatchdogCard {
  trouble: WatchdogTrouble | null = null;
  /** It should have fired and did not, or is doing it late: what the cluster counted on does not hold. */
  failedToFire = false;
  readonly #host: Host;
  readonly #prng: Prng;
  #armed: { readonly timeoutMs: number; fedAtMs: number } | null = null;

  constructor(host: Host) {
    this.#host = host;
    this.#prng = host.prng.fork('watchdog');
  }

  get isArmed(): boolean {
    return this.#armed !== null;
  }

  watch(watchdog: Watchdog | null): void {
    const { agenda } = this.#host.world;
    const { life } = this.#host;
    const missing = this.trouble?.how === 'missing' && watchdog !== null;
    if (!missing) this.#armed = null;
    if (watchdog !== null && !missing) {
      this.#armed = { timeoutMs: watchdog.timeoutMs, fedAtMs: agenda.nowMs };
      this.#expectFood(this.#armed);
    }
    const state = watchdog === null ? 'none' : missing ? 'failed' : 'armed';
    const because = missing ? 'no such device' : '';
    agenda.after(this.#prng.between(1, 5), () => this.#host.deliverTo(life, { kind: 'watchdog', state, because }));
  }

  feed(): void {
    if (this.#armed !== null) this.#armed.fedAtMs = this.#host.world.agenda.nowMs;
  }

  /** The machine lost its power. */
  reset(): void {
    this.#armed = null;
    this.failedToFire = false;
  }

  #expectFood(armed: { readonly timeoutMs: number; fedAtMs: number }): void {
    const { agenda } = this.#host.world;
    agenda.at(armed.fedAtMs + armed.timeoutMs, () => {
      if (this.#armed !== armed) return;
      if (agenda.nowMs < armed.fedAtMs + armed.timeoutMs) return this.#expectFood(armed);
      this.#fire(armed);
    });
  }

  #fire(armed: { readonly timeoutMs: number; fedAtMs: number }): void {
    const { trouble } = this;
    if (trouble === null || trouble.how === 'missing') return this.#host.reboot('its watchdog fired');
    this.failedToFire = true;
    // Broken hardware does not work the next time either, until it is mended.
    const againMs = trouble.how === 'late' ? trouble.lateMs : armed.timeoutMs;
    this.#host.world.agenda.after(againMs, () => {
      if (this.#armed !== armed) return;
      if (trouble.how === 'late' || this.trouble === null) this.#host.reboot('its watchdog fired late');
      else this.#fire(armed);
    });
  }
}
