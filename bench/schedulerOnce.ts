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

/** Processor time, all threads of the process, for all files together. The first time of each file is not among the others. */
export interface Repeated {
  readonly files: number;
  readonly first: Times;
  readonly mean: Times;
  readonly least: Times;
}

/** Milliseconds. */
export interface Times {
  readonly readMs: number;
  readonly decideMs: number;
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
  const files = readdirSync(folder)
    .filter((file) => file.endsWith('.xml'))
    .sort(byText);
  const runs = files.map((file) => Array.from({ length: times }, () => timesOf(join(folder, file))));
  const sum = (part: (runs: readonly number[]) => number): Times => ({
    readMs: total(runs.map((each) => part(each.map(({ readMs }) => readMs)))),
    decideMs: total(runs.map((each) => part(each.map(({ decideMs }) => decideMs)))),
  });
  return {
    files: files.length,
    first: sum(([first = Number.NaN]) => first),
    mean: sum(([, ...later]) => total(later) / later.length),
    least: sum(([, ...later]) => Math.min(...later)),
  };
}

function timesOf(file: string): Times {
  const began = cpuMs();
  const input = readCib(readFileSync(file));
  const read = cpuMs();
  decide(input);
  return { readMs: read - began, decideMs: cpuMs() - read };
}

const total = (values: readonly number[]): number => values.reduce((sum, each) => sum + each, 0);

const [first = '', times = '', folder = ''] = process.argv.slice(2);
process.stdout.write(`${JSON.stringify(first === '--repeat' ? repeat(Number(times), folder) : once(first))}\n`);
