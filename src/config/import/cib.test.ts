import { expect, test } from 'vitest';
import type { Input, PrimitiveConfig } from '../../policy/input.ts';
import { infinity } from '../../policy/values.ts';
import { readCib } from './cib.ts';
import { ImportFault, type ImportNote } from './fault.ts';

interface Parts {
  readonly schema?: string;
  readonly options?: string;
  readonly defaults?: string;
  readonly resources?: string;
  readonly constraints?: string;
  readonly status?: string;
  readonly root?: string;
}

const textOf = ({ schema = '3.7', root = '', ...parts }: Parts): string =>
  `<cib validate-with="pacemaker-${schema}" have-quorum="1" dc-uuid="1" execution-date="1700000000" ${root}>
  <configuration>
    <crm_config>${parts.options ?? ''}</crm_config>
    <nodes><node id="1" uname="n1"/><node id="2" uname="n2" type="normal"/></nodes>
    <resources>${parts.resources ?? ''}</resources>
    <constraints>${parts.constraints ?? ''}</constraints>
    ${parts.defaults ?? ''}
  </configuration>
  <status>${parts.status ?? ''}</status>
</cib>`;

const read = (parts: Parts): Input => readCib(textOf(parts));

function notesOf(parts: Parts): string[] {
  const notes: ImportNote[] = [];
  readCib(textOf(parts), { onNote: (note) => notes.push(note) });
  return notes.map(({ text }) => text);
}

const primitive = (id: string, inside = '', more = ''): string =>
  `<primitive id="${id}" class="ocf" provider="pacemaker" type="Dummy" ${more}>${inside}</primitive>`;

const pairs = (values: Record<string, string>): string =>
  Object.entries(values)
    .map(([name, value]) => `<nvpair id="p-${name}" name="${name}" value="${value}"/>`)
    .join('');

const firstResource = (input: Input): PrimitiveConfig => input.resources[0] as PrimitiveConfig;

test('what the root says', () => {
  const input = read({ root: 'crm_feature_set="3.16.1" no-quorum-panic="1"' });
  expect(input).toMatchObject({
    quorate: true,
    coordinatorId: '1',
    featureSet: '3.16.1',
    noQuorumPanic: true,
    nowS: 1_700_000_000,
    nodes: [
      { id: '1', name: 'n1', type: 'member', score: 0 },
      { id: '2', name: 'n2', type: 'member', score: 0 },
    ],
  });
});

test('bytes are read like text', () => {
  const text = textOf({ resources: Array.from({ length: 3000 }, (_, i) => primitive(`é${i}`)).join('\n') });
  expect(readCib(Buffer.from(text))).toEqual(readCib(text));
});

test('a set: score, rule, pairs by reference', () => {
  const date = '<date_expression id="e" operation="gt" start="2026-01-01"/>';
  const input = read({
    options: `<cluster_property_set id="a" score="5"><rule id="r" score="INFINITY" boolean-op="or">${date}</rule>
      ${pairs({ x: '1' })}<nvpair id-ref="other" name="y"/><nvpair id-ref="nobody"/><nvpair id="z" name="z"/>
      </cluster_property_set><cluster_property_set id="b"><nvpair id="other" name="o" value="2"/></cluster_property_set>
      <cluster_property_set id-ref="b"/><cluster_property_set id-ref="nobody"/>`,
  });
  expect(input.options.map(({ id, score, values }) => [id, score, values])).toEqual([
    [
      'a',
      5,
      [
        ['x', '1'],
        ['y', '2'],
      ],
    ],
    ['b', null, [['o', '2']]],
    ['b', null, [['o', '2']]],
  ]);
  expect(input.options[0]?.rule).toMatchObject({
    join: 'or',
    score: infinity,
    expressions: [{ kind: 'date', operation: 'gt', start: '2026-01-01', duration: null }],
  });
});

