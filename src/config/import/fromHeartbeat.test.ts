import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Cluster } from '../../core/model.ts';
import { parseClusterFile } from '../parse.ts';
import { type FromHeartbeat, fromHeartbeat, type HeartbeatHints } from './fromHeartbeat.ts';

interface Given {
  readonly haCf?: readonly string[];
  readonly haResources?: readonly string[];
  readonly authKeys?: readonly string[];
  readonly hints?: Partial<HeartbeatHints>;
}

const noHints: HeartbeatHints = {
  cluster: null,
  addresses: new Map(),
  hosts: null,
  ping: [],
  witness: null,
  watchdog: null,
  agents: new Map(),
};

const file = (name: string, lines: readonly string[] | undefined) =>
  lines === undefined ? null : { name, text: lines.join('\n') };

function result({ haCf, haResources, authKeys, hints }: Given): ReturnType<typeof fromHeartbeat> {
  const first = file('ha.cf', haCf);
  const files = {
    haCf: first === null ? [] : [{ ...first, node: null }],
    haResources: file('haresources', haResources),
    authKeys: file('authkeys', authKeys),
  };
  return fromHeartbeat(files, { ...noHints, ...hints });
}

function translate(given: Given): FromHeartbeat {
  const made = result(given);
  if (!made.ok) throw new Error(made.failure.message);
  return made.value;
}

function clusterOf(text: string): Cluster {
  const { cluster, problems } = parseClusterFile(text, 'cluster.yaml');
  if (cluster === null) throw new Error(problems.map(({ message }) => message).join('\n'));
  return cluster;
}

const notesOf = ({ notes }: FromHeartbeat): string[] =>
  notes.map(({ file, line, text }) => `${file === null ? '' : `${file}:${line}: `}${text}`);

const addresses = new Map([
  ['east', ['10.1.0.1/24', '10.2.0.1/24']],
  ['west', ['10.1.0.2/24', '10.2.0.2/24']],
]);

test('a pair without stonith, with ping: the whole file', () => {
  const { text, blanks } = translate({
    haCf: ['keepalive 500ms', 'deadtime 8', 'initdead 40', 'bcast eth0', 'mcast eth1 225.0.0.9 700 1 0', 'udpport 700',
      'auto_failback on', 'node east west', 'ping 10.1.0.254', 'cluster Shop_1'],
    haResources: ['east 10.1.0.10/24/eth0 IPsrcaddr::10.1.0.10 squid', 'west IPaddr2::10.1.0.11'],
    hints: { addresses },
  }); // biome-ignore format: lines as in the file
  expect(text).toMatchInlineSnapshot(`
    "# From Heartbeat: ha.cf, haresources. Check it: sempre validate FILE

    cluster: shop-1

    heartbeat:
      interval: 500ms # ha.cf:1 keepalive
      dead: 8s # ha.cf:2 deadtime
      port: 700 # ha.cf:6 udpport

    nodes:
      # link: eth0 (bcast ha.cf:4)
      # link: eth1 (mcast ha.cf:5)
      east: [10.1.0.1/24, 10.2.0.1/24] # ha.cf:8, addresses from --node
      west: [10.1.0.2/24, 10.2.0.2/24] # ha.cf:8, addresses from --node

    quorum:
      tie: ping # no stonith: who still reaches the network takes over, as under Heartbeat
      ping: [10.1.0.254] # ha.cf:9 ping
      start-wait: 40s # ha.cf:3 initdead

    services: # ha.cf:7 auto_failback on: they go back
      # haresources:1, started in this order, stopped the other way round
      ip-10-1-0-10:
        address: { ip: 10.1.0.10/24, interface: eth0 }
        group: east-group
        on: [east, west]
        stickiness: 0
      ipsrcaddr:
        agent: ocf:heartbeat:IPsrcaddr
        params: { ipaddress: 10.1.0.10 }
        takeover: nothing # holds no data of its own: two for a moment do no harm
        group: east-group
        stickiness: 0
      squid:
        agent: systemd:squid
        takeover: nothing # holds no data of its own: two for a moment do no harm
        group: east-group
        stickiness: 0
      # haresources:2
      ip-10-1-0-11:
        address: 10.1.0.11
        on: [west, east]
        stickiness: 0
    "
  `);
  expect(blanks).toEqual([]);
  const { heartbeat, quorum, services } = clusterOf(text);
  expect(heartbeat).toEqual({ intervalMs: 500, deadMs: 8000, port: 700 });
  expect(quorum).toMatchObject({ tie: 'ping', ping: ['10.1.0.254'], startWaitMs: 40_000 });
  expect(
    services.map(({ id, on, needs, takeover, stickiness }) => [id, on.join(), needs.join(), takeover, stickiness]),
  ).toEqual([
    ['ip-10-1-0-10', 'east,west', '', 'nothing', 0],
    ['ipsrcaddr', 'east,west', 'ip-10-1-0-10', 'nothing', 0],
    ['squid', 'east,west', 'ipsrcaddr', 'nothing', 0],
    ['ip-10-1-0-11', 'west,east', '', 'nothing', 0],
  ]);
});

