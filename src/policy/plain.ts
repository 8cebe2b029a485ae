/** Constraints of two, and sets, that say no more than they must: what is left out is as Pacemaker has it. In the order in which they are read. */
import type { ColocationConfig, OrderConfig, ResourceSet } from './input.ts';

type ColocationPair = Extract<ColocationConfig['link'], { kind: 'pair' }>;
type OrderPair = Extract<OrderConfig['link'], { kind: 'pair' }>;

export const colocationOfTwo = (
  id: string,
  score: number | null,
  { dependent, primary, ...link }: Pick<ColocationPair, 'dependent' | 'primary'> & Partial<ColocationPair>,
): ColocationConfig => ({
  id,
  score,
  nodeAttribute: null,
  influence: null,
  lifetime: [],
  link: {
    kind: 'pair',
    dependent,
    dependentRole: null,
    dependentInstance: null,
    primary,
    primaryRole: null,
    primaryInstance: null,
    ...link,
  },
});

export const orderOfTwo = (
  id: string,
  kind: string | null,
  { first, second, ...link }: Pick<OrderPair, 'first' | 'second'> & Partial<OrderPair>,
): OrderConfig => ({
  id,
  kind,
  score: null,
  symmetrical: null,
  requireAll: null,
  lifetime: [],
  link: {
    kind: 'pair',
    first,
    firstAction: null,
    firstInstance: null,
    second,
    secondAction: null,
    secondInstance: null,
    ...link,
  },
});

export const plainSet = (id: string, members: readonly string[]): ResourceSet => ({
  id,
  members,
  role: null,
  action: null,
  score: null,
  kind: null,
  sequential: null,
  requireAll: null,
  ordering: null,
});
