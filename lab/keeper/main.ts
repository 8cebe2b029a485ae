/**
 * The keeper of a lab: what in real life stands beside the machines, has power of its own and cuts theirs. A fence device and
 * a watchdog for each host, on sockets that the hosts see. It ends with the lab.
 *
 *   node lab/keeper/main.ts LAB ephemeral|lasting HOST...
 */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive } from '../process-id.ts';
import { labDirectory, readLab } from '../record.ts';
import { fenceServer } from './fence.ts';
import { serveLines } from './lines.ts';
import { keeperPlaces, operatorPower } from './places.ts';
import { Power } from './power.ts';
import { keeperOf } from './start.ts';
import { HostWatchdog } from './watchdog.ts';

const lookMs = 1000;

const [lab = '', lasts = '', ...hosts] = process.argv.slice(2);
const power = new Power(lab, lasts === 'ephemeral');
const parts = { lab, hosts, power, note };

for (const [index, host] of hosts.entries()) {
  const places = keeperPlaces(lab, index);
  const watchdog = new HostWatchdog(host, power, note);
  await serveLines(places.fence, fenceServer(parts, host));
  await serveLines(places.watchdog, (socket) => watchdog.take(socket));
}
await serveLines(operatorPower(lab), fenceServer(parts, 'operator'));
process.stdout.write('READY\n');
setInterval(endWithTheLab, lookMs);

/** One JSON line an event, for tests and people. */
function note(line: Record<string, unknown>): void {
  try {
    appendFileSync(
      join(labDirectory(lab), 'keeper.log'),
      `${JSON.stringify({ at: new Date().toISOString(), ...line })}\n`,
    );
  } catch {
    // The lab is being taken down.
  }
}

function endWithTheLab(): void {
  const root = readLab(lab)?.root ?? null;
  if (keeperOf(lab)?.pid !== process.pid || (root !== null && !isAlive(root))) process.exit(0);
}
