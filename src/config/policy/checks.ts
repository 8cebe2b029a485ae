/** The recurring checks of a service. */
import type { RecurringCheck, Resource, Service } from '../../core/model.ts';
import { defaults } from '../defaults.ts';
import { msOf } from '../duration.ts';
import type { ServiceFile } from '../serviceSchema.ts';

type OfAgent = NonNullable<Extract<ServiceFile, { agent: unknown }>['check']>;
type CheckFile = Exclude<OfAgent, readonly unknown[]>;

/** As they are written: one may stand for a list of one. What only agents have is missing in those of others. */
const listed = (file: ServiceFile['check']): readonly CheckFile[] => (Array.isArray(file) ? file : [file ?? {}]);

export function checksOf(file: ServiceFile, kind: Resource['kind']): Pick<Service, 'check' | 'checks'> {
  const of = defaults.service;
  const checks = listed(file.check).map(
    (check): RecurringCheck => ({
      everyMs: msOf(check.every, of.checkEveryMs[kind]),
      timeoutMs: msOf(check.timeout, of.checkTimeoutMs[kind]),
      role: check.role ?? null,
      level: check.level ?? 0,
      onFail: check['on-fail'] ?? null,
    }),
  );
  const [often] = checks.toSorted((a, b) => a.everyMs - b.everyMs);
  const { everyMs, timeoutMs } = often ?? { everyMs: of.checkEveryMs[kind], timeoutMs: of.checkTimeoutMs[kind] };
  return { check: { everyMs, timeoutMs }, checks: checks.length === 1 && checks.every(isPlain) ? [] : checks };
}

const isPlain = ({ role, level, onFail }: RecurringCheck): boolean => role === null && level === 0 && onFail === null;

/** The keys under which the check at this place of `Service.checks` is written. */
export const checkPath = (id: string, index: number, file: ServiceFile | null | undefined): (string | number)[] => [
  'services',
  id,
  'check',
  ...(Array.isArray(file?.check) ? [index] : []),
];
