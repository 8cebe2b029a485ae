/**
 * Runs in a guest: the daemon's own watchdog driver on a real device.
 *
 *   node feeder.fixture.ts DEVICE SECONDS      SIGTERM disarms it and ends; SIGUSR1 stops feeding
 */
import { WatchdogDriver } from '../../src/drivers/watchdog/index.ts';

const [device = '', seconds = ''] = process.argv.slice(2);
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const driver = new WatchdogDriver({ instead: null, deliver: ({ state, because }) => say(`${state}: ${because}`) });

driver.watch({ device, timeoutMs: Number(seconds) * 1000 });
let fed = 0;
let worstMs = 0;
const feeding = setInterval(() => {
  const beginMs = performance.now();
  driver.feed();
  worstMs = Math.max(worstMs, performance.now() - beginMs);
  if (++fed % 50 === 0) say(`fed ${fed} times, ${worstMs.toFixed(2)} ms at worst`);
}, 40);
process.on('SIGUSR1', () => clearInterval(feeding));
process.on('SIGTERM', () => {
  driver.watch(null);
  void driver.close('disarmed').then(() => process.exit(0));
});
