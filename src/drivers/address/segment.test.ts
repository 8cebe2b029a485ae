import { expect, it } from 'vitest';
import type { AddressResource } from '../../core/model.ts';
import { framesFor } from './frames.ts';
import type { PacketSocket } from './packet_socket.ts';
import type { Place } from './parse.ts';
import { openSegment } from './segment.ts';

const resource: AddressResource = {
  kind: 'address',
  address: '192.168.200.120',
  prefix: 24,
  family: 4,
  interface: 'eth0',
  probeMs: 50,
  drainMs: 1000,
};
const place: Place = { interface: 'eth0', index: 2, up: true, carrier: true, loopback: false, addresses: [] };
const other = '02:00:00:00:00:0b';

it('the mark of a planned move is not lost among what else the new holder says', () => {
  const frames = framesFor(resource.address, 4);
  // Its kernel asks for a client with the address as the sender, where the node has no other one in that network.
  const [ofTheKernel] = frames.announcements(other, false);
  const heard = [...frames.announcements(other, true), ofTheKernel];
  const socket: PacketSocket = {
    mac: '02:00:00:00:00:0a',
    send: () => true,
    receive: () => heard.shift() ?? null,
    close: () => {},
  };
  const segment = openSegment(resource, place, { open: () => socket });
  if (typeof segment === 'string') return expect.fail(segment);
  expect(segment.sightings()).toEqual([{ mac: other, kind: 'uses', handover: true }]);
  expect(segment.sightings()).toEqual([]);
});
