/** Remote nodes and guests of Pacemaker. */
import { expect, test } from 'vitest';
import { clusterOf } from './compare/index.ts';
import { type FromPacemaker, fromPacemaker, noHints } from './index.ts';

function imported(text: string): FromPacemaker {
  const made = fromPacemaker({ name: 'cib', text }, { ...noHints, nowS: 0 });
  if (!made.ok) throw new Error(made.failure.message);
  return made.value;
}

const notesOn = ({ notes }: FromPacemaker, about: string): string[] =>
  notes.filter((note) => note.about === about).map(({ text }) => text);

const made = imported(`node 1: oak
node 2: elm
node 3: far:remote attributes site=east utilization memory=64
primitive far ocf:pacemaker:remote params server=10.9.0.7 op monitor interval=30s
primitive vm ocf:heartbeat:VirtualDomain params config=/etc/vm.xml meta remote-node=inner remote-addr=10.9.0.8 allow-migrate=true
primitive web ocf:heartbeat:nginx
primitive ha stonith:fence_xvm params pcmk_host_list="oak elm far inner"
location l web 50: inner
location m far inf: oak
property stonith-enabled=true
`);

test('are nodes without a vote, and the machine of a guest is the service that brings it', () => {
  const { text } = made;
  expect(text).toContain(
    'far: { addresses: [ 10.9.0.7 ], votes: 0, attributes: { site: east }, utilization: { memory: 64 } }',
  );
  expect(text).toContain('inner: { addresses: [ 10.9.0.8 ], guest: vm }');
  expect(text).toContain('for: [ oak, elm, far ]');
  expect(made.notes.filter(({ isLoss }) => isLoss)).toEqual([]);
  expect(notesOn(made, 'far').join()).toContain('a node without a vote');
  expect(notesOn(made, 'inner').join()).toContain('runs the daemon');
});

test('the machine runs on machines of their own; services that name nothing run on guests too', () => {
  const cluster = clusterOf(made);
  const on = 'services' in cluster ? new Map(cluster.services.map((service) => [service.id, service.on])) : cluster;
  expect(on).toEqual(
    new Map([
      ['vm', ['oak', 'elm']],
      ['web', ['oak', 'elm', 'far', 'inner']],
    ]),
  );
});
