/** Times that contradict each other. Bounds of a single time belong to the schema. */
import type { Checked } from './check.ts';
import { formatDuration } from './duration.ts';
import { atValue } from './places.ts';
import type { Report } from './report.ts';

/** Fewer missed heartbeats than this, and one lost packet beside one late one calls a healthy node dead. */
const missedMin = 3;
const missedSafe = 4;
const missedAdvised = 5;

export function checkTimes(checked: Checked, report: Report): void {
  if (checked.file.heartbeat !== null) checkHeartbeat(checked, report);
  for (const { id, resource } of checked.cluster.services) {
    if (resource.kind === 'balance' && resource.check.timeoutMs > resource.check.everyMs) {
      const message = `a check may last ${formatDuration(resource.check.timeoutMs)}, but the next one begins after ${formatDuration(resource.check.everyMs)}`;
      report.error(
        'CHECK_TIMEOUT',
        atValue('services', id, 'balance', 'check', 'timeout'),
        message,
        '«timeout» must not be longer than «every»',
      );
    }
  }
}

function checkHeartbeat({ file, cluster }: Checked, report: Report): void {
  const { intervalMs, deadMs } = cluster.heartbeat;
  if (deadMs >= missedSafe * intervalMs) return;
  const spot = atValue('heartbeat', file.heartbeat?.dead === undefined ? 'interval' : 'dead');
  const times = `dead (${formatDuration(deadMs)}) is ${tenths(deadMs / intervalMs)} times interval (${formatDuration(intervalMs)})`;
  const hint = `say dead: ${formatDuration(missedAdvised * intervalMs)} or more`;
  if (deadMs < missedMin * intervalMs)
    report.error('DEAD_TOO_SHORT', spot, `${times}; it must be ${missedMin} times or more`, hint);
  else
    report.warning(
      'DEAD_SHORT',
      spot,
      `${times}; two packets lost in a row are nearly enough to lose a healthy node`,
      hint,
    );
}

/** Rounded down: «3 times» must not stand for 2.99. */
const tenths = (value: number): string => String(Math.floor(value * 10) / 10);