test('what is not known is refused by validate, each with what to fill in', () => {
  const { text, blanks } = translate({
    haCf: ['bcast eth0 eth1', 'node east', 'node west.example.org'],
    haResources: ['east squid::a'],
    hints: { witness: '10.3.0.1' },
  });
  expect(blanks).toEqual([
    'address of east on eth0',
    'address of east on eth1',
    'address of west on eth0',
    'address of west on eth1',
    'watchdog device',
    'agent for squid',
  ]);
  const { problems } = parseClusterFile(text, 'cluster.yaml');
  const errors = problems.filter(({ severity }) => severity === 'error');
  expect(errors).toHaveLength(blanks.length);
  for (const { message } of errors) expect(message).toMatch(/is still to be filled in: «FILL-IN-/);
});

test('stonith devices become fence devices; no secret is copied or told', () => {
  const made = translate({
    haCf: [
      ...['bcast eth0', 'node east west', 'watchdog /dev/watchdog', 'auto_failback off'],
      'stonith_host * external/ipmi east 10.9.0.1 root hunter2 lan',
      'stonith_host * external/ipmi west 10.9.0.2 root hunter2 lan',
      'stonith_host * apcmaster 10.9.0.3 apc hunter2',
      'stonith_host * ssh east',
    ],
    haResources: ['east drbddisk::shop-data Filesystem::/dev/drbd0::/srv'],
    authKeys: ['auth 1', '1 sha1 hunter2'],
    hints: { addresses },
  });
  expect(JSON.stringify(made)).not.toContain('hunter2');
  const { quorum, nodes, fencing, services } = clusterOf(made.text);
  expect(quorum.tie).toBe('fence');
  expect(nodes.map(({ fence, watchdog }) => [fence, watchdog?.device])).toEqual([
    [[['ipmi-east', 'apcmaster']], '/dev/watchdog'],
    [[['ipmi-west', 'apcmaster']], '/dev/watchdog'],
  ]);
  expect(fencing.devices[0]).toMatchObject({
    agent: 'fence_ipmilan',
    params: { ip: '10.9.0.1', username: 'root', password: 'file:/etc/sempre/secrets/ipmi-east', lanplus: '1' },
  });
  expect(services[0]).toMatchObject({
    resource: { kind: 'systemd', unit: 'drbd-promote@shop\\x2ddata.service' },
    takeover: 'fencing',
    stickiness: 1_000_000,
  });
  expect(notesOf(made)).toContain('ha.cf:8: the device «ssh» is for tests and makes nothing certain: left out');
});

test.each([
  'stonith_host * baytech 10.0.0.3 me hunter2',
  'stonith_host * apcmaster 10.0.0.3 hunter2',
  'stonith_host * external/ipmi hostname=east ipaddr=10.0.0.3 userid=me passwd=hunter2',
  'stonith_host * external/ipmi east 10.0.0.3 623 me hunter2 lan more',
  'stonith baytech /etc/hunter2',
])('%s: a blank in place of an agent, and no secret', (line) => {
  const made = translate({ haCf: [line, 'bcast eth0', 'node east west'], haResources: [], hints: { addresses } });
  expect(JSON.stringify(made)).not.toContain('hunter2');
  expect(made.blanks[0]).toMatch(/^fence agent for /);
});

test('a password among mount options is not copied', () => {
  const haResources = ['east Filesystem:://nas/shop::/srv::cifs::rw,username=me,password=hunter2,x'];
  const made = translate({ haCf: ['node east west', 'ping 10.1.0.254'], haResources, hints: { addresses } });
  expect(JSON.stringify(made)).not.toContain('hunter2');
  expect(made.text).toContain('options: "credentials=/etc/sempre/secrets/mount"');
  expect(notesOf(made)[0]).toContain('hold a password');
});

const data = {
  haCf: ['bcast eth0', 'node east west', 'ping 10.1.0.254'],
  haResources: ['east Filesystem::/dev/sdb1::/srv/shop::xfs squid 10.1.0.10', 'west mon'],
};

test('what writes is not taken over on silence: the file is refused until somebody has decided', () => {
  const made = translate({ ...data, hints: { addresses } });
  expect(made.blanks).toEqual([expect.stringMatching(/^how it is certain that filesystem-srv-shop, squid ended/)]);
  const { problems } = parseClusterFile(made.text, 'cluster.yaml');
  const errors = problems.filter(({ severity }) => severity === 'error');
  expect(errors.map(({ code }) => code)).toEqual(['NO_FENCING', 'NO_FENCING']);
});

