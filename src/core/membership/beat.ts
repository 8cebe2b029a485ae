/** When to say that we are here, and what: one beat holds the whole membership state of its sender. */
import { newest } from '../document/index.ts';
import type { Beat } from '../ports.ts';
import { emit, heartbeat, type NodeState, nodeIds, put, type Turn } from '../state.ts';
import { alivePeers, echoes } from './hearing.ts';
import { agreesUpTo } from './view.ts';

/** Beats every interval, and at once when something changed that peers wait for. */
export function beatIfDue(turn: Turn): void {
  const { state, nowMs } = turn;
  if (!state.beatNow && nowMs - state.lastBeatMs < heartbeat(state).intervalMs) return;
  put(turn, { beatSeq: state.beatSeq + 1, lastBeatMs: nowMs, beatNow: false });
  const beat = beatOf(turn.state, nowMs);
  for (const node of nodeIds(state)) if (node !== state.self) emit(turn, { kind: 'send', to: node, message: beat });
}

function beatOf(state: NodeState, nowMs: number): Beat {
  return {
    kind: 'beat',
    from: state.self,
    boot: state.boot,
    seq: state.beatSeq,
    sentAtMs: nowMs,
    echoes: echoes(state, nowMs),
    hears: alivePeers(state, nowMs),
    promised: state.promised,
    continuous: [...state.continuous].map(([node, since]) => ({ node, since })),
    agreesUpTo: agreesUpTo(state),
    installed: state.installed?.number ?? null,
    recordVersion: state.recordVersion,
    holds: [...state.records.values()].map(({ node, boot, version }) => ({ node, boot, version })),
    docVersion: newest(state).version,
    docContent: state.doc.content,
    docOnDisk: state.onDisk,
  };
}
