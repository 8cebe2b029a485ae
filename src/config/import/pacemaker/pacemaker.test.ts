import { describe, expect, test } from 'vitest';
import { parseClusterFile } from '../../parse.ts';
import { clusterOf, compare } from './compare/index.ts';
import { readCorosync } from './corosync.ts';
import { type FromPacemaker, fromPacemaker, noHints, type PacemakerHints } from './index.ts';

const nothing: PacemakerHints = { ...noHints, nowS: 0 };

function imported(text: string, hints: Partial<PacemakerHints> = {}): FromPacemaker {
  const made = fromPacemaker({ name: 'cib', text }, { ...nothing, ...hints });
  if (!made.ok) throw new Error(made.failure.message);
  return made.value;
}

const nodes = 'node 1: oak\nnode 2: elm\nnode 3: ash\n';
const noFencing = 'property stonith-enabled=false\n';

/** Without the notes at the top, which other tests are about. */
const body = ({ text }: FromPacemaker): string => text.replace(/^(#.*\n)*\n/, '');

/** Notes on something, or on all. */
const notesOn = ({ notes }: FromPacemaker, about: string | null): string[] =>
  notes.filter((note) => note.about === about).map(({ text }) => text);

describe('the cluster file', () => {
  test('a small cluster is a small file', () => {
    const made = imported(`${nodes}${noFencing}
primitive page systemd:nginx op monitor interval=10s timeout=20s
location page-on-oak page -inf: ash
location page-first page 50: elm`);
    expect(body(made)).toBe(`cluster: imported

watchdog: none

nodes:
  oak: [ FILL-IN-address-of-oak ]
  elm: [ FILL-IN-address-of-elm ]
  ash: [ FILL-IN-address-of-ash ]

defaults:
  on-score: 0
  stickiness: 0
  failures: { max: never, forget: never }
  takeover: lease

options:
  start-failure-is-fatal: true

services:
  page:
    agent: systemd:nginx
    on: [ elm, oak ]
    on-score: 50
`);
  });

  test('a group keeps its order, and says once what all members say', () => {
    const made = imported(`${nodes}${noFencing}
primitive disk Filesystem params device=/dev/d directory=/d fstype=xfs op start timeout=90 op monitor interval=30
primitive ip IPaddr2 params ip=10.1.2.3 op monitor interval=10
group files disk ip meta resource-stickiness=70 priority=5
location files-first files 100: oak`);
    expect(body(made)).toContain(`services:
  disk:
    agent: ocf:heartbeat:Filesystem
    params: { device: /dev/d, directory: /d, fstype: xfs }
    group: files
    check: { every: 30s }
    start-timeout: 90s

  ip:
    agent: ocf:heartbeat:IPaddr2
    params: { ip: 10.1.2.3 }
    group: files

groups:
  files:
    location:
      - { id: files-first, node: oak, score: 100 }
    stickiness: 70
    priority: 5
`);
  });

  test('a clone is called as what it has copies of', () => {
    const made = imported(`${nodes}${noFencing}
primitive R ocf:pacemaker:Stateful op monitor interval=10
ms MS R meta master-max=1 clone-max=2 notify=true interleave=true
primitive V Dummy op monitor interval=10
colocation V-with-R 500: V MS:Master
order R-then-V Mandatory: MS:promote V:start`);
    expect(body(made)).toContain(`  r:
    agent: ocf:pacemaker:Stateful
    instances: 2
    promotable: true
    interleave: true
    notify: true
    stickiness: 1
`);
    expect(body(made)).toContain('- { id: V-with-R, service: v, with: r, score: 500, with-role: promoted }');
    expect(body(made)).toContain('{ id: R-then-V, first: r, then: v, first-action: promote, then-action: start }');
  });

  test('operations keep their times, as far as they come', () => {
    const made = imported(`${nodes}
primitive vm VirtualDomain op start timeout=60 op migrate_to timeout=300 op stop timeout=90 op promote timeout=7 meta allow-migrate=true
primitive R ocf:pacemaker:Stateful op start timeout=60 op promote timeout=50 op demote timeout=40 op notify timeout=30 op monitor interval=10
ms MS R meta notify=true
primitive x Dummy op start timeout=60 op promote timeout=50 op migrate_to timeout=40`);
    expect(body(made)).toContain('    start-timeout: 1m\n    stop-timeout: 90s\n    migrate-to-timeout: 5m\n');
    expect(body(made)).toContain('    promote-timeout: 50s\n    demote-timeout: 40s\n    notify-timeout: 30s\n');
    expect(body(made).match(/-timeout/g)).toHaveLength(8);
  });

  test('a time for all operations is for those too that say none, beside a start of its own', () => {
    const made = imported(`${nodes}op_defaults timeout=45
primitive R ocf:pacemaker:Stateful op start timeout=60 op monitor interval=10
ms MS R`);
    expect(body(made)).toContain('    start-timeout: 1m\n    promote-timeout: 45s\n');
    expect(body(made)).not.toContain('demote-timeout');
  });

  test('several monitors are several checks, the most frequent first', () => {
    const made = imported(`${nodes}
primitive R ocf:pacemaker:Stateful op monitor interval=20 timeout=30 op monitor interval=10 role=Master on-fail=demote op monitor interval=60 role=Slave OCF_CHECK_LEVEL=10 on-fail=fence op monitor interval=5 role=Stopped
ms MS R
primitive f Filesystem op monitor interval=20 op monitor interval=120 timeout=60 OCF_CHECK_LEVEL=20 on-fail=standby op monitor interval=7 role=Master`);
    expect(body(made)).toContain(`    check:
      - { every: 10s, role: promoted, on-fail: demote }
      - { every: 20s, timeout: 30s, role: unpromoted }
      - { every: 1m, role: unpromoted, level: 10, on-fail: stop }
`);
    expect(body(made)).toContain(`    check:
      - { every: 20s }
      - { every: 2m, timeout: 1m, level: 20, on-fail: standby }
`);
    expect(notesOn(made, 'R').join('\n')).toMatch(/role Stopped.*\n.*on-fail fence is left out/);
    expect(notesOn(made, 'f')).toEqual(['it has a monitor for a role that its copies never have: left out']);
    const cluster = clusterOf(made);
    if (!('services' in cluster)) throw new Error(JSON.stringify(cluster));
    expect(cluster.services[0]).toMatchObject({ check: { everyMs: 10_000 }, checks: [{}, {}, { level: 10 }] });
  });

  test('so it is in a CIB', () => {
    const made =
      imported(`<cib validate-with="pacemaker-3.0"><configuration><nodes><node id="1" uname="oak"/></nodes><resources>
<primitive id="f" class="ocf" provider="heartbeat" type="Filesystem"><operations><op id="o1" name="monitor" interval="10"/>
<op id="o2" name="monitor" interval="120" timeout="60"><instance_attributes id="i"><nvpair id="n" name="OCF_CHECK_LEVEL" value="20"/>
</instance_attributes></op></operations></primitive></resources></configuration><status/></cib>`);
    expect(body(made)).toContain('    check:\n      - { every: 10s }\n      - { every: 2m, timeout: 1m, level: 20 }\n');
  });

  test('one thorough monitor is one check', () => {
    const made = imported(`${nodes}primitive f Filesystem op monitor interval=10 OCF_CHECK_LEVEL=20`);
    expect(body(made)).toContain('    check: { level: 20 }\n');
    const unit = imported(`${nodes}primitive u systemd:nginx op monitor interval=10 OCF_CHECK_LEVEL=20`);
    expect(body(unit)).not.toContain('check');
    expect(notesOn(unit, 'u')).toEqual(['its monitor has OCF_CHECK_LEVEL 20: left out']);
  });

  test('fence devices, with levels, and without secrets', () => {
    const made = imported(`node 1: oak\nnode 2: elm
primitive f1 stonith:fence_ipmilan params ip=10.9.0.1 username=a password=hunter2 pcmk_host_list=oak pcmk_delay_base=5s
primitive f2 stonith:fence_ipmilan params ip=10.9.0.2 password=hunter2 pcmk_host_list=elm
primitive pdu stonith:fence_apc params ip=10.9.0.9 pcmk_host_map="oak:3;elm:4,5"
fencing_topology oak: f1 pdu elm: f2 pdu
property stonith-action=off`);
    expect(body(made)).toContain(`quorum:
  tie: fence

watchdog: none

nodes:
  oak: { addresses: [ FILL-IN-address-of-oak ], fence: [ [ f1 ], [ pdu ] ] }
  elm: { addresses: [ FILL-IN-address-of-elm ], fence: [ [ f2 ], [ pdu ] ] }

fencing:
  power-on: false
  devices:
`);
    expect(made.text).toContain('{ ip: 10.9.0.1, username: a, password: file:/etc/sempre/secrets/f1 }');
    expect(made.text).toContain('plugs: { oak: 3, elm: [ 4, 5 ] }');
    expect(made.text).toContain('delay: 5s');
    expect(made.text).not.toContain('hunter2');
    expect(made.text).not.toContain('services:');
  });

  test('addresses come from the command line, corosync.conf, and the table of hosts', () => {
    const corosync = {
      name: 'corosync.conf',
      text: 'totem {\n cluster_name: trees\n token: 5000\n}\nnodelist {\n node {\n  name: elm\n  ring0_addr: 10.1.0.2\n  ring1_addr: 10.2.0.2\n }\n}\n',
    };
    const addresses = new Map([['oak', ['10.1.0.1/24', '10.2.0.1/24']]]);
    const hosts = new Map([['ash', ['127.0.1.1', '10.1.0.3']]]);
    const made = imported(nodes, { corosync, addresses, hosts });
    expect(body(made)).toContain(`cluster: trees

heartbeat:
  interval: 1s
  dead: 5s
`);
    expect(body(made)).toContain(`nodes:
  oak: [ 10.1.0.1/24, 10.2.0.1/24 ]
  elm: [ 10.1.0.2, 10.2.0.2 ]
  ash: [ 10.1.0.3 ]
`);
    expect(made.blanks).toEqual([]);
  });

  test('validate asks for what is to be filled in', () => {
    const made = imported(nodes);
    expect(made.blanks.map(({ what }) => what)).toEqual(['address of oak', 'address of elm', 'address of ash']);
    const { cluster, problems } = parseClusterFile(made.text, 'cluster.yaml');
    expect(cluster).toBeNull();
    expect(problems[0]?.message).toContain('FILL-IN-address-of-oak');
  });

  test('notes stand in the file too, before what they are about', () => {
    const made =
      imported(`${nodes}primitive R ocf:pacemaker:Stateful op monitor interval=9 role=Master op monitor interval=9 role=Slave
ms MS R`);
    expect(made.text).toContain('  # it has two monitors every 9s, of which one was never used: left out\n  r:\n');
    expect(made.notes.find(({ about }) => about === 'R')).toMatchObject({ line: 4, column: 11, isLoss: false });
  });
});

describe('decides the same', () => {
  /** With three nodes and without fencing. */
  const configurations: readonly (readonly [string, string])[] = [
    [
      'places',
      'primitive a Dummy\nprimitive b Dummy\nlocation l1 a 100: elm\nlocation l2 b -inf: oak\nlocation l3 b 20: ash',
    ],
    [
      'unique copies with roles',
      'primitive a Stateful\nms A a meta globally-unique=true clone-max=3 clone-node-max=2 promoted-max=2',
    ],
    ['a rule', 'primitive a Dummy\nlocation l a rule -inf: #uname ne elm and #uname ne ash'],
    ['attributes', 'node 4: fir attributes disk=ssd\nprimitive a Dummy\nlocation l a rule 50: disk eq ssd'],
    [
      'opt-in',
      'primitive a Dummy\nprimitive b Dummy\nlocation l a 0: elm\nlocation m b 7: ash\nproperty symmetric-cluster=false',
    ],
    [
      'a group',
      'primitive a Dummy\nprimitive b Dummy\nprimitive c Dummy\ngroup g a b\nlocation l g 100: ash\ncolocation x inf: c g',
    ],
    [
      'apart',
      'primitive a Dummy\nprimitive b Dummy\nprimitive c Dummy\ncolocation x -inf: b a\ncolocation y -inf: c ( a b )',
    ],
    [
      'sets',
      'primitive a Dummy\nprimitive b Dummy\nprimitive c Dummy\ncolocation x inf: a b c\norder o Mandatory: c b a',
    ],
    [
      'sets with a kind of their own',
      'primitive a Dummy meta target-role=Stopped\nprimitive b Dummy\nprimitive c Dummy\nprimitive d Dummy\nxml <rsc_order id="o"><resource_set id="o1" kind="Optional"><resource_ref id="a"/><resource_ref id="b"/></resource_set></rsc_order>\nxml <rsc_order id="p" kind="Optional"><resource_set id="p1" kind="Mandatory"><resource_ref id="a"/><resource_ref id="c"/></resource_set><resource_set id="p2"><resource_ref id="d"/></resource_set></rsc_order>',
    ],
    [
      'sets with a score of their own',
      'primitive a Dummy\nprimitive b Dummy\nprimitive c Dummy\nprimitive d Dummy\nlocation l b 200: elm\nxml <rsc_colocation id="x" score="INFINITY"><resource_set id="x1" score="-300"><resource_ref id="a"/><resource_ref id="b"/></resource_set><resource_set id="x2" score="5"><resource_ref id="c"/><resource_ref id="d"/></resource_set></rsc_colocation>',
    ],
    [
      'a set that is listed the other way round',
      'primitive a Dummy meta target-role=Stopped\nprimitive b Dummy\nprimitive c Dummy\nlocation l c 200: elm\nxml <rsc_colocation id="x" score="INFINITY"><resource_set id="x1" ordering="listed"><resource_ref id="b"/><resource_ref id="c"/><resource_ref id="a"/></resource_set></rsc_colocation>',
    ],
    [
      'sets that say what nobody heeds',
      'primitive a Dummy\nprimitive b Dummy\nxml <rsc_ticket id="t" ticket="T"><resource_set id="t1" score="5" kind="Optional"><resource_ref id="a"/><resource_ref id="b"/></resource_set></rsc_ticket>\nxml <rsc_order id="o"><resource_set id="o1" score="5" ordering="listed"><resource_ref id="a"/><resource_ref id="b"/></resource_set></rsc_order>',
    ],
    [
      'priorities',
      'primitive a Dummy meta priority=1\nprimitive b Dummy meta priority=9\ncolocation x -inf: a b\nlocation l a 5: oak\nlocation m b 5: oak',
    ],
    ['stopped', 'primitive a Dummy meta target-role=Stopped\nprimitive b Dummy\norder o Mandatory: a b'],
    [
      'clones',
      'primitive a Dummy\nclone A a meta clone-max=2 interleave=true\nprimitive b Dummy\nclone B b meta interleave=true\norder o Mandatory: A B\ncolocation x inf: B A',
    ],
    [
      'a cloned group',
      'primitive a Dummy\nprimitive b Dummy\ngroup g a b\nclone G g meta interleave=true\nprimitive c Dummy\norder o Mandatory: G c\ncolocation x inf: c G',
    ],
    [
      'promoted',
      'primitive r ocf:pacemaker:Stateful\nms R r\nprimitive v Dummy\ncolocation x inf: v R:Master\norder o Mandatory: R:promote v:start\nlocation l R rule $role=Master 30: #uname eq ash',
    ],
    [
      'room',
      'node 4: fir utilization mem=8\nnode 5: yew utilization mem=4\nprimitive a Dummy utilization mem=3\nprimitive b Dummy utilization mem=6\nproperty placement-strategy=balanced',
    ],
    [
      'negative stickiness',
      'primitive a Dummy meta resource-stickiness=-5\nlocation l a 100: oak\nprimitive b Dummy\nrsc_defaults resource-stickiness=-INFINITY',
    ],
    [
      'stickiness by a rule',
      'primitive a Dummy meta resource-stickiness=500 meta rule date gt 1960-01-01 resource-stickiness=-7\nlocation l a 100: oak',
    ],
    ['stickiness', 'primitive a Dummy\nprimitive b Dummy\nlocation l a 100: oak\nrsc_defaults resource-stickiness=200'],
    [
      'a template',
      'rsc_template T Dummy op monitor interval=10\nprimitive a @T\nprimitive b @T\nprimitive c Dummy\ncolocation x -inf: T c',
    ],
    [
      'globally unique copies',
      'primitive a Dummy\nprimitive b Dummy\nclone A a meta globally-unique=true clone-max=4 clone-node-max=2\ncolocation x inf: b A\norder o A b\nlocation l A 50: elm',
    ],
    [
      'unique copies that stick and are apart from others',
      'primitive a Dummy meta resource-stickiness=100\nprimitive b Dummy\nclone A a meta globally-unique=true clone-max=2\ncolocation x -inf: A b\norder o b A',
    ],
    [
      'unique copies of which one may run on a node, and what they run with',
      'primitive a Dummy\nprimitive b Dummy\nclone A a meta globally-unique=true interleave=true ordered=true\nclone B b meta interleave=true\ncolocation x inf: A B\norder o B A',
    ],
    ['tags', 'primitive a Dummy\nprimitive b Dummy\ntag both: a b\nlocation l both -inf: oak'],
    ['a ticket', 'primitive a Dummy\nrsc_ticket t T: a loss-policy=stop'],
    [
      'node health',
      'node 4: fir attributes #health-cpu=red\nprimitive a Dummy\nproperty node-health-strategy=migrate-on-red',
    ],
  ];

  test.each(configurations)('%s', (_, text) => {
    const made = imported(`${nodes}${noFencing}${text}\n`);
    const cluster = clusterOf(made);
    if (!('services' in cluster)) throw new Error(JSON.stringify(cluster));
    const { asked, same, differences } = compare(made, cluster);
    expect(differences).toEqual([]);
    expect(same).toBe(asked);
    expect(made.notes.filter(({ isLoss }) => isLoss)).toEqual([]);
  });

  test('a set keeps its kind and its score', () => {
    const made = imported(`${nodes}primitive a Dummy\nprimitive b Dummy\nprimitive c Dummy
xml <rsc_order id="o" kind="Optional"><resource_set id="o1" kind="Serialize"><resource_ref id="a"/><resource_ref id="b"/></resource_set><resource_set id="o2" kind="Optional"><resource_ref id="c"/></resource_set></rsc_order>
xml <rsc_colocation id="x" score="-5"><resource_set id="x1" score="7"><resource_ref id="a"/><resource_ref id="b"/></resource_set></rsc_colocation>`);
    expect(body(made)).toContain('{ id: o, sets: [ { services: [ a, b ], kind: serialize }, [ c ] ], kind: optional }');
    expect(body(made)).toContain('{ id: x, sets: [ { services: [ a, b ], score: 7 } ], score: -5 }');
  });

  test('a difference is found, and told with its situation', () => {
    const made = imported(`${nodes}${noFencing}primitive a Dummy\nlocation l a 100: elm`);
    const other = imported(`${nodes}${noFencing}primitive a Dummy\nlocation l a 100: ash`);
    const cluster = clusterOf(other);
    if (!('services' in cluster)) throw new Error('it has mistakes');
    const { differences, asked, same } = compare(made, cluster);
    expect(same).toBeLessThan(asked);
    expect(differences[0]).toMatchObject({ service: 'a', theirs: 'on elm', ours: 'on ash' });
  });
});

describe('what cannot be carried over is told', () => {
  test.each([
    [
      'globally unique copies of a group',
      'primitive a Dummy\ngroup g a\nclone G g meta globally-unique=true',
      'G',
      'here copies of a group are alike',
    ],
    [
      'promotion scores among the attributes of nodes',
      'node 9: yew attributes master-a:0=10 disk=ssd\nprimitive a Stateful\nms A a',
      'yew',
      'promotion scores among its attributes are left out',
    ],
    [
      'messages to globally unique copies',
      'primitive a Dummy\nclone A a meta globally-unique=true notify=true',
      'A',
      'here unique copies are not',
    ],
    [
      'more unique copies than can run',
      'primitive a Dummy\nclone A a meta globally-unique=true clone-max=9 clone-node-max=2',
      'A',
      'instances is 6',
    ],
    [
      'how long a stop may take, by dates',
      'primitive a Dummy\nop_defaults rule date gt 2026-01-01 timeout=9',
      'a',
      'is the same at all times here: 20s',
    ],
    [
      'parameters by what agents find out',
      'primitive a Dummy params rule pingd gt 3 x=1',
      'a-instance_attributes',
      'rule switches',
    ],
    [
      'an interval by dates',
      'primitive a Dummy\nop_defaults rule date gt 2026-01-01 start-delay=9',
      'op-options',
      'a rule switches values of the operation start of a',
    ],
    ['operations by other names', 'primitive a Dummy op monitor interval=5 depth=10', 'a', 'depth'],
    ['agents that nobody has', 'primitive a nagios:check_tcp', 'a', 'nothing here runs nagios:check_tcp'],
    ['options that mean nothing here', 'property batch-limit=10', 'batch-limit', 'the option is left out'],
    ['standby', 'node 9: yew attributes standby=on', 'yew', 'sempre node standby yew'],
    ['maintenance', 'property maintenance-mode=true', 'maintenance-mode', 'sempre maintenance on'],
    ['no fencing', 'property stonith-enabled=false', 'stonith-enabled', 'nothing switches a lost node off'],
    ['constraints about nothing', 'primitive a Dummy\ncolocation x inf: a nobody', 'x', 'nobody'],
  ])('%s', (_, text, about, words) => {
    const made = imported(`${nodes}${text}\n`);
    expect(notesOn(made, about).join('\n')).toContain(words);
  });

  test('bundles that nothing here runs', () => {
    const made =
      imported(`<cib validate-with="pacemaker-3.0"><configuration><nodes><node id="1" uname="oak"/></nodes><resources>
<bundle id="web"><rkt image="web"/></bundle>
</resources></configuration><status/></cib>`);
    expect(made.notes.filter(({ isLoss }) => isLoss).map(({ about }) => about)).toEqual(['web']);
    expect(made.notes.find(({ about }) => about === 'web')).toMatchObject({ line: 2, column: 9 });
  });
});

test('an old CIB, of Heartbeat 2, is read the same way', () => {
  const made = imported(`<cib have_quorum="true"><configuration><crm_config><cluster_property_set id="o"><attributes>
<nvpair id="o1" name="symmetric_cluster" value="true"/><nvpair id="o2" name="stonith_enabled" value="false"/>
</attributes></cluster_property_set></crm_config>
<nodes><node id="1" uname="oak" type="normal"/><node id="2" uname="elm" type="normal"/></nodes>
<resources><group id="mail"><primitive id="ip" class="ocf" provider="heartbeat" type="IPaddr"><operations>
<op id="m" name="monitor" interval="5s" timeout="3s"/></operations><instance_attributes id="i"><attributes>
<nvpair id="i1" name="ip" value="10.1.2.3"/></attributes></instance_attributes></primitive>
<primitive id="postfix" class="lsb" type="postfix"/></group></resources>
<constraints><rsc_location id="l" rsc="mail"><rule id="lr" score="100"><expression id="le" attribute="#uname" operation="eq" value="oak"/></rule></rsc_location></constraints>
</configuration><status/></cib>`);
  expect(body(made)).toContain('agent: systemd:postfix');
  expect(body(made)).toContain('check: { every: 5s, timeout: 3s }');
  expect(body(made)).toContain('  mail:\n    on: [ oak, elm ]\n    on-score: 100\n');
  const cluster = clusterOf(made);
  expect('services' in cluster && compare(made, cluster).differences).toEqual([]);
});

test('a part of a configuration has the nodes that it names', () => {
  const made = imported('primitive a Dummy\nlocation l a 100: oak\nlocation m a rule 5: #uname eq elm');
  expect(made.blanks.map(({ what }) => what)).toEqual(['address of oak', 'address of elm']);
  expect(fromPacemaker({ name: 'cib', text: 'primitive a Dummy' }, nothing)).toMatchObject({
    ok: false,
    failure: { code: 'FILE_UNREADABLE' },
  });
});

describe('corosync.conf', () => {
  test('lists of nodes, and addresses of interfaces of old', () => {
    const listed = readCorosync(
      'nodelist {\n  node {\n    ring0_addr: 10.1.0.1\n    nodeid: 7\n  }\n}\nquorum {\n  two_node: 1\n  device {\n    net {\n      host: judge\n    }\n  }\n}\n',
    );
    expect(listed.nodes).toEqual([{ name: null, id: '7', addresses: ['10.1.0.1'] }]);
    expect(listed).toMatchObject({ twoNode: true, quorumDevice: 'judge', tokenMs: null });
    const old = readCorosync('totem {\n interface {\n  member {\n   memberaddr: 10.1.0.1\n  }\n }\n}');
    expect(old.nodes).toEqual([{ name: null, id: null, addresses: ['10.1.0.1'] }]);
  });

  test.each([
    ['totem {\n', 'corosync.conf:2:1: the section «totem» is not closed'],
    ['}\n', 'corosync.conf:1:1: no section is open'],
    ['totem\n', 'corosync.conf:1:1: neither'],
  ])('%j is a mistake', (text, message) => {
    const made = fromPacemaker({ name: 'cib', text: nodes }, { ...nothing, corosync: { name: 'corosync.conf', text } });
    expect(made.ok ? '' : made.failure.message).toContain(message);
  });
});
