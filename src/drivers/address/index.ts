/**
 * Takes and gives up an IP address: asks whether somebody has it, adds it, tells the network, watches over it.
 *
 * The order of steps is what keeps it safe. Start: probe, then add, then announce. Planned move: the new holder is ready to
 * send the old one's connections on before it announces; the old one stops answering before it begins to drain.
 */
import { join } from 'node:path';
import type { AddressResource, ServiceId } from '../../core/model.ts';
import type { AgentOp, OpResult } from '../../core/ports.ts';
import {
  type Driver,
  type DriverContext,
  failed,
  failedOnNode,
  ok,
  running,
  stopped,
  withoutRoles,
} from '../driver.ts';
import { isLoopback } from '../loopback/holder.ts';
import { addAddress, parkAddress, removeAddress } from './commands.ts';
import { type Drain, drain, isDraining, noteDrain, unpark } from './drain.ts';
import { type HandoverRules, installHandover, removeLeftRules } from './handover.ts';
import { type Holding, type HoldingOptions, hold } from './holding.ts';
import { prepareInterface } from './interface_settings.ts';
import { type Holder, holdersOf, mayAdministerNetwork, survey, whyNotReady } from './locate.ts';
import { loopbackDetails, performOnLoopback } from './loopback.ts';
import { loadPackets, type Packets } from './packet_socket.ts';
import type { Place } from './parse.ts';
import { openSegment, type Segment } from './segment.ts';
import { runTool } from './tool.ts';

/** In a planned move the old holder answers at once; longer than this only means that it does not answer. */
const handoverAskMs = 100;

/** `packets`: raw sockets, or in words why there are none; loaded now, because that takes longer than a start may. */
export function createAddressDriver(
  context: DriverContext,
  packets: Promise<Packets | string> = loadPackets(),
): Driver<AddressResource> {
  return new AddressDriver(context, packets);
}

class AddressDriver implements Driver<AddressResource> {
  readonly #context: DriverContext;
  readonly #folder: string;
  readonly #packets: Promise<Packets | string>;
  readonly #holdings = new Map<ServiceId, Holding>();
  readonly #drains = new Map<ServiceId, Drain>();
  readonly #handovers = new Map<ServiceId, HandoverRules>();
  readonly #digests = new Map<ServiceId, string>();
  /** How often it was told to start or to stop: the core may order a stop before a look has answered. */
  readonly #turns = new Map<ServiceId, number>();

  constructor(context: DriverContext, packets: Promise<Packets | string>) {
    this.#context = context;
    this.#packets = packets;
    this.#folder = join(context.runDirectory, 'address');
  }

