import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runFilter } from './filter.fixture.ts';
import { framesFor, macText } from './frames.ts';

const other = '02:00:00:00:00:0a';

describe.each([
  { family: 4 as const, address: '192.168.200.120', neighbour: '192.168.200.121' },
  { family: 6 as const, address: 'fd00::120', neighbour: 'fd00::121' },
])('frames about an IPv$family address', ({ family, address, neighbour }) => {
  const frames = framesFor(address, family);

  it('announcements are seen as a use of the address, with the sender', () => {
    for (const frame of frames.announcements(other, false)) {
      expect(frames.sighting(frame)).toEqual({ mac: other, kind: 'uses', handover: false });
    }
  });

  it('announcements of a planned move carry the mark', () => {
    for (const frame of frames.announcements(other, true)) {
      expect(frames.sighting(frame)).toEqual({ mac: other, kind: 'uses', handover: true });
    }
  });

  it('a probe is seen as somebody who asks and claims nothing', () => {
    expect(frames.sighting(frames.probe(other))).toEqual({ mac: other, kind: 'asks', handover: false });
  });

  it('frames about another address are none of ours', () => {
    const theirs = framesFor(neighbour, family);
    for (const frame of [theirs.probe(other), ...theirs.announcements(other, true)]) {
      expect(frames.sighting(frame)).toBeNull();
    }
  });

  it('the kernel filter passes all that would be seen, and none of a neighbour', () => {
    const theirs = framesFor(neighbour, family);
    for (const frame of [frames.probe(other), ...frames.announcements(other, true)]) {
      expect(runFilter(frames.filter, frame)).toBeGreaterThan(0);
    }
    for (const frame of [theirs.probe(other), ...theirs.announcements(other, true)]) {
      expect(runFilter(frames.filter, frame)).toBe(0);
    }
  });

  it('never throws, whatever comes in', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (frame) => void frames.sighting(frame)));
    const own = [frames.probe(other), ...frames.announcements(other, true)];
    const damaged = fc.tuple(fc.constantFrom(...own), fc.nat(100), fc.nat(255), fc.nat(100));
    fc.assert(
      fc.property(damaged, ([frame, at, value, length]) => {
        const copy = Uint8Array.from(frame);
        copy[at] = value;
        frames.sighting(copy.subarray(0, length));
      }),
    );
  });
});

describe('the bytes on the wire', () => {
  it('an ARP announcement is a broadcast request and a broadcast reply for the own address', () => {
    const hex = framesFor('192.168.200.120', 4)
      .announcements(other, false)
      .map((frame) => Buffer.from(frame).toString('hex'));
    expect(hex[0]).toBe(
      `ffffffffffff02000000000a08060001080006040001${'02000000000ac0a8c878'}${'000000000000c0a8c878'}${'00'.repeat(18)}`,
    );
    expect(hex[1]).toBe(
      `ffffffffffff02000000000a08060001080006040002${'02000000000ac0a8c878'}${'02000000000ac0a8c878'}${'00'.repeat(18)}`,
    );
  });

  it('a neighbour advertisement goes to all nodes, overrides, and has the right checksum', () => {
    const [frame] = framesFor('fd00::120', 6).announcements(other, false);
    const bytes = Buffer.from(frame ?? []);
    expect(macText(bytes.subarray(0, 6))).toBe('33:33:00:00:00:01');
    expect(bytes.readUInt16BE(18)).toBe(32);
    expect(bytes[21]).toBe(255);
    expect(bytes[58]).toBe(0x20);
    // The sum over the pseudo header and the message, with its checksum, is all ones.
    const summed = Buffer.concat([bytes.subarray(22, 54), Buffer.from([0, 32, 0, 58]), bytes.subarray(54)]);
    let sum = 0;
    for (let at = 0; at < summed.length; at += 2) sum += summed.readUInt16BE(at);
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
    expect(sum).toBe(0xffff);
  });

  it('a neighbour that was heard through a router is not believed', () => {
    const frames = framesFor('fd00::120', 6);
    const [frame] = frames.announcements(other, false);
    const routed = Uint8Array.from(frame ?? []);
    routed[21] = 64;
    expect(frames.sighting(routed)).toBeNull();
  });
});
