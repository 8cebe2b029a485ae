/** Which of two results in the history is the newer one. */
import type { HistoryOperation } from '../input.ts';

/** `TARGET RC`, `TRANSITION` and who asked, out of the key of the transition that asked for it; -1 where it is not said. */
export interface TransitionKey {
  readonly transition: number;
  readonly expectedRc: number;
  readonly uuid: string;
}

const transitionKeyPattern = /^\s*(-?\d+):\s*(-?\d+):\s*(-?\d+):\s*(\S{1,36})/;

export function transitionKeyOf(text: string | null): TransitionKey | null {
  const match = text === null ? null : transitionKeyPattern.exec(text);
  if (match === null) return null;
  return { transition: Number(match[2]), expectedRc: Number(match[3]), uuid: match[4]!.toLowerCase() };
}

/** -1: not known, which makes any result an error. */
export function expectedRcOf({ transitionKey }: HistoryOperation): number {
  if (transitionKey === null || !transitionKeyPattern.test(transitionKey)) return -1;
  return Number.parseInt(transitionKey.slice(transitionKey.indexOf(':', transitionKey.indexOf(':') + 1) + 1), 10);
}

const magicOf = (operation: HistoryOperation): TransitionKey | null => {
  const match = /^-?\d+:-?\d+;(.*)$/.exec(operation.magic ?? '');
  return match === null ? null : transitionKeyOf(match[1]!);
};

/**
 * Positive: `a` is newer. By call id on one node, by time otherwise; what is pending has no call id, and then the transition
 * that asked decides. `onSameNode` is for results that do not say where they are from.
 */
export function compareCalls(a: HistoryOperation, b: HistoryOperation, onSameNode: boolean): number {
  const isSameNode = a.node === null || b.node === null ? onSameNode : a.node.toLowerCase() === b.node.toLowerCase();
  if (isSameNode && a.id === b.id) return 0;
  if (a.callId === -1 && b.callId === -1) return 0;
  if (isSameNode && a.callId >= 0 && a.callId < b.callId) return -1;
  if (isSameNode && b.callId >= 0 && a.callId > b.callId) return 1;
  if (a.callId >= 0 && b.callId >= 0) return compareTimes(a.lastChangeS ?? -1, b.lastChangeS ?? -1);
  return compareTransitions(a, b);
}

function compareTimes(a: number, b: number): number {
  if (a >= 0 && a < b) return -1;
  return b >= 0 && a > b ? 1 : 0;
}

/** A transition of -1 is a shutdown and comes last. */
function compareTransitions(a: HistoryOperation, b: HistoryOperation): number {
  const [left, right] = [magicOf(a), magicOf(b)];
  if (left === null || right === null) return 0;
  if (left.uuid !== right.uuid || left.transition === right.transition) {
    if (b.callId === -1) return -1;
    return a.callId === -1 ? 1 : 0;
  }
  if ((left.transition >= 0 && left.transition < right.transition) || right.transition === -1) return -1;
  if ((right.transition >= 0 && left.transition > right.transition) || left.transition === -1) return 1;
  return 0;
}

/**
 * The history in call order; among equals the one that is later in the document comes first. The order above is not transitive
 * where operations are pending, so that the result depends on how one sorts: by merging halves, the first one rounded down.
 */
export function inCallOrder(operations: readonly HistoryOperation[]): readonly HistoryOperation[] {
  return operations.length < 2 ? operations : mergeSorted(operations.toReversed());
}

function mergeSorted(list: readonly HistoryOperation[]): readonly HistoryOperation[] {
  if (list.length < 2) return list;
  const middle = Math.floor(list.length / 2);
  const left = mergeSorted(list.slice(0, middle));
  const right = mergeSorted(list.slice(middle));
  const merged: HistoryOperation[] = [];
  let [i, j] = [0, 0];
  while (i < left.length && j < right.length) {
    if (compareCalls(left[i]!, right[j]!, true) <= 0) merged.push(left[i++]!);
    else merged.push(right[j++]!);
  }
  return [...merged, ...left.slice(i), ...right.slice(j)];
}
