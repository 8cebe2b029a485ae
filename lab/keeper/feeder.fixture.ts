/** In a daemon's place: arms the host's watchdog with 1 s and feeds it, until a file `stop` or `goodbye` is in its folder. */
import { appendFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { WatchdogDriver } from '../../src/drivers/watchdog/index.ts';

const folder = process.argv[2] ?? '';
const watchdog = process.argv[process.argv.indexOf('--watchdog') + 1] ?? '';

const driver = new WatchdogDriver({
  instead: watchdog,
  deliver: ({ state, because }) => appendFileSync(join(folder, 'said'), `${state}: ${because}\n`),
});
appendFileSync(join(folder, 'starts'), 'x');
driver.watch({ device: '/dev/watchdog', timeoutMs: 1000 });
let left = false;
setInterval(() => {
  if (existsSync(join(folder, 'goodbye')) && !left) driver.watch(null);
  left ||= existsSync(join(folder, 'goodbye'));
  if (!existsSync(join(folder, 'stop'))) driver.feed();
}, 50);
