/**
 * One process of the scheduler's bench, as a program beside `crm_simulate`: `node schedulerOnce.ts FILE` reads one CIB and decides;
 * `node schedulerOnce.ts --repeat N FOLDER` reads each CIB of a folder and decides it N times. Prints one JSON object.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readCib } from '../src/config/import/cib.ts';
import { byText } from '../src/lib/compare.ts';
import { decide } from '../src/policy/index.ts';

export interface Once {
  readonly readMs: number;
  readonly decideMs: number;
  readonly changes: number;
  readonly actions: number;
  readonly maxRssMb: number;
}

/** Milliseconds of processor time, all threads of the process, for all files together. Means leave out the first time of each. */
export interface Repeated {
  readonly files: number;
  readonly firstReadMs: number;
  readonly firstDecideMs: number;
  readonly readMs: number;
  readonly decideMs: number;
  readonly maxRssMb: number;
}

const cpuMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

const maxRssMb = (): number => process.resourceUsage().maxRSS / 1024;

function once(file: string): Once {
  const began = performance.now();
  const input = readCib(readFileSync(file));
  const read = performance.now();
  const { plan } = decide(input);
  const decided = performance.now();
  const { changes, actions } = plan;
  return {
    readMs: read - began,
    decideMs: decided - read,
    changes: changes.length,
    actions: actions.length,
    maxRssMb: maxRssMb(),
  };
}

function repeat(times: number, folder: string): Repeated {
  const sums = { firstReadMs: 0, firstDecideMs: 0, readMs: 0, decideMs: 0 };
  const files = readdirSync(folder)
    .filter((file) => file.endsWith('.xml'))
    .sort(byText);
  for (const file of files) {
    for (let time = 0; time < times; time++) {
      const share = time === 0 ? 1 : times - 1;
      const began = cpuMs();
      const input = readCib(readFileSync(join(folder, file)));
      const read = cpuMs();
      decide(input);
      const decided = cpuMs();
      sums[time === 0 ? 'firstReadMs' : 'readMs'] += (read - began) / share;
      sums[time === 0 ? 'firstDecideMs' : 'decideMs'] += (decided - read) / share;
    }
  }
  return { files: files.length, ...sums, maxRssMb: maxRssMb() };
}

const [first = '', times = '', folder = ''] = process.argv.slice(2);
process.stdout.write(`${JSON.stringify(first === '--repeat' ? repeat(Number(times), folder) : once(first))}\n`);
