/**
 * One address on one Ethernet network: ask who has it, announce it, watch for others.
 *
 * By raw frames where that is possible; by `arping` where it is not, which cannot watch.
 */
import { networkInterfaces } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AddressResource, Ms } from '../../core/model.ts';
import { announceByArping, duplicateProbe } from './commands.ts';
import { type AddressFrames, framesFor, type Sighting } from './frames.ts';
import type { PacketSocket, Packets } from './packet_socket.ts';
import { type Place, parseArpingReply } from './parse.ts';
import { runTool } from './tool.ts';

export interface Segment {
  /** Our Ethernet address; null: not known, or no Ethernet. */
  readonly mac: string | null;
  /** Asks for `forMs` and returns the first other station that uses the address or is about to. */
  ask(forMs: Ms): Promise<Sighting | null>;
  announce(handover: boolean): void;
  /** Asks once and waits for nothing: whoever else holds the address then announces it. */
  inquire(): void;
  /** Other stations seen with the address since the last call, at most a handful. */
  sightings(): Sighting[];
  close(): void;
}

const probes = 3;
const pollMs = 2;
const framesPerPollMax = 64;

/** The best way to talk on this interface, or in words why there is none. */
export function openSegment(resource: AddressResource, place: Place, packets: Packets | string): Segment | string {
  if (place.loopback) return silentSegment;
  const frames = framesFor(resource.address, resource.family);
  const socket = typeof packets === 'string' ? packets : packets.open(place.index, frames);
  if (typeof socket === 'string') return resource.family === 4 ? arpingSegment(resource, place.interface) : socket;
  if (socket.mac !== null) return frameSegment(frames, socket, socket.mac);
  socket.close();
  return silentSegment;
}

/** No Ethernet: nobody to ask or to tell. */
const silentSegment: Segment = {
  mac: null,
  ask: () => Promise.resolve(null),
  announce: () => {},
  inquire: () => {},
  sightings: () => [],
  close: () => {},
};

function frameSegment(frames: AddressFrames, socket: PacketSocket, mac: string): Segment {
  const sightings = (): Sighting[] => readSightings(frames, socket, mac);
  return {
    mac,
    ask: (forMs) => ask(frames, socket, mac, forMs, sightings),
    announce: (handover) => {
      for (const frame of frames.announcements(mac, handover)) socket.send(frame);
    },
    inquire: () => void socket.send(frames.probe(mac)),
    sightings,
    close: () => socket.close(),
  };
}

/** Probes go out evenly over the time; we listen from the first to the end. */
async function ask(
  frames: AddressFrames,
  socket: PacketSocket,
  mac: string,
  forMs: Ms,
  sightings: () => Sighting[],
): Promise<Sighting | null> {
  const startMs = performance.now();
  let sent = 0;
  for (;;) {
    const passedMs = performance.now() - startMs;
    if (sent < probes && passedMs >= (sent * forMs) / probes) {
      socket.send(frames.probe(mac));
      sent += 1;
    }
    const [first] = sightings();
    if (first !== undefined) return first;
    if (passedMs >= forMs) return null;
    await sleep(pollMs);
  }
}

function readSightings(frames: AddressFrames, socket: PacketSocket, mac: string): Sighting[] {
  const seen = new Map<string, Sighting>();
  for (let i = 0; i < framesPerPollMax; i += 1) {
    const frame = socket.receive();
    if (frame === null) break;
    const sighting = frames.sighting(frame);
    if (sighting === null || sighting.mac === mac) continue;
    const key = `${sighting.mac} ${sighting.kind}`;
    // Its kernel may ask for a client with the address as the sender, which knows no mark of a planned move.
    if (seen.get(key)?.handover !== true) seen.set(key, sighting);
  }
  if (seen.size === 0) return [];
  // A bridge or bond of this machine may show us our own words with the MAC of another of its interfaces.
  const own = ownMacs();
  return [...seen.values()].filter((sighting) => !own.has(sighting.mac));
}

function ownMacs(): Set<string> {
  return new Set(Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ mac }) => mac)));
}

function arpingSegment(resource: AddressResource, device: string): Segment {
  const announceMs = 2000;
  return {
    mac: null,
    ask: async (forMs) => {
      // Killed when the time is over: only an answer makes it end sooner.
      const said = await runTool(duplicateProbe(resource, device), forMs);
      const mac = parseArpingReply(said.stdout);
      return mac === null ? null : { mac, kind: 'uses', handover: false };
    },
    announce: () => {
      // Best effort and repeated by the caller.
      for (const argv of announceByArping(resource, device)) void runTool(argv, announceMs);
    },
    inquire: () => void runTool(duplicateProbe(resource, device), announceMs),
    sightings: () => [],
    close: () => {},
  };
}
