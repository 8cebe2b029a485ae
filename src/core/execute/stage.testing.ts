/** One node `a` in a view with `b`, as tests of what it carries out need it: orders in, agents' answers in, effects out. */
import { type Cluster, plainCluster, type Service } from '../model.ts';
import { boot } from '../node.ts';
import { type AgentOp, firstDoc, type OpResult, type Order, type ServiceRecord, type View } from '../ports.ts';
import type { NodeState, Turn } from '../state.ts';
import { opDone, takeOrder } from './local.ts';
import { plainOrder } from './plainOrder.ts';
import { stopWithoutQuorum } from './withoutQuorum.ts';

export class Stage {
  state: NodeState;
  nowMs = 1000;
  /** What the driver was asked to do, in that order. */
  readonly ops: AgentOp[] = [];
  #action = 0;
  readonly #view: View = { number: 7, members: ['a', 'b'], coordinator: 'a' };

  constructor(service: Service, ledger: readonly Service[] = []) {
    const places = ['a', 'b'].map((id, i) => ({ id, links: [{ address: `10.0.0.${i + 1}`, prefix: 24 }] }));
    const cluster: Cluster = plainCluster('test', { intervalMs: 200, deadMs: 1000, port: 7354 }, places, [service]);
    const state = boot({ self: 'a', boot: 1, doc: firstDoc('', cluster), reserved: 0, noted: null, ledger }, 0);
    // Its former life left a note, and expected nothing.
    this.state = { ...state, beganCold: false, installed: this.#view, promised: this.#view };
  }

  record(id: string): ServiceRecord {
    const record = this.state.records.get('a')?.services[id];
    if (record === undefined) throw new RangeError(`no record of ${id}`);
    return record;
  }

  do(change: (turn: Turn) => void): readonly AgentOp[] {
    const turn: Turn = { nowMs: this.nowMs, state: this.state, effects: [] };
    change(turn);
    this.state = turn.state;
    const begun = turn.effects.flatMap((effect) => (effect.kind === 'run' ? [effect.op] : []));
    this.ops.push(...begun);
    return begun;
  }

  order(serviceId: string, verb: Order['verb'], more: Partial<Order> = {}): readonly AgentOp[] {
    this.#action += 1;
    const id = { view: 7, plan: 1, action: this.#action };
    const order = { ...plainOrder, id, verb, serviceId, because: 'a test', ...more };
    return this.do((turn) => takeOrder(turn, 'a', order));
  }

  answer(op: AgentOp, result: OpResult): void {
    this.do((turn) => opDone(turn, op.opId, result));
  }

  /** An order and its answer at once. */
  carryOut(serviceId: string, verb: Order['verb'], result: OpResult = { outcome: 'ok' }, more: Partial<Order> = {}) {
    for (const op of this.order(serviceId, verb, more)) this.answer(op, result);
    return this.record(serviceId);
  }

  /** Its lease has ended, and everything here is being stopped. */
  loseQuorum(): readonly AgentOp[] {
    return this.do((turn) => {
      turn.state = { ...turn.state, hadQuorum: true, installed: null, purging: true };
      stopWithoutQuorum(turn, false);
    });
  }
}
