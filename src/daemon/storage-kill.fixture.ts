/** Saves one document after the other and says each number that was acknowledged (`r`: as reserved), until it is killed. */
import { writeSync } from 'node:fs';
import { plainCluster } from '../core/model.ts';
import { firstDoc } from '../core/ports.ts';
import { FileStorage } from './storage.ts';

const [directory = '', from = '0'] = process.argv.slice(2);
const cluster = plainCluster('c', { intervalMs: 200, deadMs: 800, port: 7401 }, [], []);
const standardOutput = 1;

const storage = new FileStorage({
  stateDirectory: directory,
  runDirectory: directory,
  deliver: (event) => {
    if (event.kind === 'reserved' && event.ok) writeSync(standardOutput, `r${event.upTo}\n`);
    if (event.kind !== 'docSaved') return;
    if (event.ok) writeSync(standardOutput, `${event.version.counter}\n`);
    save(event.version.counter + 1);
  },
  complain: (remark) => writeSync(standardOutput, `${remark}\n`),
});

function save(counter: number): void {
  const version = { view: 1, counter };
  // Of different lengths, so that a mixture of two would show.
  const source = `# ${counter}\n`.repeat(1 + (counter % 400));
  storage.reserve(counter);
  storage.saveDoc({ ...firstDoc(source, cluster), version, content: version });
}

save(Number(from) + 1);
