/**
 * Which nodes are known to be off?
 *
 * Known here first (`state.off`), then noted in the document (`upkeep`). It ends when the node is heard in another life, or is
 * still heard long after it was said to be off: then somebody was wrong.
 */
import { isAlive } from '../membership/hearing.ts';
import type { NodeId } from '../model.ts';
import { changed, heartbeat, type Off, put, type Turn } from '../state.ts';

export function knowOff(turn: Turn, node: NodeId, off: Off): void {
  put(turn, { off: new Map(turn.state.off).set(node, off), beatNow: true });
}

export function forgetOff(turn: Turn): void {
  const { state, nowMs } = turn;
  if (state.off.size === 0) return;
  const back = [...state.off].filter(([node, { boot, atMs }]) => {
    const peer = state.peers.get(node);
    if (!isAlive(state, peer, nowMs)) return false;
    return peer.boot !== boot || nowMs - atMs > 2 * heartbeat(state).deadMs;
  });
  if (back.length === 0) return;
  const off = new Map(state.off);
  for (const [node, { boot }] of back) {
    off.delete(node);
    const isSame = state.peers.get(node)?.boot === boot;
    changed(turn, `node ${node}`, 'off', 'heard', isSame ? 'it was said to be off, and was never off' : 'it is back');
  }
  put(turn, { off });
}