test('a witness and watchdogs are a decision', () => {
  const { text, blanks } = translate({ ...data, hints: { addresses, witness: '10.3.0.1', watchdog: '/dev/watchdog' } });
  expect(blanks).toEqual([]);
  expect(clusterOf(text).services.map(({ id, takeover }) => [id, takeover])).toEqual([
    ['filesystem-srv-shop', 'fencing'],
    ['squid', 'fencing'],
    ['ip-10-1-0-10', 'nothing'],
    ['mon', 'nothing'],
  ]);
});

test('meatware: a person decides', () => {
  const made = translate({
    haCf: ['bcast eth0', 'stonith_host * meatware east west', 'node east west', 'ping 10.1.0.254'],
    haResources: ['east 10.1.0.10 squid'],
    hints: { addresses },
  });
  expect(clusterOf(made.text)).toMatchObject({ quorum: { tie: 'none' }, services: [{}, { takeover: 'fencing' }] });
});

test('each node has an own ha.cf: ucast names the address of the other one', () => {
  const haCf = (node: string, peer: string) => ({
    name: `ha.cf.${node}`,
    node,
    text: `ucast eth0 ${peer}\nnode east west`,
  });
  const files = { haCf: [haCf('east', '10.1.0.2'), haCf('west', '10.1.0.1')], haResources: null, authKeys: null };
  const made = fromHeartbeat(files, { ...noHints, ping: ['10.1.0.254'] });
  expect(made.ok && clusterOf(made.value.text).nodes.map(({ links }) => links[0]?.address)).toEqual([
    '10.1.0.1',
    '10.1.0.2',
  ]);
});

test('one ha.cf for both: the addresses of ucast are offered, not guessed', () => {
  const { text } = translate({ haCf: ['ucast eth0 10.1.0.1', 'ucast eth0 10.1.0.2', 'node east west'] });
  expect(text).toContain('perhaps 10.1.0.1 or 10.1.0.2, which ucast names');
  expect(text).toContain('FILL-IN-address-of-east-on-eth0');
});

