/** Ports of a node that is alone, whose disk and agents answer at once (imported by tests only). */
import type { Ms } from '../core/model.ts';
import type { NodeEvent } from '../core/ports.ts';
import type { LoopPorts } from './loop.ts';

export const quietPorts = (deliver: (event: NodeEvent) => void, nowMs: () => Ms): LoopPorts => ({
  transport: { send: () => undefined, configure: () => undefined },
  agents: { run: (op) => deliver({ kind: 'opDone', opId: op.opId, result: { outcome: 'stopped' } }) },
  storage: {
    saveDoc: ({ version }) => deliver({ kind: 'docSaved', version, ok: true, because: '' }),
    reserve: (upTo) => deliver({ kind: 'reserved', upTo, ok: true, because: '' }),
    saveLedger: () => undefined,
    notePromise: () => undefined,
  },
  fences: { call: () => undefined },
  pinger: { ping: () => undefined },
  watchdog: { watch: () => deliver({ kind: 'watchdog', state: 'none', because: '' }), feed: () => undefined },
  nowMs,
  onChange: () => undefined,
  onReply: () => undefined,
});