test('a template stands behind its primitive, which replaces operations of the same name and role', () => {
  const op = (id: string, name: string, role = ''): string =>
    `<op id="${id}" name="${name}" interval="9" role="${role}"/>`;
  const ops = (...list: string[]): string => `<operations>${list.join('')}</operations>`;
  const meta = (id: string): string => `<meta_attributes id="${id}">${pairs({ [id]: '1' })}</meta_attributes>`;
  const { resources } = read({
    resources: `<template id="t" class="systemd" type="x">${meta('of-t')}${ops(op('t1', 'monitor', 'Master'), op('t2', 'monitor', 'Started'), op('t3', 'start'))}</template>
      <primitive id="a" template="t">${meta('of-a')}${ops(op('a1', 'monitor', 'Slave'))}</primitive>`,
  });
  expect(resources).toHaveLength(1);
  const { agent, template, meta: sets, operations } = resources[0] as PrimitiveConfig;
  expect({ agent, template }).toEqual({ agent: { standard: 'systemd', provider: '', type: 'x' }, template: 't' });
  expect(sets.map(({ id }) => id)).toEqual(['of-t', 'of-a']);
  expect(operations.map(({ id }) => id)).toEqual(['a1', 't1', 't3']);
  expect(operations[1]?.attributes.get('role')).toBe('Promoted');
});

test('old words for promotable clones', () => {
  const meta = pairs({ 'master-max': '2', 'target-role': 'Master' });
  const { resources } = read({
    resources: `<master id="m"><meta_attributes id="s">${meta}</meta_attributes>${primitive('a')}</master>`,
  });
  expect(resources[0]).toMatchObject({
    kind: 'clone',
    meta: [
      {
        values: [
          ['promoted-max', '2'],
          ['target-role', 'Promoted'],
        ],
      },
      { values: [['promotable', 'true']], score: infinity },
    ],
    child: { kind: 'primitive', id: 'a' },
  });
});

test('a bundle', () => {
  const { resources } = read({
    resources: `<bundle id="b"><podman image="i" replicas="2"/>
      <network control-port="99"><port-mapping id="p" port="80"/></network>
      <storage><storage-mapping id="s" source-dir="/a" target-dir="/b"/></storage>${primitive('a')}</bundle>`,
  });
  expect(resources[0]).toMatchObject({ kind: 'bundle', technology: 'podman', child: { id: 'a' } });
  expect(resources[0]).toHaveProperty(
    'container',
    new Map([
      ['image', 'i'],
      ['replicas', '2'],
    ]),
  );
  expect(resources[0]).toHaveProperty('network', new Map([['control-port', '99']]));
  expect(resources[0]).toHaveProperty('ports', [
    new Map([
      ['id', 'p'],
      ['port', '80'],
    ]),
  ]);
});

test('constraints', () => {
  const { constraints } = read({
    constraints: `
      <rsc_location id="l1" rsc="a" node="n1" score="-INFINITY" role="Master" resource-discovery="never"/>
      <rsc_location id="l2" rsc-pattern="a.*"><rule id="r" score-attribute="w"><expression id="e" attribute="#role" operation="EQ" value="slave"/></rule></rsc_location>
      <rsc_colocation id="c" rsc="a" with-rsc="b" with-rsc-role="Slave" score="70" influence="0"/>
      <rsc_order id="o" kind="Serialize" symmetrical="false"><resource_set id="s" sequential="false" require-all="true" action="start"><resource_ref id="a"/><resource_ref id="b"/></resource_set></rsc_order>
      <rsc_order id="o2" first="a" then="b" first-action="promote"><lifetime><rule id="r2"><date_expression operation="lt" end="2020-01-01"/></rule></lifetime></rsc_order>
      <rsc_ticket id="t" ticket="T" rsc="a" rsc-role="Master" loss-policy="fence"/>`,
  });
  expect(constraints.locations[0]).toMatchObject({
    subject: { id: 'a' },
    score: -infinity,
    role: 'Promoted',
    discovery: 'never',
  });
  expect(constraints.locations[1]).toMatchObject({
    subject: { kind: 'pattern', pattern: 'a.*' },
    rules: [{ scoreAttribute: 'w', score: null, expressions: [{ operation: 'eq', value: 'Unpromoted' }] }],
  });
  expect(constraints.colocations[0]).toMatchObject({
    score: 70,
    influence: false,
    link: { dependent: 'a', primaryRole: 'Unpromoted' },
  });
  expect(constraints.orders[0]).toMatchObject({
    kind: 'Serialize',
    symmetrical: false,
    link: { sets: [{ members: ['a', 'b'], sequential: false, requireAll: true, action: 'start' }] },
  });
  expect(constraints.orders[1]).toMatchObject({
    link: { firstAction: 'promote' },
    lifetime: [{ expressions: [{ end: '2020-01-01' }] }],
  });
  expect(constraints.tickets[0]).toMatchObject({
    ticket: 'T',
    lossPolicy: 'fence',
    subject: { id: 'a', role: 'Promoted' },
  });
});

