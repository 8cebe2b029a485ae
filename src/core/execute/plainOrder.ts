import type { Order } from '../ports.ts';

/** An order that says no more than its verb. */
export const plainOrder: Pick<Order, 'handFrom' | 'handTo' | 'drained' | 'peer' | 'notice'> = {
  handFrom: null,
  handTo: null,
  drained: [],
  peer: null,
  notice: null,
};
