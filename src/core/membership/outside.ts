/**
 * Which nodes were heard outside the view, since they were off or members?
 *
 * What the document says of one that is off is about a former life: in this one an operator, or its own start-up, may have started
 * something. So what it said last of itself counts also when it is not heard any more, until it is known to be off anew.
 */
import type { NodeId } from '../model.ts';
import { type NodeState, put, type Turn } from '../state.ts';
import { alivePeers } from './hearing.ts';

export function noteOutside(turn: Turn): void {
  const { state, nowMs } = turn;
  const heard = alivePeers(state, nowMs).filter((node) => !isSettled(state, node));
  if (heard.length === 0 && state.outside.size === 0) return;
  const outside = new Map([...state.outside].filter(([node, offThen]) => isOpen(state, node, offThen)));
  for (const node of heard) outside.set(node, notedOff(state, node));
  if (!isSameMap(outside, state.outside)) put(turn, { outside });
}

const isSettled = ({ installed, off }: NodeState, node: NodeId): boolean =>
  off.has(node) || installed?.members.includes(node) === true;

/** Unless it left the file, or the document says now that it was switched off, or confirmed off, since. */
function isOpen(state: NodeState, node: NodeId, offThen: string | null): boolean {
  if (isSettled(state, node) || !state.doc.cluster.nodes.some(({ id }) => id === node)) return false;
  const offNow = notedOff(state, node);
  return offNow === null || offNow === offThen;
}

const notedOff = ({ doc }: NodeState, node: NodeId): string | null => doc.admin.off[node]?.because ?? null;

const isSameMap = (a: ReadonlyMap<NodeId, string | null>, b: ReadonlyMap<NodeId, string | null>): boolean =>
  a.size === b.size && [...a].every(([node, value]) => b.has(node) && b.get(node) === value);