  async perform(op: AgentOp, resource: AddressResource): Promise<OpResult> {
    if (isLoopback(resource.address)) return performOnLoopback(this.#context.node, op, resource);
    switch (op.verb) {
      case 'probe':
      case 'check':
        return this.#look(op, resource);
      case 'start':
        return this.#start(op, resource);
      case 'stop':
        return this.#stop(op, resource);
      case 'reload':
      case 'tune':
        return ok;
      default:
        return withoutRoles(op.verb);
    }
  }

  async details(service: { readonly id: ServiceId }, resource: AddressResource): Promise<unknown> {
    if (isLoopback(resource.address)) return loopbackDetails(resource);
    const packets = await this.#packets;
    return {
      kind: 'address',
      draining: this.#drains.has(service.id),
      forwarding: this.#handovers.has(service.id),
      watching: this.#holdings.has(service.id),
      ...(typeof packets === 'string' ? { note: packets } : {}),
    };
  }

  async close(): Promise<void> {
    for (const holding of this.#holdings.values()) holding.close();
    for (const rules of this.#handovers.values()) rules.forget();
    const drains = [...this.#drains.values()];
    for (const running of drains) running.cancel();
    await Promise.all(drains.map(({ ended }) => ended));
  }

  // ---------------------------------------------------------------- probe and check

  async #look(op: AgentOp, resource: AddressResource): Promise<OpResult> {
    const { id } = op.service;
    const turn = this.#turns.get(id);
    const isOvertaken = (): boolean => this.#turns.get(id) !== turn;
    const holders = await holdersOf(resource, op.timeoutMs);
    if ('outcome' in holders) return holders;
    const holder = serving(holders, resource);
    if (op.verb === 'probe') await this.#tidyUp(id, resource, holders, isOvertaken);
    if (holder === undefined) return stopped;
    const because = misplaced(holder.place, resource) ?? whyNotReady(holder.place);
    if (because !== null) return failed(because);
    await this.#watchOver(id, resource, holder.place, isOvertaken);
    return running(this.#digests.get(id) ?? null);
  }

  #takeTurn(id: ServiceId): void {
    this.#turns.set(id, (this.#turns.get(id) ?? 0) + 1);
  }

  /** Finishes what a former daemon left in the middle of a planned move. */
  async #tidyUp(
    id: ServiceId,
    resource: AddressResource,
    holders: readonly Holder[],
    isOvertaken: () => boolean,
  ): Promise<void> {
    const parked = holders.some(({ place }) => place.loopback);
    const draining = parked && !this.#drains.has(id) && (await isDraining(this.#folder, resource));
    if (isOvertaken()) return;
    if (draining) this.#beginDrain(id, resource);
    if (resource.drainMs > 0 && !this.#handovers.has(id)) {
      setTimeout(() => void this.#removeForgottenRules(id), resource.drainMs).unref();
    }
  }

  async #removeForgottenRules(id: ServiceId): Promise<void> {
    if (!this.#handovers.has(id)) await removeLeftRules(id);
  }

  /** A daemon that found the address here watches it like one that took it; not one that has given it up since: it would defend it. */
  async #watchOver(id: ServiceId, resource: AddressResource, place: Place, isOvertaken: () => boolean): Promise<void> {
    const packets = await this.#packets;
    if (this.#holdings.has(id) || isOvertaken()) return;
    const segment = openSegment(resource, place, packets);
    if (typeof segment !== 'string') this.#hold(id, segment, { announce: false, handoverMs: 0, handoverFrom: null });
  }

  // ---------------------------------------------------------------- start

  async #start(op: AgentOp, resource: AddressResource): Promise<OpResult> {
    this.#takeTurn(op.service.id);
    if (!mayAdministerNetwork()) {
      return failedOnNode('adding an address needs the capability CAP_NET_ADMIN: run the daemon as root');
    }
    const seen = await survey(resource, op.timeoutMs);
    if ('outcome' in seen) return seen;
    const { holders, home: place } = seen;
    const because = whyNotReady(place);
    if (because !== null) return failed(because);
    const segment = openSegment(resource, place, await this.#packets);
    if (typeof segment === 'string') {
      this.#context.log(op.service.id, `not probed and not announced: ${segment}`);
      return this.#take(op, resource, place, holders, null);
    }
    const result = await this.#take(op, resource, place, holders, segment);
    if (result.outcome !== 'ok') segment.close();
    return result;
  }

  async #take(
    op: AgentOp,
    resource: AddressResource,
    place: Place,
    holders: readonly Holder[],
    segment: Segment | null,
  ): Promise<OpResult> {
    const id = op.service.id;
    const present = serving(holders, resource);
    const wrong = present === undefined ? null : misplaced(present.place, resource);
    if (wrong !== null) return failed(wrong);
    let oldMac: string | null = null;
    if (present === undefined) {
      if (segment !== null && op.handFrom !== null) oldMac = await this.#prepareHandover(id, resource, place, segment);
      const rival = segment !== null && op.handFrom === null ? await rivalOf(resource, segment) : null;
      if (rival !== null) return rival;
      prepareInterface(place.interface);
      const added = await runTool(addAddress(resource, place.interface), op.timeoutMs);
      if (!added.ok) return added.result;
    }
    const handoverMs = present === undefined && op.handFrom !== null ? resource.drainMs : 0;
    if (segment !== null) this.#hold(id, segment, { announce: true, handoverMs, handoverFrom: oldMac });
    await this.#endDrain(id, resource, holders);
    this.#digests.set(id, op.service.digest);
    return ok;
  }

  /** Makes ready to send the old holder's connections on to it, where that is possible; returns its Ethernet address. */
  async #prepareHandover(
    id: ServiceId,
    resource: AddressResource,
    place: Place,
    segment: Segment,
  ): Promise<string | null> {
    if (resource.drainMs === 0) return null;
    const old = await segment.ask(handoverAskMs);
    if (old === null || old.kind !== 'uses' || segment.mac === null) return null;
    const log = (line: string): void => this.#context.log(id, line);
    const rules = await installHandover(
      { serviceId: id, resource, device: place.interface, newMac: segment.mac, oldMac: old.mac },
      log,
    );
    if (rules !== null) this.#handovers.set(id, rules);
    return old.mac;
  }

  #hold(id: ServiceId, segment: Segment, how: Pick<HoldingOptions, 'announce' | 'handoverMs' | 'handoverFrom'>): void {
    this.#release(id);
    const onConflict = (because: string): void => this.#context.log(id, because);
    this.#holdings.set(id, hold({ segment, ...how, onConflict }));
  }

