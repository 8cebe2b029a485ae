/** Nodes that an operator shuts down: when their standby ends, and what is kept for them is not kept any more. */
import { type Ms, type NodeId, stickinessMax } from '../model.ts';
import type { Admin, Move, Shutdown } from '../ports.ts';
import { changed, isFresh, type NodeState, put, type Turn } from '../state.ts';

/** Each node counts for itself how long something has been kept: whoever coordinates next goes on with that. */
export function noteShutdowns(turn: Turn): void {
  const { state, nowMs } = turn;
  const ids = Object.values(state.doc.admin.standby).flatMap(({ shutdown }) => shutdown?.id ?? []);
  const { shutdownsSeen: seen } = state;
  if (ids.length === seen.size && ids.every((id) => seen.has(id))) return;
  put(turn, { shutdownsSeen: new Map(ids.map((id) => [id, seen.get(id) ?? nowMs] as const)) });
}

/** The wishes without what is over of them: the same where nothing is. */
export function withShutdownsEnded(turn: Turn): Admin {
  const { state, nowMs } = turn;
  let { admin } = state.doc;
  for (const [node, entry] of Object.entries(admin.standby)) {
    const { shutdown } = entry;
    if (shutdown === undefined) continue;
    const { keeps } = shutdown;
    if (isBack(state, node, shutdown)) {
      changed(turn, `node ${node}`, 'shut down', 'started again', 'its daemon has been started anew');
      const { [node]: _, ...standby } = admin.standby;
      admin = { ...admin, standby, moves: { ...movesBack(state, node, keeps), ...admin.moves } };
    } else if (keeps.length > 0 && isTooLong(state, shutdown, nowMs)) {
      changed(turn, `node ${node}`, `keeps ${keeps.join(', ')}`, 'keeps nothing', 'the time that was given is over');
      const kept = { ...entry, shutdown: { ...shutdown, keeps: [] } };
      admin = { ...admin, standby: { ...admin.standby, [node]: kept } };
    }
  }
  return admin;
}

/** It acts with others again, in another life of its daemon. */
function isBack(state: NodeState, node: NodeId, { boot }: Shutdown): boolean {
  if (state.installed?.members.includes(node) !== true || !isFresh(state, node)) return false;
  return state.records.get(node)?.boot !== boot;
}

const isTooLong = ({ shutdownsSeen }: NodeState, { id, forMs }: Shutdown, nowMs: Ms): boolean =>
  forMs !== null && nowMs - (shutdownsSeen.get(id) ?? nowMs) >= forMs;

/** What stays where it is would have stayed; all else goes by the places in the file. */
function movesBack(state: NodeState, to: NodeId, keeps: Shutdown['keeps']): Readonly<Record<string, Move>> {
  const { services } = state.doc.cluster;
  const back = services.filter(({ id, on, stickiness }) => {
    return keeps.includes(id) && on.includes(to) && stickiness >= stickinessMax;
  });
  return Object.fromEntries(back.map(({ id }) => [id, { to, from: null, because: `it was kept for ${to}` }]));
}
