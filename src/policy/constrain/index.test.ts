import { describe, expect, it } from 'vitest';
import { type Cluster, clone, group, type Placed, placed, primitive } from '../place/clusters.testing.ts';

const resources = ['p', 'q', 'r', 's'].map((id) => primitive(id)).join('');

const rest = '<tags><tag id="t"><obj_ref id="q"/><obj_ref id="r"/></tag></tags>';

const resourceSet = (id: string, members: string, attributes = ''): string =>
  `<resource_set id="${id}" ${attributes}>${members
    .split('')
    .map((member) => `<resource_ref id="${member}"/>`)
    .join('')}</resource_set>`;

const made = (constraints: string, more: Partial<Cluster> = {}): Placed =>
  placed({ resources, constraints, rest, ...more });

function colocations(constraints: string, more: Partial<Cluster> = {}): readonly string[] {
  const result = made(constraints, more);
  const name = (index: number): string => result.situation.resources[index]!.id;
  return result.constraints.colocations.map(
    ({ dependent, dependentRole, primary, primaryRole, score }) =>
      `${name(dependent)}${dependentRole ?? ''} ${name(primary)}${primaryRole ?? ''} ${score}`,
  );
}

function orders(constraints: string, more: Partial<Cluster> = {}): readonly string[] {
  const result = made(constraints, more);
  const name = (index: number): string => result.situation.resources[index]!.id;
  return result.constraints.orders.map(
    ({ first, firstAction, second, secondAction, kind, symmetry, needsFirst, gate }) =>
      `${firstAction} ${name(first)} ${secondAction} ${name(second)} ${kind} ${symmetry}${needsFirst ? ' needed' : ''}` +
      (gate === null ? '' : ` ${gate.name} ${gate.required}`),
  );
}

function locations(constraints: string, more: Partial<Cluster> = {}): readonly string[] {
  const { situation, constraints: found } = made(constraints, more);
  return found.locations.map(({ resource, role, nodes }) => {
    const where = nodes.map(({ node, score }) => `${situation.nodes[node]!.name}=${score}`).join(' ');
    return `${situation.resources[resource]!.id}${role ?? ''} ${where}`;
  });
}

const colocation = (attributes: string, sets = ''): string =>
  `<rsc_colocation id="c" ${attributes}>${sets}</rsc_colocation>`;
const order = (attributes: string, sets = ''): string => `<rsc_order id="o" ${attributes}>${sets}</rsc_order>`;

describe('colocations', () => {
  it.each<[string, string, readonly string[]]>([
    [
      'of a pair',
      colocation('rsc="p" with-rsc="q" score="5" rsc-role="Started" with-rsc-role="Promoted"'),
      ['p qpromoted 5'],
    ],
    ['without a score say nothing', colocation('rsc="p" with-rsc="q"'), []],
    ['with a tag: each of its members', colocation('rsc="t" with-rsc="p" score="1"'), ['q p 1', 'r p 1']],
    ['of a set: each with the one before it', colocation('score="1"', resourceSet('s1', 'pqr')), ['q p 1', 'r q 1']],
    [
      'of a set, the other way round',
      colocation('score="1"', resourceSet('s1', 'pqr', 'ordering="listed"')),
      ['p q 1', 'q r 1'],
    ],
    ['apart: every pair', colocation('score="-1"', resourceSet('s1', 'pqr')), ['q p -1', 'r p -1', 'r q -1']],
    [
      'between sets: the first of the one with the last of the other',
      colocation('score="1"', resourceSet('s1', 'pq') + resourceSet('s2', 'rs')),
      ['q p 1', 's r 1', 'p s 1'],
    ],
    [
      'between sets without sequence: all with all',
      colocation(
        'score="1"',
        resourceSet('s1', 'pq', 'sequential="false"') + resourceSet('s2', 'rs', 'sequential="false"'),
      ),
      ['p r 1', 'p s 1', 'q r 1', 'q s 1'],
    ],
  ])('%s', (_, constraints, expected) => expect(colocations(constraints)).toEqual(expected));

  it('hold groups together', () => {
    expect(
      colocations('', {
        resources: group(
          'g',
          ['x', 'y', 'z'].map((id) => primitive(id)),
        ),
        rest: '',
      }),
    ).toEqual(['y x 1000000', 'z y 1000000']);
  });

  it('are applied by priority of the other, then clones before groups before primitives, then by id', () => {
    const { situation, constraints } = made(
      ['p', 'q', 'k', 'h'].map((id) => `<rsc_colocation id="x-${id}" rsc="x" with-rsc="${id}" score="1"/>`).join(''),
      {
        resources:
          primitive('x') +
          primitive('q') +
          primitive('p') +
          primitive('h', { priority: '9' }) +
          clone('k', primitive('y')),
        rest: '',
      },
    );
    const list = constraints.colocationsOf[situation.resourceById.get('x')!]!;
    expect(list.map((index) => constraints.colocations[index]!.id)).toEqual(['x-h', 'x-k', 'x-p', 'x-q']);
  });
});

