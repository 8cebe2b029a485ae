/** What the cluster file says about a failure that still counts. See docs/guide/policy/failures.md. */
import type { FailableOperation, FailedOperation, OnFail, RecurringCheck, Service } from './model.ts';
import type { ServiceRecord } from './ports.ts';

/** A check that says nothing of its own is one like any other. */
export const failedCheck = (check: RecurringCheck | null): FailedOperation =>
  check === null || check.onFail === null ? 'check' : `check/${check.everyMs}`;

/** Null: it is none of the checks that are told apart. */
const everyMsOf = (operation: FailedOperation): number | null =>
  operation.startsWith('check/') ? Number(operation.slice('check/'.length)) : null;

export const operationOf = (failed: FailedOperation): FailableOperation =>
  everyMsOf(failed) === null ? (failed as FailableOperation) : 'check';

/** Null: the usual. */
export function onFailOf(service: Service, failed: FailedOperation | null): OnFail | null {
  if (failed === null) return null;
  const everyMs = everyMsOf(failed);
  const own = everyMs === null ? undefined : service.checks.find((check) => check.everyMs === everyMs);
  return own?.onFail ?? service.onFail[operationOf(failed)] ?? null;
}

/** Everything that its failures lead to, beside the usual. */
export const allOnFail = ({ onFail, checks }: Service): readonly OnFail[] => [
  ...Object.values(onFail),
  ...checks.flatMap((check) => check.onFail ?? []),
];

/** Of the last failure on this node; null: there is none, or it leads to the usual. */
export const leadsTo = (service: Service, record: Pick<ServiceRecord, 'failed'> | null): OnFail | null =>
  onFailOf(service, record?.failed ?? null);

/** In words: «check», «check every 10 s». */
export function failedWords(failed: FailedOperation): string {
  const everyMs = everyMsOf(failed);
  return everyMs === null ? failed : `check every ${everyMs / 1000} s`;
}

/** In words: «its check failed on web1: exit code 1». */
export const failedText = ({ failed, lastFailure }: ServiceRecord, node: string): string =>
  `its ${failed === null ? failed : failedWords(failed)} failed on ${node}: ${lastFailure ?? 'no reason given'}`;
