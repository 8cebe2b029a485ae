/** The shortest input, as far as leaving out pieces leads, that still breaks the same promise. */

import type { Check, Target } from './target.ts';
import { sameKind, tryInput } from './try.ts';

const triesMax = 3000;
const minimiseMs = 10_000;

export async function minimise(
  target: Target,
  check: Check,
  { input, broken }: { readonly input: Buffer; readonly broken: string },
  onInput: (input: Buffer) => void,
): Promise<Buffer> {
  const untilMs = performance.now() + minimiseMs;
  let best = input;
  let tries = 0;
  for (let size = Math.ceil(best.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let at = 0; at < best.length; ) {
      if (tries++ >= triesMax || performance.now() > untilMs) return best;
      const shorter = Buffer.concat([best.subarray(0, at), best.subarray(at + size)]);
      onInput(shorter);
      if (sameKind((await tryInput(target, check, shorter)).broken, broken)) best = shorter;
      else at += size;
    }
  }
  return best;
}
