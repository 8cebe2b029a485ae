/** Begins and ends the faults of a plan on a lab. What cannot be done any more (the host is off) is left. */
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { CommandBody } from '../../src/api/body.ts';
import { labCut, labHeal, labKillDaemon, labPause, labResume } from '../commands.ts';
import { type FenceFault, setFenceFaults } from '../keeper/faults.ts';
import { gatewayName } from '../topology.ts';
import { isNetworkHarm, type NetworkHarm, setNetworkHarms } from './network.ts';
import type { Harm } from './plan.ts';
import { command, onDisk, type Stage, setPower } from './stage.ts';

type FenceHarm = Extract<Harm, { kind: 'fenceDevice' }>;

const ballast = 'ballast';

export class Injector {
  readonly #stage: Stage;
  readonly #network = new Set<NetworkHarm>();
  readonly #fence = new Set<FenceHarm>();

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  async begin(harm: Harm): Promise<void> {
    const { lab, nodes } = this.#stage;
    if (isNetworkHarm(harm)) return this.#setNetwork(() => this.#network.add(harm));
    switch (harm.kind) {
      case 'cut':
        return void (await labCut(lab, harm.node, harm.link));
      case 'pause':
        return void (await labPause(lab, harm.node, harm.whole));
      case 'kill':
        return void (await labKillDaemon(lab, harm.node));
      case 'powerOff':
        return void (await setPower(lab, harm.node, 'off'));
      case 'fenceDevice':
        this.#fence.add(harm);
        return this.#setFence();
      case 'pingTargetDown':
        return void (await labCut(lab, gatewayName, null));
      case 'diskFull':
        return fill(join(onDisk(this.#stage, harm.node, '/var/lib/sempre'), ballast));
      case 'standby':
        return this.#order(nodes, { kind: 'standby', node: harm.node, on: true, because: 'torture' });
      case 'move':
        return this.#order(nodes, { kind: 'move', service: 'writer', to: harm.to, because: 'torture' });
      case 'fenceByHand':
        return this.#order(nodes, { kind: 'fence', node: harm.node, because: 'torture' });
      case 'disarm':
        return this.#order(nodes, { kind: 'disarm', forMs: 60_000, because: 'torture' });
    }
  }

  /** Whatever the fault became meanwhile. */
  async end(harm: Harm): Promise<void> {
    const { lab, nodes } = this.#stage;
    if (isNetworkHarm(harm)) return this.#setNetwork(() => this.#network.delete(harm));
    switch (harm.kind) {
      case 'cut':
        return void (await labHeal(lab, harm.node, harm.link));
      case 'pause':
        return void (await labResume(lab, harm.node, harm.whole));
      case 'powerOff':
        return void (await setPower(lab, harm.node, 'on'));
      case 'fenceDevice':
        this.#fence.delete(harm);
        return this.#setFence();
      case 'pingTargetDown':
        return void (await labHeal(lab, gatewayName, null));
      case 'diskFull':
        return rmSync(join(onDisk(this.#stage, harm.node, '/var/lib/sempre'), ballast), { force: true });
      case 'standby':
        return this.#order(nodes, { kind: 'standby', node: harm.node, on: false, because: 'torture' });
      case 'disarm':
        return this.#order(nodes, { kind: 'arm', because: 'torture' });
      case 'kill':
      case 'move':
      case 'fenceByHand':
        return;
    }
  }

  /** No fault lasts any more, and every host has power. Wishes of operators are another matter. */
  async healAll(): Promise<void> {
    const { lab, nodes, witness } = this.#stage;
    this.#network.clear();
    this.#fence.clear();
    this.#setFence();
    await this.#setNetwork(() => undefined);
    await Promise.all([...nodes, ...(witness === null ? [] : [witness])].map((node) => this.#healHost(node)));
    await labHeal(lab, gatewayName, null);
  }

  async #healHost(node: string): Promise<void> {
    const { lab } = this.#stage;
    await this.end({ kind: 'diskFull', node });
    await labResume(lab, node, true);
    await setPower(lab, node, 'on');
    await labHeal(lab, node, null);
  }

  async #setNetwork(change: () => unknown): Promise<void> {
    change();
    const done = await setNetworkHarms(this.#stage.root, this.#stage.hosts, [...this.#network]);
    if (!done.ok) throw new Error(done.failure.message);
  }

  #setFence(): void {
    const { lab, nodes } = this.#stage;
    const faults = [...this.#fence].flatMap(({ from, mode, delayMs }) =>
      nodes
        .filter((node) => from === null || node === from)
        .map((node): FenceFault => ({ from: node, target: null, mode, delayMs })),
    );
    setFenceFaults(lab, faults);
  }

  /** As operators do: at the first node that answers. Nobody waits for it; a refusal is an answer too. */
  async #order(nodes: readonly string[], body: CommandBody): Promise<void> {
    for (const node of nodes) {
      const answer = await command(this.#stage, node, body);
      if (answer.ok || answer.failure.code !== 'DAEMON_UNREACHABLE') return;
    }
  }
}

/** Until the disk takes no more. */
function fill(path: string): void {
  const file = openSync(path, 'w');
  const block = Buffer.alloc(64 * 1024);
  try {
    for (;;) writeSync(file, block);
  } catch {
    // It is full: that was the aim.
  } finally {
    closeSync(file);
  }
}
