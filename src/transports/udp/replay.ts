/**
 * Sliding window over packet counters: each counter is accepted once. Packets come late and out of order, all the more
 * as they travel on several links, so the window is wide; what fell behind it is refused.
 */
export class ReplayWindow {
  static readonly width = 1024;
  readonly #bits = new Uint32Array(ReplayWindow.width / 32);
  #newest = -1;

  /** Whether the counter could be new. Asked before a packet is opened, because that costs less. */
  isNew(counter: number): boolean {
    if (counter > this.#newest) return true;
    return counter > this.#newest - ReplayWindow.width && !this.#has(counter);
  }

  isNewest(counter: number): boolean {
    return counter > this.#newest;
  }

  /** Notes a counter that `isNew`, of a packet that proved authentic: nobody else may move the window. */
  note(counter: number): void {
    if (counter > this.#newest) {
      this.#forgetUpTo(counter);
      this.#newest = counter;
    }
    this.#set(counter);
  }

  /** Places of the counters that come into the window, which older ones held until now. */
  #forgetUpTo(counter: number): void {
    if (counter - this.#newest >= ReplayWindow.width) this.#bits.fill(0);
    else for (let c = this.#newest + 1; c <= counter; c++) this.#clear(c);
  }

  #has(counter: number): boolean {
    const place = counter % ReplayWindow.width;
    return ((this.#bits[place >>> 5] ?? 0) & (1 << (place & 31))) !== 0;
  }

  #set(counter: number): void {
    const place = counter % ReplayWindow.width;
    this.#bits[place >>> 5] = (this.#bits[place >>> 5] ?? 0) | (1 << (place & 31));
  }

  #clear(counter: number): void {
    const place = counter % ReplayWindow.width;
    this.#bits[place >>> 5] = (this.#bits[place >>> 5] ?? 0) & ~(1 << (place & 31));
  }
}
