import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ReplayWindow } from './replay.ts';

/** The same by the book: every accepted counter is remembered. */
class Model {
  readonly seen = new Set<number>();
  newest = -1;
  isNew(counter: number): boolean {
    return !this.seen.has(counter) && counter > this.newest - ReplayWindow.width;
  }
  note(counter: number): void {
    this.seen.add(counter);
    this.newest = Math.max(this.newest, counter);
  }
}

test('ReplayWindow accepts what a memory without bounds accepts', () => {
  const step = fc.oneof(fc.integer({ min: -20, max: 20 }), fc.integer({ min: -1100, max: 1100 }), fc.nat(1e7));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), fc.nat(2 ** 47), (steps, start) => {
      const [window, model] = [new ReplayWindow(), new Model()];
      let counter = start;
      for (const by of steps) {
        counter = Math.max(0, counter + by);
        expect(window.isNew(counter)).toBe(model.isNew(counter));
        expect(window.isNewest(counter)).toBe(counter > model.newest);
        if (!window.isNew(counter)) continue;
        window.note(counter);
        model.note(counter);
        expect(window.isNew(counter)).toBe(false);
      }
    }),
    { numRuns: 500 },
  );
});
