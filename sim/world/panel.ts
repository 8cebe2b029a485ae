/**
 * The fence devices: they switch the truth. A machine is off while every plug of one of its levels is off (a single board, or all
 * of its supplies), and stays off until one of them is switched on again.
 */
import type { ClusterNode, NodeId } from '../../src/core/model.ts';
import type { FenceCall, FenceResult } from '../../src/core/ports.ts';
import type { Fault } from './faults.ts';
import type { Host } from './host.ts';
import type { Prng } from './prng.ts';
import type { World } from './world.ts';

const leftOffMs = 3000;

export type DeviceTrouble = Extract<Fault, { kind: 'fenceDevice' }>;

export class Panel {
  readonly #world: World;
  readonly #prng: Prng;
  readonly #off = new Set<string>();
  /** Calls that have not ended yet. */
  readonly #underWay = new Set<FenceCall>();
  readonly #troubles = new Map<string, DeviceTrouble>();

  constructor(world: World, prng: Prng) {
    this.#world = world;
    this.#prng = prng;
  }

  disturb(trouble: DeviceTrouble): () => void {
    this.#troubles.set(trouble.device, trouble);
    return () => {
      if (this.#troubles.get(trouble.device) === trouble) this.#troubles.delete(trouble.device);
    };
  }

  get isDisturbed(): boolean {
    return this.#troubles.size > 0;
  }

  /** Kept off by a device, whatever else gives it power. */
  holdsOff(node: NodeId): boolean {
    const entry = this.#world.cluster.nodes.find((each) => each.id === node);
    return (
      entry?.fence.some((level) =>
        level.flatMap((device) => plugsOf(this.#world, entry, device)).every(this.#isOff),
      ) === true
    );
  }

  /** An operator looks around every so often, and switches on what somebody left off and nobody is about to switch. */
  operate(): void {
    const targets = new Set([...this.#underWay].map(({ target }) => target));
    for (const host of this.#world.hosts.values()) {
      if (
        targets.has(host.id) ||
        host.powered ||
        this.#world.agenda.nowMs - host.poweredAtMs < leftOffMs ||
        !this.holdsOff(host.id)
      )
        continue;
      for (const key of this.#plugsOfNode(host.id)) this.#off.delete(key);
      this.#world.note(host.id, 'off', 'an operator switches it on');
      host.powerOn();
    }
    this.#world.agenda.after(leftOffMs, () => this.operate());
  }

  #plugsOfNode(node: NodeId): string[] {
    const entry = this.#world.cluster.nodes.find((each) => each.id === node);
    return (entry?.fence ?? [])
      .flat()
      .flatMap((device) => (entry === undefined ? [] : plugsOf(this.#world, entry, device)));
  }

  call(host: Host, call: FenceCall): void {
    const { life } = host;
    const trouble = this.#troubles.get(call.device.id) ?? null;
    const tookMs = this.#timeMs(trouble);
    const isCut = this.#world.quirks.fenceOverLink0 && !this.#world.network.reachesOutside(host.id);
    this.#underWay.add(call);
    const answer = (afterMs: number, act: () => FenceResult): void =>
      void this.#world.agenda.after(afterMs, () => {
        this.#underWay.delete(call);
        const result = act();
        host.deliverTo(life, { kind: 'fenceDone', callId: call.callId, result });
      });
    if (isCut || trouble?.how === 'hang' || tookMs > call.timeoutMs) {
      // Killed at its time limit: it may have got there, or not.
      const done = !isCut && this.#prng.chance(0.5);
      return answer(call.timeoutMs, () => {
        if (done) this.#perform(call);
        return { ok: false, because: 'no answer in time' };
      });
    }
    if (trouble?.how === 'fail') return answer(tookMs, () => ({ ok: false, because: 'the device refused' }));
    answer(tookMs, () => this.#answerOf(call, trouble));
  }

  #answerOf(call: FenceCall, trouble: DeviceTrouble | null): FenceResult {
    const how = trouble?.how ?? null;
    const key = keyOf(call.device.id, call.plug, call.target);
    if (call.action === 'status') {
      if (how === 'blind') return { ok: true, power: null };
      return { ok: true, power: how === 'lie' || this.#isOff(key) ? 'off' : 'on' };
    }
    const pretends = how === 'lie' || how === 'pretend';
    if (!pretends || call.action === 'on') this.#perform(call);
    else this.#noteLie(call, how === 'lie');
    return { ok: true, power: null };
  }

  /** Whoever believes a device that is not asked again, or lies twice, is not to blame. */
  #noteLie(call: FenceCall, alsoInStatus: boolean): void {
    if (alsoInStatus || !call.device.verify) this.#world.host(call.target).isSaidToBeOff = true;
  }

  #perform(call: FenceCall): void {
    const key = keyOf(call.device.id, call.plug, call.target);
    const host = this.#world.host(call.target);
    if (call.action === 'on') {
      this.#off.delete(key);
      host.powerOn();
    } else if (call.action === 'off') {
      this.#off.add(key);
      if (this.holdsOff(call.target)) host.powerOff();
    }
  }

  readonly #isOff = (key: string): boolean => this.#off.has(key);

  #timeMs(trouble: DeviceTrouble | null): number {
    const [fromMs, toMs] = this.#world.quirks.fenceMs;
    return this.#prng.between(fromMs, toMs) + (trouble?.how === 'slow' ? trouble.delayMs : 0);
  }
}

function plugsOf(world: World, node: ClusterNode, device: string): string[] {
  const plugs = world.cluster.fencing.devices.find((each) => each.id === device)?.plugs[node.id] ?? [];
  return plugs.length === 0 ? [keyOf(device, null, node.id)] : plugs.map((plug) => keyOf(device, plug, node.id));
}

const keyOf = (device: string, plug: string | null, target: NodeId): string => `${device}/${plug ?? target}`;
