/** The other scheduler: `crm_simulate` of Pacemaker, whose answers are taken as right. */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Expected } from './compare.ts';
import { opsOf } from './differGraph.ts';
import { namesOf, summaryOf } from './differSummary.ts';
import { type Element, textOf, treeOf } from './differTree.ts';

const program = 'crm_simulate';
const longestMs = 60_000;

export class Peer {
  /** Its files are written there. */
  readonly #folder: string;
  #count = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Null: it refuses the input. */
  async decide(name: string, cib: Element): Promise<Expected | null> {
    const [input, graph] = [this.#file('xml'), this.#file('graph')];
    writeFileSync(input, textOf(cib));
    const output = await this.#run(['-x', input, '-S', '-G', graph]);
    const summary = output === null ? null : summaryOf(output, namesOf(cib));
    const ops = existsSync(graph) ? opsOf(treeOf(readFileSync(graph, 'utf8'))) : null;
    rmSync(input, { force: true });
    rmSync(graph, { force: true });
    return summary === null || ops === null ? null : { format: 'pcmk-placement/1', case: name, ...summary, ops };
  }

  /** What it says of the scores. */
  async scores(cib: Element): Promise<string> {
    const input = this.#file('xml');
    writeFileSync(input, textOf(cib));
    const output = await this.#run(['-x', input, '-R', '-s']);
    rmSync(input, { force: true });
    return output ?? '';
  }

  /** The input as it is after some events. Null: it refuses the input or the events. */
  async inject(cib: Element, events: readonly string[]): Promise<Element | null> {
    const [input, after] = [this.#file('xml'), this.#file('after')];
    writeFileSync(input, textOf(cib));
    const output = await this.#run(['-x', input, '-R', '-Q', '-I', after, ...events]);
    const changed = output !== null && existsSync(after) ? treeOf(readFileSync(after, 'utf8')) : null;
    rmSync(input, { force: true });
    rmSync(after, { force: true });
    return changed;
  }

  #file(kind: string): string {
    this.#count += 1;
    return join(this.#folder, `${process.pid}-${this.#count}.${kind}`);
  }

  #run(args: readonly string[]): Promise<string | null> {
    const env = { ...process.env, LC_ALL: 'C', TZ: 'UTC', CIB_shadow_dir: this.#folder };
    const options = { env, maxBuffer: 1 << 28, timeout: longestMs };
    return new Promise((resolve) => {
      execFile(program, args, options, (error, output) => resolve(error === null ? output : null));
    });
  }
}
