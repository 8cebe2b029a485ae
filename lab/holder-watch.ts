/**
 * Watches on several hosts who holds an address, through the kernel's own notices and from outside of the cluster: also on
 * a host that is cut off. Moments are those at which a notice was read, a few milliseconds after the change.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { monotonicMs } from './clock.ts';
import { readLine, type Sighting } from './holding.ts';
import { inNetwork } from './namespaces.ts';
import { hostInit } from './record.ts';
import { run, toolEnv } from './run.ts';

export class HolderWatch {
  readonly #children: ChildProcess[] = [];
  readonly #sightings: Sighting[] = [];
  readonly #address: string;

  private constructor(address: string) {
    this.#address = address;
  }

  /** Hosts that are off are left out. */
  static async start(lab: string, nodes: readonly string[], address: string): Promise<HolderWatch> {
    const watch = new HolderWatch(address);
    await Promise.all(nodes.map((node) => watch.#watch(lab, node)));
    return watch;
  }

  stop(): readonly Sighting[] {
    for (const child of this.#children) child.kill('SIGKILL');
    return this.#sightings;
  }

  /** The notices first, then a look: what changes in between is seen twice and not missed. */
  async #watch(lab: string, node: string): Promise<void> {
    const init = hostInit(lab, node);
    if (init === null) return;
    const [program = '', ...args] = inNetwork(init, ['ip', '-o', 'monitor', 'address']);
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'], env: toolEnv });
    child.on('error', () => {});
    this.#children.push(child);
    createInterface({ input: child.stdout }).on('line', (line) => this.#note(node, line));
    const now = await run(inNetwork(init, ['ip', '-o', 'address', 'show']));
    for (const line of now.stdout.split('\n')) this.#note(node, line);
  }

  #note(node: string, line: string): void {
    const held = readLine(line, this.#address);
    if (held !== null) this.#sightings.push({ node, atMs: monotonicMs(), held });
  }
}
