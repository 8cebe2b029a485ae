import { expect, test } from 'vitest';
import type { Input, PrimitiveConfig } from '../../policy/input.ts';
import { infinity } from '../../policy/values.ts';
import { readCrm } from './crm.ts';
import { ImportFault, type ImportNote } from './fault.ts';

const read = (...lines: string[]): Input => readCrm(lines.join('\n'));
const constraint = (line: string): Input['constraints'] => read(line).constraints;

test('nodes, with and without ids', () => {
  const { nodes } = read(
    '# a comment',
    'node 1: n1 \\',
    '\tattributes standby=on \\',
    '\tutilization cpu=4',
    'node $id="b" n2:remote description="far away"',
    'node n3:normal rack=7',
  );
  expect(nodes.map(({ id, name, type }) => [id, name, type])).toEqual([
    ['1', 'n1', 'member'],
    ['b', 'n2', 'remote'],
    ['n3', 'n3', 'member'],
  ]);
  expect(nodes[0]).toMatchObject({
    attributes: [{ values: [['standby', 'on']] }],
    utilization: [{ values: [['cpu', '4']] }],
  });
  expect(nodes[2]?.attributes[0]?.values).toEqual([['rack', '7']]);
});

test('a primitive with everything', () => {
  const { resources } = read(
    'rsc_template T systemd:web op start timeout=9 op monitor interval=5',
    'primitive a ocf:heartbeat:Dummy state="/a b" plain \\',
    "  params 3: rule #uname eq n1 and not_defined x fake='q\"q' \\",
    '  meta $id=m target-role=Master utilization cpu=1 \\',
    '  op monitor interval=10s role=Slave depth=0 op_meta x=1 \\',
    '  op start timeout=60 interval=0',
    'primitive b @T meta $id-ref=a op monitor interval=7',
    'primitive c lsb:x params $id-ref=a-instance_attributes',
    'monitor c 10s:20s',
  );
  const [a, b, c] = resources as readonly PrimitiveConfig[];
  expect(a).toMatchObject({
    agent: { standard: 'ocf', provider: 'heartbeat', type: 'Dummy' },
    parameters: [
      { score: null, values: [['state', '/a b']] },
      {
        score: 3,
        values: [['fake', 'q"q']],
        rule: { expressions: [{ attribute: '#uname', value: 'n1' }, { operation: 'not_defined' }] },
      },
    ],
    meta: [{ id: 'm', values: [['target-role', 'Promoted']] }],
    utilization: [{ values: [['cpu', '1']] }],
    operations: [
      { id: 'a-monitor-10s', parameters: [{ values: [['depth', '0']] }], meta: [{ values: [['x', '1']] }] },
      { id: 'a-start-0', name: 'start' },
    ],
  });
  expect(Object.fromEntries(a?.operations[0]?.attributes ?? [])).toEqual({ interval: '10s', role: 'Unpromoted' });
  expect(b).toMatchObject({ agent: { standard: 'systemd', type: 'web' }, template: 'T', meta: [] });
  expect(b?.operations.map(({ id }) => id)).toEqual(['b-monitor-7', 'T-start-0']);
  expect(c?.parameters[0]?.values).toEqual([['state', '/a b']]);
  expect(Object.fromEntries(c?.operations[0]?.attributes ?? [])).toEqual({ interval: '10s', timeout: '20s' });
});

test('groups, clones and bundles hold what they name', () => {
  const { resources } = read(
    ...['a', 'b', 'c', 'd', 'e'].map((id) => `primitive ${id} Dummy`),
    'group g a b meta priority=3',
    'clone cl g meta interleave=true',
    'ms m c meta master-max=2',
    'bundle bu podman image=i replicas=2 network control-port=99 port-mapping id=p port=80 storage storage-mapping id=s target-dir=/t meta x=1 primitive d',
  );
  expect(resources.map(({ id }) => id)).toEqual(['e', 'cl', 'm', 'bu']);
  expect(resources[1]).toMatchObject({
    child: { kind: 'group', members: [{ id: 'a' }, { id: 'b' }], meta: [{ values: [['priority', '3']] }] },
  });
  expect(resources[2]).toMatchObject({
    meta: [{ values: [['promoted-max', '2']] }, { values: [['promotable', 'true']] }],
  });
  expect(resources[3]).toMatchObject({ technology: 'podman', child: { id: 'd' }, meta: [{ values: [['x', '1']] }] });
  expect(resources[3]).toHaveProperty('ports', [
    new Map([
      ['id', 'p'],
      ['port', '80'],
    ]),
  ]);
});

