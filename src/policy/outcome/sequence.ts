import { assert, must } from '../../lib/assert.ts';
import type { PolicyAction } from '../plan.ts';

/** The actions of a plan one after another, each after those that it waits for. A plan has no loops. */
export function inSequence(actions: readonly PolicyAction[]): PolicyAction[] {
  const waiting = actions.map((action) => action.after.length);
  const next = actions.map((): number[] => []);
  for (const { id, after } of actions) for (const first of after) must(next[first], `action ${first}`).push(id);
  const ready = actions.filter(({ after }) => after.length === 0);
  for (const { id } of ready)
    for (const after of must(next[id], `action ${id}`)) {
      const left = must(waiting[after], `action ${after}`) - 1;
      waiting[after] = left;
      if (left === 0) ready.push(must(actions[after], `action ${after}`));
    }
  assert(ready.length === actions.length, 'a plan has no loops');
  return ready;
}
