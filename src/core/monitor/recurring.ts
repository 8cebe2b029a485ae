/** Which of the checks of a service is due, and when is the next one? See `Service.checks`. */
import type { Ms, RecurringCheck, Service } from '../model.ts';
import type { Role } from '../roles.ts';
import type { LocalService } from '../state.ts';

type Times = Pick<LocalService, 'nextCheckMs' | 'dueMs'>;

/** What is not known to have another role may have this one. */
const concerns = ({ role: of }: RecurringCheck, role: Role): boolean =>
  of === null || role === 'unknown' || of === role;

/** Also what would have to wait for longer than its interval is by now. */
export const isDue = (atMs: Ms, everyMs: Ms, nowMs: Ms): boolean => nowMs >= atMs || isTooFar(atMs, everyMs, nowMs);

const isTooFar = (atMs: Ms, everyMs: Ms, nowMs: Ms): boolean => atMs - nowMs > everyMs;

/** The one that has been due for longest; null: none is. */
export function dueCheck(
  { checks }: Service,
  { nextCheckMs, dueMs }: Times,
  role: Role,
  nowMs: Ms,
): RecurringCheck | null {
  const due = checks.flatMap((check, index) => {
    const atMs = dueMs[index] ?? nextCheckMs;
    if (!concerns(check, role) || !isDue(atMs, check.everyMs, nowMs)) return [];
    return [{ check, sinceMs: isTooFar(atMs, check.everyMs, nowMs) ? 0 : atMs }];
  });
  return due.toSorted((a, b) => a.sinceMs - b.sinceMs)[0]?.check ?? null;
}

/** The one that would have found out what was seen without a check. */
export const firstToSee = (service: Service | null, role: Role): RecurringCheck | null =>
  service?.checks.find((check) => concerns(check, role)) ?? null;

/** Something else was done to it: all checks begin anew. */
export const allChecksLater = (running: Service | null, nowMs: Ms): Times => ({
  nextCheckMs: nowMs + (running?.check.everyMs ?? 0),
  dueMs: running === null ? [] : running.checks.map(({ everyMs }) => nowMs + everyMs),
});

/** One was carried out. */
export function nextCheck(
  running: Service | null,
  { checking, nextCheckMs, dueMs }: LocalService,
  nowMs: Ms,
): Partial<Times> {
  if (checking === null) return { nextCheckMs: nowMs + (running?.check.everyMs ?? 1000) };
  const checks = running?.checks ?? [];
  return {
    dueMs: checks.map(({ everyMs }, i) => (everyMs === checking.everyMs ? nowMs + everyMs : (dueMs[i] ?? nextCheckMs))),
  };
}
