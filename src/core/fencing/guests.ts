/** What a coordinator knows of guests beside their records, and what it does when one of them has ended with its machine. */
import { type Guest, guestsOf } from '../guests.ts';
import { isAlive } from '../membership/hearing.ts';
import { type Ms, type NodeId, plainQuorum, type ServiceId } from '../model.ts';
import type { GuestsHeard, Plan } from '../schedule/plan.ts';
import { changed, type NodeState, put, type Turn } from '../state.ts';
import { knowOff } from './off.ts';
import { addFencing } from './record.ts';
import { isComingBack } from './want.ts';

/** Null: there are no guests. */
export function guestsHeard(state: NodeState, nowMs: Ms): GuestsHeard | null {
  const guests = guestsOf(state.doc.cluster);
  if (guests.length === 0) return null;
  const outside = guests.map(({ node }) => node).filter((node) => state.installed?.members.includes(node) !== true);
  const heard = outside.filter((node) => isAlive(state, state.peers.get(node), nowMs));
  return {
    heard: new Set(heard),
    returning: new Set(heard.filter((node) => isComingBack(state, node, nowMs))),
    awaited: new Set(guests.filter((guest) => isAwaited(state, guest, nowMs)).map(({ node }) => node)),
    asked: new Map([...state.fenceAsked].filter(([node]) => guests.some((guest) => guest.node === node))),
  };
}

/** As for machines that boot together: what starts on the second choice would stay there. A guest that was here once is not waited for. */
function isAwaited(state: NodeState, { node, machine }: Guest, nowMs: Ms): boolean {
  const lastWith = state.lastWith.get(node) ?? Number.POSITIVE_INFINITY;
  // One that is being taken in is not there yet.
  if (!state.beganCold || lastWith <= (state.installed?.number ?? -1)) return false;
  const waitMs = state.doc.cluster.quorum.startWaitMs ?? plainQuorum.startWaitMs ?? 0;
  return nowMs - state.startedAtMs < waitMs + machine.startTimeoutMs;
}

export function isSameGuests(a: GuestsHeard | null, b: GuestsHeard | null): boolean {
  if (a === null || b === null) return a === b;
  return textOf(a) === textOf(b);
}

const textOf = ({ heard, returning, awaited, asked }: GuestsHeard): string =>
  JSON.stringify([[...heard], [...returning], [...awaited], [...asked]]);

/**
 * As after a fencing: noted in the document, and so known to whoever coordinates later, until the guest is back in a view. `before`: the
 * former plan, which had it fenced or not.
 */
export function noteEnded(turn: Turn, ended: NonNullable<Plan['ended']>, before: Plan | null): void {
  for (const { node, machine, because } of ended) {
    const { state, nowMs } = turn;
    if (state.off.has(node)) {
      unask(turn, node);
      continue;
    }
    const peer = state.peers.get(node);
    knowOff(turn, node, { because, boot: peer?.boot ?? null, atMs: nowMs });
    changed(turn, `node ${node}`, 'lost', 'off', because);
    noteFencing(turn, node, machine, before);
  }
}

/** Where it was fenced, and has not just ended. It took as long as it was lost. */
function noteFencing(turn: Turn, target: NodeId, machine: ServiceId, before: Plan | null): void {
  const { state, nowMs } = turn;
  const because = state.fenceAsked.get(target) ?? before?.fence.find(({ node }) => node === target)?.because;
  unask(turn, target);
  if (because === undefined) return;
  const tookMs = Math.round(nowMs - (state.lost.get(target) ?? nowMs));
  const device = `its machine ${machine}`;
  addFencing(turn, { target, because, device, outcome: 'off', verified: true, tookMs, failure: null });
}

function unask(turn: Turn, target: NodeId): void {
  const { fenceAsked } = turn.state;
  if (fenceAsked.has(target)) put(turn, { fenceAsked: new Map([...fenceAsked].filter(([node]) => node !== target)) });
}
