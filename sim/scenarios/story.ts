/** Carries out the commands of a story in a simulated world and writes down what changed. */
import type { Cluster } from '../../src/core/model.ts';
import type { Verb } from '../../src/core/ports.ts';
import { allChecks } from '../checks/index.ts';
import type { AgentFault, DeviceFault, Fault, WatchdogFault } from '../world/faults.ts';
import { Violation, World } from '../world/world.ts';

/** One world for all stories: what differs between them is what they tell. */
const storySeed = 1;

export function tell(cluster: Cluster, commands: string): string {
  const story = new Story(cluster);
  for (const line of commands.split('\n')) if (line.trim() !== '' && !line.startsWith('#')) story.carryOut(line.trim());
  return story.transcript();
}

class Story {
  readonly #world: World;
  readonly #lines: string[] = [];
  readonly #ends = new Map<string, () => void>();
  #told = 0;

  constructor(cluster: Cluster) {
    this.#world = new World(cluster, storySeed, allChecks());
    this.#world.bootAll();
  }

  transcript(): string {
    return `${this.#lines.join('\n')}\n`;
  }

  carryOut(line: string): void {
    this.#lines.push(`> ${line}`);
    const words = line.split(/\s+/);
    try {
      this.#perform(words[0] ?? '', words.slice(1), line);
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      this.#lines.push(`VIOLATION ${error.check}: ${error.message}`);
    }
    this.#lines.push(...this.#world.trace.slice(this.#told));
    this.#told = this.#world.trace.length;
  }

  #perform(verb: string, words: readonly string[], line: string): void {
    const [a = '', b = '', c = '', d = ''] = words;
    const world = this.#world;
    const because = 'as told';
    switch (verb) {
      case 'run':
        return world.run(milliseconds(a));
      case 'power-off':
        return this.#begin(`power ${a}`, { kind: 'powerOff', node: a, ...now });
      case 'power-on':
        return this.#end(`power ${a}`);
      case 'cut':
        return this.#begin(`cut ${a} ${b}`, { kind: 'isolate', node: a, link: b === '' ? null : Number(b), ...now });
      case 'heal':
        return this.#end(`cut ${a} ${b}`);
      case 'cut-one-way':
        return this.#begin(`one-way ${a} ${b}`, { kind: 'cut', from: a, to: b, link: null, ...now });
      case 'heal-one-way':
        return this.#end(`one-way ${a} ${b}`);
      case 'pause':
        return this.#begin(`pause ${a}`, { kind: 'pauseDaemon', node: a, ...now });
      case 'resume':
        return this.#end(`pause ${a}`);
      case 'kill-daemon':
        return this.#begin(`daemon ${a}`, { kind: 'crashDaemon', node: a, ...now });
      case 'start-daemon':
        return this.#end(`daemon ${a}`);
      case 'disk-full':
        return this.#begin(`disk ${a}`, { kind: 'diskFull', node: a, ...now });
      case 'disk-freed':
        return this.#end(`disk ${a}`);
      case 'kill':
        return this.#begin('kill', { kind: 'killService', node: a, service: b, ...now });
      case 'agent':
        return this.#begin(`agent ${a} ${b} ${c}`, {
          kind: 'agent',
          node: a,
          service: b,
          verb: c as Verb,
          how: d as AgentFault,
          ...now,
        });
      case 'agent-mended':
        return this.#end(`agent ${a} ${b} ${c}`);
      case 'device':
        return this.#begin(`device ${a}`, {
          kind: 'fenceDevice',
          device: a,
          how: b as DeviceFault,
          delayMs: 0,
          ...now,
        });
      case 'device-mended':
        return this.#end(`device ${a}`);
      case 'target-down':
        return this.#begin(`target ${a} ${b}`, { kind: 'targetDown', address: a, node: b === '' ? null : b, ...now });
      case 'target-up':
        return this.#end(`target ${a} ${b}`);
      case 'watchdog':
        return this.#begin(`watchdog ${a}`, { kind: 'watchdog', node: a, how: b as WatchdogFault, lateMs: 0, ...now });
      case 'fence':
        return void world.command(this.#any(), { kind: 'fence', node: a, because });
      case 'confirm-off':
        return void world.command(b === '' ? this.#any() : b, { kind: 'confirmOff', node: a, because });
      case 'disarm':
        return void world.command(b === '' ? this.#any() : b, { kind: 'disarm', forMs: milliseconds(a), because });
      case 'arm':
        return void world.command(this.#any(), { kind: 'arm', because });
      case 'maintain':
      case 'unmaintain': {
        const isNode = world.hosts.has(a);
        const of = { node: isNode ? a : null, service: isNode ? null : a };
        return void world.command(this.#any(), { kind: 'maintain', ...of, on: verb === 'maintain', because });
      }
      case 'standby':
      case 'online':
        return void world.command(a, { kind: 'standby', node: b === '' ? a : b, on: verb === 'standby', because });
      case 'shutdown': {
        const forMs = c === '' ? null : milliseconds(c);
        return void world.command(this.#any(), { kind: 'shutdown', node: a, keep: b === 'keep', forMs, because });
      }
      case 'move':
        return void world.command(this.#any(), { kind: 'move', service: a, to: b === '' ? null : b, because });
      case 'stop':
      case 'start':
        return void world.command(this.#any(), {
          kind: 'run',
          service: a,
          wanted: verb === 'stop' ? 'stopped' : 'started',
          because,
        });
      case 'cleanup':
        return void world.command(this.#any(), { kind: 'cleanup', service: a, node: b === '' ? null : b });
      case 'where':
        return this.#where();
      case 'settled':
        return world.atEnd();
      default:
        throw new SyntaxError(`a story does not know «${line}»`);
    }
  }

  #begin(name: string, fault: Fault): void {
    const end = this.#world.begin(fault);
    if (end !== null) this.#ends.set(name, end);
  }

  #end(name: string): void {
    const end = this.#ends.get(name);
    if (end === undefined) throw new SyntaxError(`nothing to end: ${name}`);
    this.#ends.delete(name);
    end();
  }

  #any(): string {
    return this.#world.cluster.nodes[0]?.id ?? '';
  }

  /** What really runs, host by host. */
  #where(): void {
    for (const host of this.#world.hosts.values())
      this.#lines.push(
        `  ${host.id}: ${host.powered ? [...host.running.keys()].sort().join(' ') || 'nothing' : 'off'}`,
      );
  }
}

const now = { atMs: 0, forMs: 0 };

function milliseconds(text: string): number {
  const match = /^(\d+)(ms|s)$/.exec(text);
  if (match === null) throw new SyntaxError(`a time looks like 500ms or 10s, not ${text}`);
  return Number(match[1]) * (match[2] === 's' ? 1000 : 1);
}
