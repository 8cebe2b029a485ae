/** Several checks of one service that contradict each other, or ask for what it does not have. */
import { ocfAgentOf } from '../../core/container.ts';
import type { RecurringCheck, Service } from '../../core/model.ts';
import type { Checked } from '../check.ts';
import { formatDuration } from '../duration.ts';
import { atKey, atValue } from '../places.ts';
import type { Report } from '../report.ts';
import { quote } from '../show.ts';
import { checkPath } from './checks.ts';

export function checkChecks({ cluster, file }: Checked, report: Report): void {
  for (const service of cluster.services) {
    const pathOf = (index: number) => checkPath(service.id, index, file.services.get(service.id));
    for (const [index, check] of service.checks.entries()) checkOne(service, check, index, pathOf(index), report);
    checkUncovered(service, report);
  }
}

type CheckPath = ReturnType<typeof checkPath>;

/** One of `service.checks`, which stands at this place of the file. */
export function checkOne(
  service: Service,
  check: RecurringCheck,
  index: number,
  path: CheckPath,
  report: Report,
): void {
  const { id, promotable, resource, checks } = service;
  const { everyMs, role, level, onFail } = check;
  if (checks.findIndex((other) => other.everyMs === everyMs) < index) {
    const message = `two checks of ${quote(id)} every ${formatDuration(everyMs)}: they are told apart by that`;
    report.error('DUPLICATE_ENTRY', atValue(...path, 'every'), message, 'let them differ, by a second, say');
  }
  if (level !== 0 && ocfAgentOf(resource) === null) {
    const what = resource.kind === 'systemd' ? 'a systemd unit' : 'a container without an agent';
    report.error('UNKNOWN_KEY', atKey(...path, 'level'), `${what} takes no «level»`, 'only ocf: agents have levels');
  }
  if (promotable === null && role !== null) {
    const message = `«role», but ${quote(id)} has no roles`;
    report.error('NO_ROLES', atValue(...path, 'role'), message, 'say promotable: true at the service');
  }
  if (onFail !== 'demote') return;
  if (promotable === null || role === 'unpromoted') {
    const message = `«demote», but ${promotable === null ? `${quote(id)} has no roles` : 'this check is of unpromoted copies'}`;
    report.error('NO_ROLES', atValue(...path, 'on-fail'), message, 'choose another answer');
  }
}

/** Nobody would see a copy in this role fail. */
function checkUncovered({ id, promotable, checks }: Service, report: Report): void {
  if (promotable === null || checks.length === 0) return;
  for (const role of ['promoted', 'unpromoted'] as const) {
    if (checks.some((check) => check.role === null || check.role === role)) continue;
    const message = `nothing looks at ${role} copies of ${quote(id)}`;
    report.warning('UNCHECKED_ROLE', atKey('services', id, 'check'), message, `add a check with role: ${role}`);
  }
}