test.each([
  ['location l a inf: n1', { subject: { kind: 'one', id: 'a' }, node: 'n1', score: infinity }],
  ['location l a role=Master resource-discovery=never -20: n1', { role: 'Promoted', discovery: 'never', score: -20 }],
  ['location l /a.*/ 5: n1', { subject: { kind: 'pattern', pattern: 'a.*' } }],
  [
    'location l { a ( b c ) } 5: n1',
    { subject: { sets: [{ members: ['a'] }, { members: ['b', 'c'], sequential: false }] } },
  ],
  ['location l {a b} 5: n1', { subject: { sets: [{ members: ['a', 'b'] }] } }],
  [
    'location l a rule pingd: defined pingd',
    { rules: [{ scoreAttribute: 'pingd', score: null, expressions: [{ operation: 'defined' }] }] },
  ],
  [
    'location l a rule $id=r $role=slave -inf: a number:lt 3 or b eq meta{c}',
    {
      rules: [
        {
          id: 'r',
          role: 'Unpromoted',
          join: 'or',
          expressions: [
            { type: 'number', operation: 'lt' },
            { value: 'c', valueSource: 'meta' },
          ],
        },
      ],
    },
  ],
  [
    'location l a rule 1: date in start=2026-01-01 hours=3 and date spec hours=9-16 weekdays=1-5',
    {
      rules: [
        {
          expressions: [
            { start: '2026-01-01', duration: { hours: '3' } },
            {
              spec: { hours: '9-16', weekdays: '1-5' },
            },
          ],
        },
      ],
    },
  ],
])('%s', (line, expected) => {
  expect(constraint(line).locations).toMatchObject([expected]);
});

test.each([
  [
    'colocation c inf: a b:Master',
    { score: infinity, link: { dependent: 'a', primary: 'b', primaryRole: 'Promoted' } },
  ],
  [
    'colocation c -100: a:2 b node-attribute=rack',
    { score: -100, nodeAttribute: 'rack', link: { dependentInstance: '2' } },
  ],
  [
    'colocation c inf: a ( b c ) d:Slave',
    {
      link: {
        sets: [
          { members: ['a'], sequential: null },
          { members: ['b', 'c'], sequential: false },
          { members: ['d'], role: 'Unpromoted' },
        ],
      },
    },
  ],
])('%s', (line, expected) => {
  expect(constraint(line).colocations).toMatchObject([expected]);
});

test.each([
  [
    'order o inf: a:promote b:start',
    { score: infinity, kind: null, link: { first: 'a', firstAction: 'promote', second: 'b', secondAction: 'start' } },
  ],
  ['order o serialize: a b symmetrical=false', { kind: 'Serialize', symmetrical: false }],
  ['order o a b', { kind: null, score: null, link: { kind: 'pair' } }],
  [
    'order o Optional: [a b] c',
    {
      kind: 'Optional',
      link: {
        sets: [
          { members: ['a', 'b'], requireAll: false, sequential: false },
          { members: ['c'], requireAll: null },
        ],
      },
    },
  ],
  [
    'order o Mandatory: a sequential=false b:stop c',
    {
      link: {
        sets: [
          { members: ['a'], sequential: false },
          { members: ['b'], action: 'stop' },
          { members: ['c'], action: null },
        ],
      },
    },
  ],
])('%s', (line, expected) => {
  expect(constraint(line).orders).toMatchObject([expected]);
});

