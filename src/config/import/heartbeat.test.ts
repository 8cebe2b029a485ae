import { expect, test } from 'vitest';
import { ImportFault } from './fault.ts';
import { readAuthKeys, readHaCf, readHaResources } from './heartbeat.ts';

const values = (list: readonly { readonly value: unknown }[]): unknown[] => list.map(({ value }) => value);

test('ha.cf', () => {
  const read = readHaCf(
    [
      'keepalive 500ms # often',
      'deadtime 10',
      'warntime 2.5',
      'initdead 30s',
      'udpport 694',
      'bcast eth0 eth1',
      'mcast bond0 225.0.0.1 694 1 0',
      'ucast bond0 192.168.200.122',
      'serial /dev/ttyS0',
      'auto_failback on',
      'node n1 n2',
      'node n3',
      'ping 192.168.1.30',
      'ping_group routers 10.0.0.1 10.0.0.2',
      'stonith_host n1 apcmaster 10.0.0.9 me secret',
      'respawn hacluster /usr/lib/heartbeat/ipfail',
      'watchdog /dev/watchdog',
      'logfacility local0',
    ].join('\n'),
  );
  expect(read).toMatchObject({
    keepaliveMs: { value: 500, line: 1, column: 1 },
    deadtimeMs: { value: 10_000 },
    warntimeMs: { value: 2500 },
    initdeadMs: { value: 30_000 },
    deadpingMs: null,
    udpPort: { value: 694 },
    autoFailback: { value: 'on' },
    watchdog: { value: '/dev/watchdog' },
    links: [
      { kind: 'broadcast', interface: 'eth0', column: 7 },
      { kind: 'broadcast', interface: 'eth1' },
      { kind: 'multicast', interface: 'bond0', group: '225.0.0.1', port: 694, ttl: 1, loop: false },
      { kind: 'unicast', address: '192.168.200.122' },
      { kind: 'serial', device: '/dev/ttyS0' },
    ],
    pings: [
      { name: null, addresses: ['192.168.1.30'] },
      { name: 'routers', addresses: ['10.0.0.1', '10.0.0.2'] },
    ],
    stonith: [{ host: 'n1', type: 'apcmaster', parameters: ['10.0.0.9', 'me', 'secret'] }],
    respawn: [{ user: 'hacluster', command: ['/usr/lib/heartbeat/ipfail'] }],
    others: [{ name: 'logfacility', values: ['local0'] }],
    notes: [],
  });
  expect(values(read.nodes)).toEqual(['n1', 'n2', 'n3']);
});

test('ha.cf: old and unknown words are told', () => {
  const read = readHaCf('udp eth0\nnice_failback on\nkeepalive 1\nkeepalive 2\nfrob 1\ncrm yes');
  expect(read).toMatchObject({
    autoFailback: { value: 'off' },
    keepaliveMs: { value: 2000 },
    links: [{ interface: 'eth0' }],
  });
  expect(read.notes.map(({ line, text }) => `${line}: ${text}`)).toEqual([
    '1: «udp» is the old word for «bcast»',
    '2: «nice_failback on» is the old form of «auto_failback off»',
    '4: keepalive was said before: the last one counts',
    '5: «frob» is no directive that is known here: left out',
    '6: with «crm» haresources is not read: the resources stand in a CIB',
  ]);
});

test('haresources', () => {
  const { lines, notes } = readHaResources(
    [
      '# services',
      'n1 10.0.0.1 httpd \\',
      '  drbddisk::r0 Filesystem::/dev/drbd0::/data::ext3',
      'n2 IPaddr2::10.0.0.2/24/eth0/10.0.0.255',
      'n3',
    ].join('\n'),
  );
  expect(lines.map(({ preferredNode }) => preferredNode)).toEqual(['n1', 'n2', 'n3']);
  expect(lines[0]?.resources).toMatchObject([
    { kind: 'address', agent: 'IPaddr', address: '10.0.0.1', prefix: null, interface: null },
    { kind: 'script', agent: 'httpd', values: [] },
    { kind: 'script', agent: 'drbddisk', values: ['r0'], line: 3, column: 3 },
    { kind: 'script', agent: 'Filesystem', values: ['/dev/drbd0', '/data', 'ext3'] },
  ]);
  expect(lines[1]?.resources).toMatchObject([
    { agent: 'IPaddr2', address: '10.0.0.2', prefix: '24', interface: 'eth0', broadcast: '10.0.0.255' },
  ]);
  expect(notes).toMatchObject([{ line: 5, text: 'n3 has no resources: the line says nothing' }]);
});

test('what Pacemaker reads is no haresources file', () => {
  for (const text of ['primitive ip ocf:heartbeat:IPaddr2', '<cib admin_epoch="0"/>'])
    expect(() => readHaResources(text)).toThrow('sempre import pacemaker');
});

test('authkeys', () => {
  expect(readAuthKeys('auth 3\n3 md5 12345')).toMatchObject({
    used: { index: 3, method: 'md5', key: '12345' },
    notes: [],
  });
  const crc = readAuthKeys('3 md5 Hello!\nauth 1\n1 crc\n');
  expect(crc).toMatchObject({ used: { method: 'crc', key: null }, keys: [{ index: 3 }, { index: 1 }] });
  expect(crc.notes).toMatchObject([{ line: 3, text: 'crc proves nothing: whoever can send packets can take part' }]);
});

test.each([
  [readHaCf, 'keepalive often', 'line 1, column 11: «often» is no time'],
  [readHaCf, '\nnode', 'line 2, column 5: the name of a node is missing'],
  [readHaCf, 'udpport 70000', '«70000» is no whole number from 1 to 65535'],
  [readHaCf, 'mcast eth0 225.0.0.1', 'line 1, column 21: a port is missing'],
  [readHaCf, 'ucast eth0 10.0.0.1 10.0.0.2', 'line 1, column 21: «10.0.0.2» is not understood here'],
  [readHaCf, 'auto_failback maybe', 'on, off or legacy is missing'],
  [readHaResources, 'n1 IPaddr::', 'line 1, column 4: IPaddr names no address'],
  [readAuthKeys, '', 'no line says which key is used'],
  [readAuthKeys, 'auth 2\n1 crc', 'line 1, column 1: there is no key 2'],
  [readAuthKeys, 'auth 1\n1 md5', 'line 2, column 6: the key for md5 is missing'],
])('%o of %j is refused', (read, text, message) => {
  expect(() => read(text)).toThrow(ImportFault);
  expect(() => read(text)).toThrow(message);
});

function messageOf(action: () => unknown): string {
  try {
    return JSON.stringify(action());
  } catch (error) {
    return (error as Error).message;
  }
}

test.each([
  'secret',
  'auth secret',
  'auth 1 secret\n1 crc',
  'auth 1\nsecret',
  'auth 1\n1 secret',
  'auth 1\n1 md5 a secret',
  'auth 1\nsecret md5 1',
])('no message tells a key: %j', (text) => {
  expect(messageOf(() => readAuthKeys(text))).not.toContain('secret');
});
