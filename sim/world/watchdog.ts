/** The watchdog of a machine: hardware that outlives the daemon, and resets the machine unless it is fed. */
import type { Watchdog } from '../../src/core/model.ts';
import type { WatchdogState } from '../../src/core/ports.ts';
import type { Fault } from './faults.ts';
import type { Host } from './host.ts';
import type { Prng } from './prng.ts';

export type WatchdogTrouble = Extract<Fault, { kind: 'watchdog' }>;

/** Between two tries to open a device that is missing. */
const retryMs = 5000;

export class WatchdogCard {
  trouble: WatchdogTrouble | null = null;
  /** It should have fired and did not, or is doing it late: what the cluster counted on does not hold. */
  failedToFire = false;
  readonly #host: Host;
  readonly #prng: Prng;
  #wanted: Watchdog | null = null;
  #armed: { readonly timeoutMs: number; fedAtMs: number } | null = null;

  constructor(host: Host) {
    this.#host = host;
    this.#prng = host.prng.fork('watchdog');
  }

  get isArmed(): boolean {
    return this.#armed !== null;
  }

  watch(watchdog: Watchdog | null): void {
    this.#wanted = watchdog;
    if (watchdog === null) {
      this.#armed = null;
      this.#say('none', '');
    } else if (!this.#arm(watchdog)) {
      this.#say('failed', 'no such device');
      this.#tryLater(watchdog, this.#host.life);
    }
  }

  feed(): void {
    if (this.#armed !== null) this.#armed.fedAtMs = this.#host.world.agenda.nowMs;
  }

  /** The machine lost its power. */
  reset(): void {
    this.#armed = null;
    this.failedToFire = false;
  }

  /** Where it is missing, what a former life of the daemon armed counts on. */
  #arm({ timeoutMs }: Watchdog): boolean {
    if (this.trouble?.how === 'missing') return false;
    this.#armed = { timeoutMs, fedAtMs: this.#host.world.agenda.nowMs };
    this.#expectFood(this.#armed);
    this.#say('armed', '');
    return true;
  }

  #say(state: WatchdogState, because: string): void {
    const { life, world } = this.#host;
    world.agenda.after(this.#prng.between(1, 5), () =>
      this.#host.deliverTo(life, { kind: 'watchdog', state, because }),
    );
  }

  /** As the daemon's driver, which cannot do so while it is held up. */
  #tryLater(watchdog: Watchdog, life: number): void {
    this.#host.world.agenda.after(retryMs, () => {
      if (this.#host.life !== life || this.#wanted !== watchdog) return;
      if (this.#host.pausedDepth > 0 || !this.#arm(watchdog)) this.#tryLater(watchdog, life);
    });
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
