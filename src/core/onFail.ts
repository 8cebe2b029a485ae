/** What the cluster file says about a failure that still counts. See docs/guide/policy/failures.md. */
import type { FailableOperation, OnFail, Service } from './model.ts';
import type { ServiceRecord } from './ports.ts';

/** Null: the usual. */
export const onFailOf = (service: Service, operation: FailableOperation | null): OnFail | null =>
  operation === null ? null : (service.onFail[operation] ?? null);

/** Of the last failure on this node; null: there is none, or it leads to the usual. */
export const leadsTo = (service: Service, record: Pick<ServiceRecord, 'failed'> | null): OnFail | null =>
  onFailOf(service, record?.failed ?? null);

/** In words: «its check failed on web1: exit code 1». */
export const failedText = ({ failed, lastFailure }: ServiceRecord, node: string): string =>
  `its ${failed} failed on ${node}: ${lastFailure ?? 'no reason given'}`;