describe('orders', () => {
  const both = (first: string, second: string): readonly string[] => [
    `start ${first} start ${second} mandatory symmetric needed`,
    `stop ${second} stop ${first} mandatory inverse`,
  ];
  it.each<[string, string, readonly string[]]>([
    ['of a pair', order('first="p" then="q"'), both('p', 'q')],
    [
      'by an old score',
      order('first="p" then="q" score="0" symmetrical="false"'),
      ['start p start q optional asymmetric'],
    ],
    ['never at once', order('first="p" then="q" kind="Serialize"'), ['start p start q serialize asymmetric']],
    [
      'of roles',
      order('first="p" first-action="promote" then="q" then-action="start"'),
      ['promote p start q mandatory symmetric needed', 'stop q demote p mandatory inverse'],
    ],
    ['of a set', order('', resourceSet('s1', 'pq')), both('p', 'q')],
    [
      'between sets: all with all unless they say that they are sequential',
      order(
        'symmetrical="false" kind="Optional"',
        resourceSet('s1', 'pq', 'sequential="false"') + resourceSet('s2', 'r'),
      ),
      ['start p start r optional asymmetric', 'start q start r optional asymmetric'],
    ],
    [
      'inside of a set as it says, and between sets as the constraint does',
      order('kind="Mandatory"', resourceSet('s1', 'pq', 'kind="Optional"') + resourceSet('s2', 'r')),
      [
        'start p start q optional symmetric',
        'stop q stop p optional inverse',
        'start p start r mandatory symmetric needed',
        'start q start r mandatory symmetric needed',
        'stop r stop p mandatory inverse',
        'stop r stop q mandatory inverse',
      ],
    ],
    [
      'never at once inside of a set, which has no way back',
      order('', resourceSet('s1', 'pqr', 'kind="Serialize"')),
      [
        'start p start q serialize asymmetric',
        'start p start r serialize asymmetric',
        'start q start r serialize asymmetric',
      ],
    ],
    [
      'one of a set is enough',
      order(
        'symmetrical="false"',
        resourceSet('s1', 'pq', 'sequential="false" require-all="false"') + resourceSet('s2', 'r'),
      ),
      [
        'start p start r mandatory asymmetric needed one-or-more:s1 1',
        'start q start r mandatory asymmetric needed one-or-more:s1 1',
      ],
    ],
  ])('%s', (_, constraints, expected) => expect(orders(constraints)).toEqual(expected));

  it('after some instances of a clone', () => {
    const more = {
      resources: clone('k', primitive('x'), { 'clone-min': '2', 'clone-max': '2' }) + primitive('y'),
      rest: '',
    };
    expect(orders(order('first="k" then="y" symmetrical="false"'), more)).toEqual([
      'start x:0 start y mandatory asymmetric needed clone-one-or-more:o 2',
      'start x:1 start y mandatory asymmetric needed clone-one-or-more:o 2',
    ]);
  });
});

describe('locations', () => {
  const rule = (expression: string, attributes = 'score="3"'): string =>
    `<rule id="r1" ${attributes}>${expression}</rule>`;
  const onB = '<expression id="e" attribute="#uname" operation="eq" value="b"/>';
  const known = '<expression id="e" attribute="size" operation="defined"/>';
  it.each<[string, string, readonly string[]]>([
    ['of a node', '<rsc_location id="l" rsc="p" node="a" score="7" role="Started"/>', ['p a=7']],
    ['of a rule', `<rsc_location id="l" rsc="p">${rule(onB)}</rsc_location>`, ['p b=3']],
    ['of the promoted role', '<rsc_location id="l" rsc="p" node="a" score="7" role="Promoted"/>', ['ppromoted a=7']],
    [
      'by a score that is an attribute',
      `<rsc_location id="l" rsc="p">${rule(known, 'score-attribute="size"')}</rsc_location>`,
      ['p a=4 c=-1000000'],
    ],
    [
      'of a rule with another role outside, which does not count',
      `<rsc_location id="l" rsc="p" role="Promoted">${rule(onB)}</rsc_location>`,
      ['p b=3'],
    ],
    [
      'of a rule with alternatives, beside what a node that leaves is worth',
      `<rsc_location id="l" rsc="p">${rule(onB + known, 'score="3" boolean-op="or"')}</rsc_location>`,
      ['p a=3 b=3 c=-1000000'],
    ],
    ['of a tag', '<rsc_location id="l" rsc="t" node="a" score="7"/>', ['q a=7', 'r a=7']],
    ['by pattern', '<rsc_location id="l" rsc-pattern="^[ps]$" node="a" score="7"/>', ['p a=7', 's a=7']],
    ['by what does not match', '<rsc_location id="l" rsc-pattern="!^[ps]$" node="a" score="7"/>', ['q a=7', 'r a=7']],
  ])('%s', (_, constraints, expected) => {
    const attributes = { a: { size: '4' }, c: { size: '-INFINITY', shutdown: '1' } };
    expect(locations(constraints, { attributes })).toEqual(expected);
  });
});

describe('tickets', () => {
  it('are lost by demoting the promoted role and by stopping the rest', () => {
    const ticket = (role: string): string => `<rsc_ticket id="t-${role}" rsc="p" rsc-role="${role}" ticket="x"/>`;
    const { constraints } = made(ticket('Promoted') + ticket('Started'));
    expect(constraints.tickets.map(({ role, lossPolicy }) => [role, lossPolicy])).toEqual([
      ['promoted', 'demote'],
      [null, 'stop'],
    ]);
  });
});
