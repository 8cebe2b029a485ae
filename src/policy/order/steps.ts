/** The steps of a collection: it begins to start, it has started, and so on. */
import type { Action } from '../actions.ts';

export const moves = ['start', 'stop', 'promote', 'demote'] as const;
export type Move = (typeof moves)[number];
export type Done = 'started' | 'stopped' | 'promoted' | 'demoted';
export type Step = Move | Done;

const doneBy: Readonly<Record<Move, Done>> = {
  start: 'started',
  stop: 'stopped',
  promote: 'promoted',
  demote: 'demoted',
};
const movesTo: Readonly<Record<Done, Move>> = {
  started: 'start',
  stopped: 'stop',
  promoted: 'promote',
  demoted: 'demote',
};

export const isDone = (step: Step): step is Done => step in movesTo;
export const isMove = (word: string): word is Move => word in doneBy;

/** The end of a step; an end is its own. */
export const doneStep = (step: Step): Done => (isDone(step) ? step : doneBy[step]);

/** What leads to it; a beginning is its own. */
export const moveOf = (step: Step): Move => (isDone(step) ? movesTo[step] : step);

const asStep = (word: string): Step | null => (word in doneBy || word in movesTo ? (word as Step) : null);

/** Of a notification: the step that it tells of. Null: no step (a monitor, a fencing, ...). */
export function stepOf({ task, how }: Action): Step | null {
  if (task === 'gate') return how === null ? null : asStep(how);
  if (task === 'notify') return asStep(how?.split(' ')[1] ?? '');
  return asStep(task);
}
