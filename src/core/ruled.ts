/** What is otherwise while a rule holds: part of the model. */
import type { Rule } from '../policy/input.ts';
import type { ClusterNode, Ms, Service } from './model.ts';

/** In place of what else is said of the node, name by name. */
export interface NodeRule {
  readonly rule: Rule;
  readonly attributes?: ClusterNode['attributes'];
  readonly utilization?: ClusterNode['utilization'];
}

/** Meta attributes, name by name. */
export interface MetaRule {
  readonly rule: Rule;
  readonly meta: Readonly<Record<string, string>>;
}

/**
 * In place of what the service says otherwise: parameters, utilization, times and answers to failures name by name, checks as a whole.
 * A rule of parameters may ask about nodes too, any other about dates alone. How long a stop may take is the same at all times, because
 * other nodes count on it.
 */
export interface RuledValues {
  readonly rule: Rule;
  /** Of OCF agents. */
  readonly params?: Readonly<Record<string, string>>;
  readonly utilization?: Service['utilization'];
  readonly checks?: Pick<Service, 'check' | 'checks'>;
  readonly startTimeoutMs?: Ms;
  readonly timeouts?: Service['timeouts'];
  readonly onFail?: Service['onFail'];
}
