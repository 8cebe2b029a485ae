/** The agents port of a node that runs nothing: whatever is asked about is not there. */
import type { AgentOp, Agents, NodeEvent, OpResult } from '../core/ports.ts';

export interface NoAgentsOptions {
  readonly deliver: (event: NodeEvent) => void;
  readonly ready: () => void;
}

export class NoAgents implements Agents {
  readonly #deliver: (event: NodeEvent) => void;

  constructor({ deliver, ready }: NoAgentsOptions) {
    this.#deliver = deliver;
    setImmediate(ready);
  }

  run({ opId, verb }: AgentOp): void {
    setImmediate(() => this.#deliver({ kind: 'opDone', opId, result: answers[verb] }));
  }

  configure(): void {}

  details(): Promise<null> {
    return Promise.resolve(null);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

const refused: OpResult = {
  outcome: 'failed',
  because: 'a witness runs nothing',
  scope: 'node',
  unknown: false,
};

const answers: Readonly<Record<AgentOp['verb'], OpResult>> = {
  probe: { outcome: 'stopped' },
  check: { outcome: 'stopped' },
  stop: { outcome: 'ok' },
  start: refused,
  reload: refused,
  tune: refused,
  promote: refused,
  demote: refused,
  migrateTo: refused,
  migrateFrom: refused,
  notify: refused,
};