test('addresses from the table of hosts, without those of the machine itself', () => {
  const hosts = new Map([
    ['east', ['127.0.1.1', '10.1.0.1', 'fd00::1']],
    ['west', ['127.0.1.1']],
  ]);
  const made = translate({ haCf: ['bcast eth0', 'node east west.example.org'], hints: { hosts } });
  expect(made.text).toMatch(/east: \[10\.1\.0\.1\] # /);
  expect(made.blanks).toContain('address of west on eth0');
  expect(notesOf(made)).toContain('west has no address in the table of hosts but those of the machine itself');
});

test('notes on whatever cannot be said', () => {
  const made = translate({
    haCf: [
      ...[
        'keepalive 3',
        'deadtime 5',
        'warntime 4',
        'deadping 9',
        'serial /dev/ttyS0',
        'node east west',
        'logfacility local0',
      ],
      ...[
        'respawn hacluster /usr/lib/heartbeat/ipfail',
        'respawn root /opt/own',
        'ping 10.1.0.10',
        'ping gateway',
        'ping 10.1.0.254',
      ],
    ],
    haResources: ['North 10.1.0.10/24/eth0:0/10.1.0.15', 'east MailTo::ops@example.org::shop::x', 'east'],
    hints: { addresses },
  });
  expect(notesOf(made)).toMatchInlineSnapshot(`
    [
      "ha.cf:1: keepalive is 1s now: three must fit into deadtime",
      "ha.cf:3: warntime is left out: late heartbeats show in «sempre status»",
      "ha.cf:4: deadping is left out: ping is asked when a node is lost",
      "ha.cf:5: serial /dev/ttyS0 is left out: links are networks; take a second one",
      "ha.cf:7: left out, because nothing depends on it here: logfacility",
      "ha.cf:8: ipfail moved services to the node that reaches more ping addresses; here ping decides only when the nodes lose each other",
      "ha.cf:9: «/opt/own» is left out: make it a systemd unit",
      "ha.cf:10: ping 10.1.0.10 is left out: it is an address of the cluster itself",
      "ha.cf:11: ping «gateway» is left out: an IP address is needed",
      "haresources:1: «North» is none of the nodes: the first one of ha.cf is preferred",
      "haresources:1: «eth0:0» is eth0 now: an address needs no interface of its own",
      "haresources:1: the broadcast address 10.1.0.15 is left out: it is that of the network",
      "haresources:2: ocf:heartbeat:MailTo takes no further value: left out",
      "haresources:3: east has no resources: the line says nothing",
      "nothing switches a lost node off, as before: if only the links between the nodes fail, both go on (docs/guide/two-nodes.md)",
      "Heartbeat never looked whether a resource works; here each one is checked («check» says how often)",
    ]
  `);
  expect(clusterOf(made.text)).toMatchObject({
    heartbeat: { intervalMs: 1000, deadMs: 5000 },
    services: [{ on: ['east', 'west'], resource: { interface: 'eth0', prefix: 24 } }, {}],
  });
});

test('a netmask in place of the broadcast address is the prefix', () => {
  const { text } = translate({
    haCf: ['node east west', 'ping 10.1.0.254'],
    haResources: ['east 10.1.0.10/eth0/255.255.255.0'],
    hints: { addresses },
  });
  expect(text).toContain('address: { ip: 10.1.0.10/24, interface: eth0 }');
});

test('without ha.cf, nodes come from haresources and the command line', () => {
  const { text } = translate({
    haResources: ['east 10.1.0.10 ldirectord::shop.cf'],
    hints: { addresses, ping: ['10.1.0.254'] },
  });
  expect(clusterOf(text).services[1]?.resource).toMatchObject({ params: { configfile: '/etc/ha.d/shop.cf' } });
});

test('with crm on, haresources was not in use', () => {
  const made = translate({ haCf: ['node east west', 'crm yes'], haResources: ['east squid'], hints: { addresses } });
  expect(made.text).not.toContain('services:');
  expect(notesOf(made)).toContain('haresources is not used: the file has no services');
});

test('names with domains: the host alone says who is meant', () => {
  const domain = ['node east.example.org west.example.org', 'bcast eth0', 'ping 10.1.0.254'];
  const { text } = translate({ haCf: domain, haResources: ['West.example.org 10.1.0.10 squid'], hints: { addresses } });
  expect(clusterOf(text).services.map(({ on }) => on)).toEqual([
    ['west', 'east'],
    ['west', 'east'],
  ]);
  expect(text).toContain('group: west-group');
});

test('what runs a script can be said', () => {
  const agents = new Map([['own::b', 'ocf:local:own']]);
  const made = translate({
    haCf: ['node east west'],
    haResources: ['east own::a own::b'],
    hints: { agents, addresses, witness: '10.3.0.1' },
  });
  expect(made.blanks).toEqual(['watchdog device', 'agent for own']);
  expect(made.text).toContain('agent: ocf:local:own # from --agent');
});

test.each([
  [{ haCf: ['keepalive often'] }, 'FILE_UNREADABLE', 'ha.cf:1:11: «often» is no time'],
  [{ haCf: ['node east'], authKeys: ['hunter2'] }, 'FILE_UNREADABLE', 'authkeys:1:1: '],
  [{ haCf: ['node west'], hints: { addresses } }, 'USAGE', '--node east: ha.cf has no such node'],
  [{ haCf: ['bcast eth0'] }, 'USAGE', 'no file names a node'],
])('%j is refused', (given, code, message) => {
  const made = result(given);
  expect(made).toMatchObject({ ok: false, failure: { code } });
  expect(!made.ok && made.failure.message).toContain(message);
});

// ---------------------------------------------------------------- whatever the files hold

const word = fc.oneof(
  fc.constantFrom(
    'east',
    'west',
    'EAST.example.org',
    'on',
    'null',
    '10.1.0.10',
    '10.1.0.10/24/eth0',
    '1',
    '30ms',
    '-',
    '~',
    '{a',
    '"',
    "'",
    '\\',
    'a::b::c',
  ),
  fc.string({ maxLength: 12 }).filter((text) => /^\S+$/.test(text)),
);
const line = (first: readonly string[]): fc.Arbitrary<string> =>
  fc
    .tuple(fc.constantFrom(...first), fc.array(word, { maxLength: 5 }))
    .map(([head, rest]) => [head, ...rest].join(' '));
const directives = [
  'node',
  'bcast',
  'ucast eth0',
  'ping',
  'ping_group g',
  'stonith_host *',
  'respawn',
  'watchdog',
  'keepalive 1',
  'deadtime 9',
  'serial',
  'cluster',
];
const scripts = ['east', 'west', 'north', 'east Filesystem', 'west drbddisk::r0', 'east IPaddr::10.1.0.1'];

test('the result is YAML whatever the files hold, and its lines stay lines', () => {
  fc.assert(
    fc.property(fc.array(line(directives)), fc.array(line(scripts)), (haCf, haResources) => {
      const made = result({ haCf: ['node east west', ...haCf], haResources });
      if (!made.ok) return;
      const { problems } = parseClusterFile(made.value.text, 'cluster.yaml');
      const codes = problems
        .map(({ code }) => code)
        .filter((code) => /^YAML|^DUPLICATE_KEY|^UNKNOWN_KEY|^BAD_NAME/.test(code));
      expect([codes, made.value.text]).toEqual([[], made.value.text]);
    }),
  );
});