  #release(id: ServiceId): void {
    this.#holdings.get(id)?.close();
    this.#holdings.delete(id);
  }

  // ---------------------------------------------------------------- stop

  async #stop(op: AgentOp, resource: AddressResource): Promise<OpResult> {
    const id = op.service.id;
    this.#takeTurn(id);
    this.#holdings.get(id)?.leave();
    this.#holdings.delete(id);
    this.#digests.delete(id);
    const present = await holdersOf(resource, op.timeoutMs);
    if ('outcome' in present) return present;
    const holders = present.filter(({ place }) => !place.loopback || resource.interface === 'lo');
    const park = op.handTo !== null && resource.drainMs > 0 && holders.length > 0;
    if (park) await this.#park(op, resource);
    const result = await removeFrom(holders, resource, op.timeoutMs);
    // Told twice, a stop of a planned move leaves the drain that the first one began.
    if (op.handTo === null) await this.#endDrain(id, resource, present);
    await this.#handovers.get(id)?.remove();
    this.#handovers.delete(id);
    return result;
  }

  async #park(op: AgentOp, resource: AddressResource): Promise<void> {
    await noteDrain(this.#folder, resource);
    this.#beginDrain(op.service.id, resource);
    const parked = await runTool(parkAddress(resource), op.timeoutMs);
    if (!parked.ok)
      this.#context.log(op.service.id, `open connections will be lost in this move: ${parked.result.because}`);
  }

  #beginDrain(id: ServiceId, resource: AddressResource): void {
    this.#drains.get(id)?.cancel();
    const begun = drain(this.#folder, resource, (line) => this.#context.log(id, line));
    this.#drains.set(id, begun);
    void begun.ended.then(() => {
      if (this.#drains.get(id) === begun) this.#drains.delete(id);
    });
  }

  /** The address came back, or leaves at once: nothing stays on `lo`. */
  async #endDrain(id: ServiceId, resource: AddressResource, holders: readonly Holder[]): Promise<void> {
    const begun = this.#drains.get(id);
    const parked = holders.some(({ place }) => place.loopback);
    const ours = begun !== undefined || (parked && (await isDraining(this.#folder, resource)));
    if (begun !== undefined) {
      begun.cancel();
      await begun.ended;
    }
    if (ours && parked) await unpark(this.#folder, resource, (line) => this.#context.log(id, line));
  }
}

/** The interface on which others can reach it; a copy on `lo` is a drain, or the business of whoever put it there. */
function serving(holders: readonly Holder[], resource: AddressResource): Holder | undefined {
  const wanted = holders.find(({ place }) => place.interface === resource.interface);
  return wanted ?? holders.find(({ place }) => !place.loopback);
}

function misplaced(place: Place, resource: AddressResource): string | null {
  if (resource.interface === null || place.interface === resource.interface) return null;
  return `${resource.address} is on ${place.interface} instead of ${resource.interface}`;
}

async function rivalOf(resource: AddressResource, segment: Segment): Promise<OpResult | null> {
  if (resource.probeMs === 0) return null;
  const seen = await segment.ask(resource.probeMs);
  if (seen === null) return null;
  const what = seen.kind === 'uses' ? 'still answered by' : 'being taken by';
  return { outcome: 'conflict', because: `${resource.address} is ${what} ${seen.mac}` };
}

async function removeFrom(holders: readonly Holder[], resource: AddressResource, timeoutMs: number): Promise<OpResult> {
  for (const { place, prefix } of holders) {
    const said = await runTool(removeAddress(resource, prefix, place.interface), timeoutMs);
    if (said.ok) continue;
    const left = await holdersOf(resource, timeoutMs);
    // Somebody else was quicker: what counts is that it is gone.
    if ('outcome' in left || left.some((holder) => holder.place.interface === place.interface)) return said.result;
  }
  return ok;
}