test('status: states, transient attributes, history', () => {
  const { nodeStates, ticketStates } = read({
    status: `<node_state id="1" uname="n1" in_ccm="true" crmd="online" join="member" expected="member">
      <transient_attributes id="1"><instance_attributes id="s">${pairs({ 'fail-count-a#monitor_0': '1' })}</instance_attributes></transient_attributes>
      <lrm id="1"><lrm_resources><lrm_resource id="a:0" class="ocf" provider="p" type="T" shutdown-lock="5">
        <lrm_rsc_op id="a_last_0" operation_key="a_start_0" operation="start" call-id="7" rc-code="0" op-status="0" interval="0" transition-key="1:2:0:x" transition-magic="0:0;1:2:0:x" last-rc-change="9"/>
        <lrm_rsc_op id="odd" operation="monitor" rc-code="x" last-rc-change=""/>
      </lrm_resource></lrm_resources></lrm></node_state>
      <tickets><ticket_state id="T" granted="true" last-granted="12" standby="off" more="1"/></tickets>`,
  });
  const [state] = nodeStates;
  expect(state).toMatchObject({ inMembership: 'true', peer: 'online', hasLrm: true, fencedRemote: null });
  expect(state?.transient[0]?.values).toEqual([['fail-count-a#monitor_0', '1']]);
  const [history] = state?.history ?? [];
  expect(history).toMatchObject({ id: 'a:0', agent: { provider: 'p', type: 'T' }, shutdownLockS: 5 });
  expect(history?.operations).toMatchObject([
    { operation: 'start', callId: 7, rc: 0, status: 0, magic: '0:0;1:2:0:x', lastChangeS: 9, digest: null },
    { operation: 'monitor', callId: -1, rc: -1, status: -2, lastChangeS: null },
  ]);
  expect(ticketStates[0]).toMatchObject({ granted: true, standby: false, lastGrantedS: 12 });
});

test('schema 2: options move to defaults, requires moves to the resource', () => {
  const parts: Parts = {
    schema: '2.3',
    options: `<cluster_property_set id="o">${pairs({
      no_quorum_policy: 'freeze',
      'default-resource-stickiness': '7',
      'is-managed-default': 'false',
      'default-action-timeout': '20s',
      'expected-quorum-votes': '3',
    })}</cluster_property_set>`,
    defaults: `<rsc_defaults><meta_attributes id="d">${pairs({ 'is-managed': 'true' })}</meta_attributes></rsc_defaults>`,
    resources: primitive(
      'a',
      '<operations><op id="s" name="start" interval="0" requires="quorum"/><op id="m" name="monitor" interval="9" requires="nothing"/></operations>',
    ),
  };
  const input = read(parts);
  expect(input.options[0]?.values).toEqual([['no-quorum-policy', 'freeze']]);
  expect(input.resourceDefaults.map(({ values }) => values)).toEqual([
    [
      ['is-managed', 'true'],
      ['resource-stickiness', '7'],
    ],
  ]);
  expect(input.operationDefaults.map(({ values }) => values)).toEqual([[['timeout', '20s']]]);
  expect(firstResource(input).meta.map(({ values }) => values)).toEqual([[['requires', 'quorum']]]);
  expect(firstResource(input).operations.map(({ attributes }) => attributes.has('requires'))).toEqual([false, false]);
  expect(notesOf(parts)).toContain('the option expected-quorum-votes (3) means nothing today: left out');
  expect(read({ ...parts, schema: '3.0' }).options[0]?.values).toHaveLength(5);
});

