/** What the configuration says of a resource's operations. */
import type { OperationConfig } from '../input.ts';
import { booleanOf, intervalMsOf } from '../rule/text.ts';
import type { Resource } from '../situation.ts';

/** In the order of the configuration; none for what is no longer configured. */
export const operationsOf = ({ config }: Resource): readonly OperationConfig[] =>
  config?.kind === 'primitive' ? config.operations : [];

export const intervalOf = (operation: OperationConfig): number => intervalMsOf(operation.attributes.get('interval'));

export const isEnabled = (operation: OperationConfig): boolean =>
  booleanOf(operation.attributes.get('enabled')) !== false;

/** Null: not configured (or not enabled). */
export function operationOf(
  resource: Resource,
  name: string,
  intervalMs: number,
  includesDisabled = false,
): OperationConfig | null {
  const fits = (operation: OperationConfig): boolean =>
    operation.name === name && intervalOf(operation) === intervalMs && (includesDisabled || isEnabled(operation));
  return operationsOf(resource).find(fits) ?? null;
}