test('tickets, options, defaults, tags, levels, XML', () => {
  const notes: ImportNote[] = [];
  const text = [
    'node n1',
    'node n2',
    'rsc_ticket t T: a:Master loss-policy=fence',
    'property cib-bootstrap-options: no_quorum_policy=freeze stonith-enabled=1',
    'property stonith-enabled=0',
    'rsc_defaults rsc-options: resource-stickiness=5',
    'op_defaults timeout=9',
    'tag x: a b',
    'user me role:them',
    'xml <rsc_order id="o" first="a" then="b"> \\',
    "  <!-- it's a note --></rsc_order>",
    'fencing_topology d1,d2 d3',
    'fencing_topology n1: d1 attr:rack=1 d2 d3 pattern:n.* d4',
  ].join('\n');
  const input = readCrm(text, { onNote: (note) => notes.push(note) });
  expect(input.options.map(({ id, values }) => [id, values])).toEqual([
    [
      'cib-bootstrap-options',
      [
        ['no-quorum-policy', 'freeze'],
        ['stonith-enabled', '0'],
      ],
    ],
  ]);
  expect(input.resourceDefaults[0]?.values).toEqual([['resource-stickiness', '5']]);
  expect(input.operationDefaults[0]?.values).toEqual([['timeout', '9']]);
  expect(input.tags).toEqual(new Map([['x', ['a', 'b']]]));
  expect(input.constraints.tickets).toMatchObject([
    { ticket: 'T', lossPolicy: 'fence', subject: { id: 'a', role: 'Promoted' } },
  ]);
  expect(input.constraints.orders).toMatchObject([{ link: { first: 'a', second: 'b' } }]);
  expect(input.topology.map(({ index, devices, target }) => [index, devices.join(), ...Object.values(target)])).toEqual(
    [
      [1, 'd1,d2', 'node', 'n1'],
      [1, 'd1,d2', 'node', 'n2'],
      [2, 'd3', 'node', 'n1'],
      [2, 'd3', 'node', 'n2'],
      [3, 'd1', 'node', 'n1'],
      [1, 'd2', 'attribute', 'rack', '1'],
      [2, 'd3', 'attribute', 'rack', '1'],
      [1, 'd4', 'pattern', 'n.*'],
    ],
  );
  expect(notes.map(({ line, text: about }) => [line, about])).toEqual([
    [9, '«user» says nothing about what runs where: left out'],
    [4, 'the option no_quorum_policy is no-quorum-policy today'],
  ]);
});

test.each([
  ['frobnicate a', 'line 1, column 1: «frobnicate» is no statement'],
  ['primitive a', 'line 1, column 12: the agent is missing'],
  ['primitive a Dummy\nprimitive a Dummy', 'line 2, column 1: line 1 has a resource a already'],
  ['group g a', 'line 1, column 9: there is no resource a'],
  ['primitive a Dummy\ngroup g a\ngroup h a', 'line 3, column 9: a is a member of g already (line 2)'],
  ['primitive a Dummy\ngroup g a\ngroup h g', 'line 3, column 9: g is a <group>, which cannot stand in a <group>'],
  ['location l a', 'line 1, column 13: «SCORE: NODE» or «rule» is missing'],
  ['location l a \\\n  inf: n1 x', 'line 2, column 11: «x» is not understood here'],
  ['colocation c a b', 'line 1, column 14: «SCORE:» is missing'],
  ['location l a rule "x\\\ny"', 'line 2, column 3: a comparison (eq, ne, lt, gt, lte, gte) is missing'],
  ['order o inf: ( a b', 'line 1, column 14: this «(» is not closed'],
  ['property a="b', 'line 1, column 12: this " is not closed'],
  ['xml <a', 'line 1, column 1: behind «xml»: line 1, column 3'],
  ['xml <acl id="x"/>', '<acl> belongs nowhere in a configuration'],
  ['location l a rule date', 'line 1, column 23: lt, gt, in or spec is missing behind «date»'],
])('%j is refused', (text, message) => {
  expect(() => readCrm(text)).toThrow(ImportFault);
  expect(() => readCrm(text)).toThrow(message);
});