test('schema 0.6: other names, attributes of elements, orders told from behind', () => {
  const input = readCib(`<cib have_quorum="true" dc_uuid="u1" ignore_dtd="false"><configuration>
    <crm_config/><nodes><node id="u1" uname="n1"/></nodes>
    <resources><master_slave id="m" ordered="true"><meta_attributes id="x"><attributes><nvpair name="clone_max" value="2"/></attributes></meta_attributes>
      <primitive id="a" class="lsb" provider="heartbeat" type="t" restart_type="restart"><operations><op id="o" name="start" prereq="fencing" on_fail="block"/></operations></primitive></master_slave></resources>
    <constraints><rsc_order id="o" from="a" to="b" action="start" to_action="promote"/><rsc_order id="o2" from="a" to="b" type="before"/>
      <rsc_colocation id="c" from="a" to="b" to_role="master" score="infinity"/></constraints></configuration>
    <status><node_state id="u1" uname="n1"><lrm id="u1"><lrm_resources><lrm_resource id="a:0" class="lsb" type="t">
      <lrm_rsc_op id="a" operation="start" call_id="3" rc_code="0" op_status="0" transition_magic="0:0;1:1:0:x"/></lrm_resource></lrm_resources></lrm></node_state></status></cib>`);
  expect(input).toMatchObject({ quorate: true, coordinatorId: 'u1' });
  expect(input.options.flatMap(({ values }) => values)).toEqual([['stonith-enabled', 'false']]);
  expect(input.resources[0]).toMatchObject({
    kind: 'clone',
    meta: [{ values: [['ordered', 'true']] }, { values: [['clone-max', '2']] }, { values: [['promotable', 'true']] }],
    child: {
      agent: { standard: 'lsb', provider: '' },
      meta: [{ values: [['restart-type', 'restart']] }, { values: [['requires', 'fencing']] }],
    },
  });
  expect(input.constraints.orders.map(({ link }) => link)).toMatchObject([
    { first: 'b', firstAction: 'promote', second: 'a', secondAction: 'start' },
    { first: 'a', firstAction: null, second: 'b', secondAction: null },
  ]);
  expect(input.constraints.colocations[0]).toMatchObject({
    score: infinity,
    link: { dependent: 'a', primary: 'b', primaryRole: 'Promoted' },
  });
  expect(input.nodeStates[0]?.history[0]?.operations[0]).toMatchObject({
    callId: 3,
    rc: 0,
    status: 0,
    magic: '0:0;1:1:0:x',
  });
});

test.each([
  ['', 'line 1, column 1: this is no well-formed XML: the file has no element'],
  ['BZh91AY', 'line 1, column 1: this is no well-formed XML: text outside of the outermost element'],
  ['<cib>\n  <a></b>', 'line 2, column 6: this is no well-formed XML: </b> stands where <a> should end'],
  ['<cib a="1" a="2"/>', 'line 1, column 12: this is no well-formed XML: the attribute a is there twice'],
  ['<cib>&x;</cib>', 'line 1, column 6: this is no well-formed XML: a & that begins no reference that XML knows'],
  ['<a>'.repeat(201), 'line 1, column 601: this is no well-formed XML: elements are nested deeper than 200'],
  ['<crm_mon/>', 'line 1, column 1: this is no CIB: the outermost element is <crm_mon>, not <cib>'],
  ['<cib/>', 'line 1, column 1: this CIB has no <configuration>'],
])('%.20s is refused', (text, message) => {
  expect(() => readCib(text)).toThrow(ImportFault);
  expect(() => readCib(text)).toThrow(message);
});

test.each<[Parts, string]>([
  [
    { resources: '\n<primitive class="ocf"/>' },
    'line 6, column 1: <primitive> has no id: histories and constraints name it by that',
  ],
  [{ resources: '<primitive id="a"/>' }, '<primitive id="a"> has no class'],
  [{ resources: '<primitive id="a" template="t"/>' }, '<primitive id="a">: there is no template t'],
  [{ resources: primitive('a') + primitive('a') }, '<primitive id="a">: line 5 has a resource of that id already'],
  [{ resources: '<clone id="c"/>' }, '<clone id="c"> has neither a primitive nor a group'],
  [{ resources: '<thing id="c"/>' }, '<thing> is no kind of resource'],
  [
    { constraints: '<rsc_location id="l" rsc="a" node="n" score="much"/>' },
    'score «much» is no whole number and not INFINITY',
  ],
  [{ constraints: '<rsc_location id="l"/>' }, '<rsc_location id="l"> names no resource'],
  [{ constraints: '<rsc_order id="o" first="a"/>' }, '<rsc_order id="o"> has no then'],
])('%o is refused', (parts, message) => {
  expect(() => read(parts)).toThrow(message);
});

test('bytes that are no text are refused where they stand', () => {
  const bytes = Buffer.from('<cib>\n  <a b="x"/></cib>');
  bytes[13] = 0xff;
  expect(() => readCib(bytes)).toThrow('line 2, column 8: this is no well-formed XML: bytes that are not UTF-8');
});

test('rules that name each other end', () => {
  const rule = (id: string, other: string): string => `<rule id="${id}"><rule id-ref="${other}"/></rule>`;
  const constraints = `<rsc_location id="l" rsc="a">${rule('r1', 'r2')}${rule('r2', 'r1')}</rsc_location>`;
  expect(() => read({ constraints })).toThrow('rules are nested deeper than 100');
});
