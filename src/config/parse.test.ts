/** Whatever the text is: no exception, places inside the text, and a cluster exactly when there is no error. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { parseClusterFile, renderProblems } from './parse.ts';
import { problemCodes } from './problems.ts';

const example = readFileSync(join(import.meta.dirname, '../../examples/web-server-pair/cluster.yaml'), 'utf8');

function expectSound(text: string): void {
  const { cluster, problems } = parseClusterFile(text, 'cluster.yaml');
  expect(cluster === null).toBe(problems.some(({ severity }) => severity === 'error'));
  const lines = text.split('\n');
  let before = [0, 0];
  for (const { code, line, column, message } of problems) {
    expect(Object.hasOwn(problemCodes, code) && message.length > 0).toBe(true);
    expect(line).toBeLessThanOrEqual(lines.length);
    expect(column).toBeLessThanOrEqual((lines[line - 1] ?? '').length + 1);
    expect(line > (before[0] ?? 0) || (line === before[0] && column >= (before[1] ?? 0))).toBe(true);
    before = [line, column];
  }
  expect(problems.length).toBeLessThanOrEqual(101);
  renderProblems(problems, text);
  if (cluster !== null) expect(JSON.parse(JSON.stringify(cluster))).toEqual(cluster);
}

describe('any text', () => {
  test('of any characters', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), expectSound));
  });

  test('of the characters that YAML gives a meaning', () => {
    const unit = fc.constantFrom(...' \t\r\n:-?[]{},#&*!|>\'"%@`ab1.~/\\<=\u2028\ufeff\0'.split(''));
    fc.assert(fc.property(fc.string({ unit, maxLength: 60 }), expectSound), { numRuns: 500 });
  });

  test('that was a cluster file before somebody edited it', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        '',
        ' ',
        '\n',
        '\t',
        ':',
        '- ',
        '[',
        ']',
        '{',
        '}',
        '"',
        '*a',
        '&a ',
        '!x ',
        '0',
        '-1',
        '1e9',
        'null',
        'all',
        'site',
        '5s',
      ),
      fc.string({ maxLength: 5 }),
    );
    const edit = fc.tuple(fc.nat(example.length), fc.nat(12), piece);
    const edited = fc
      .array(edit, { minLength: 1, maxLength: 6 })
      .map((edits) => edits.reduce((text, [at, cut, put]) => text.slice(0, at) + put + text.slice(at + cut), example));
    fc.assert(fc.property(edited, expectSound), { numRuns: 300 });
  });

  test('that has the words of a cluster file in any order', () => {
    const word = fc.constantFrom(
      ...[
        'cluster',
        'nodes',
        'services',
        'heartbeat',
        'interval',
        'dead',
        'n1',
        'n2',
        's1',
        's2',
        'agent',
        'command',
        'balance',
      ],
      ...[
        'address',
        'on',
        'needs',
        'with',
        'group',
        'instances',
        'check',
        'every',
        'timeout',
        'port',
        'servers',
        'ip',
        'constructor',
      ],
    );
    const leaf = fc.oneof(
      word,
      fc.constantFrom(
        80,
        200,
        -1,
        0.5,
        true,
        null,
        '10.0.0.1',
        '10.0.0.2/24',
        'fd00::1',
        '200ms',
        '5s',
        'all',
        'ocf:a:b',
        'systemd:a',
        '*',
        '',
      ),
    );
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 5 },
        leaf,
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(word, tie('tree'), { maxKeys: 5 }),
      ),
    }));
    const file = fc.record(
      { cluster: fc.constant('c'), nodes: tree, services: tree, heartbeat: tree },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(file, (value) => expectSound(stringify(value))),
      { numRuns: 300 },
    );
    // Nodes that are in order, so that what is said about votes and fencing is judged.
    const fenced = fc.record(
      {
        cluster: fc.constant('c'),
        nodes: fc.constantFrom({ a: '10.0.0.1', b: '10.0.0.2' }, { a: { addresses: ['10.0.0.1'], fence: [['d']] } }),
        quorum: fc.oneof(tree, fc.record({ tie: leaf, ping: tree, prefer: leaf }, { requiredKeys: [] })),
        watchdog: fc.oneof(tree, fc.constantFrom('none', '/dev/watchdog')),
        witness: fc.oneof(tree, fc.record({ name: leaf, address: fc.constantFrom('10.0.0.1', '10.9.0.1') })),
        fencing: fc.oneof(
          tree,
          fc.record({
            devices: fc.record({ d: fc.record({ agent: fc.constant('fence_x'), for: leaf, plugs: tree }) }),
          }),
        ),
        services: fc.constantFrom({}, { s: { command: 'x' } }, { s: { command: 'x', takeover: 'lease' } }),
      },
      { requiredKeys: ['cluster', 'nodes'] },
    );
    fc.assert(
      fc.property(fenced, (value) => expectSound(stringify(value))),
      { numRuns: 500 },
    );
  });
});

describe('hostile text ends soon', () => {
  const length = 32 * 1024;
  test.each(['[', '- ', '? ', '{a: ', 'a:\n', '&a ', '"', ']', '- *a\n', '\n', 'a: &a\n', '{', ' -\n', '%\n', '---\n'])(
    '%j again and again',
    (piece) => {
      expectSound(piece.repeat(length / piece.length));
    },
  );

  test('aliases of aliases', () => {
    const lines = Array.from(
      { length: 40 },
      (_, i) => `a${i}: &a${i} [${Array.from({ length: 9 }, () => (i === 0 ? 'x' : `*a${i - 1}`)).join(', ')}]`,
    );
    expectSound(lines.join('\n'));
  });

  test('the largest cluster', () => {
    const nodes = Array.from({ length: 31 }, (_, i) => `  n${i}: [10.0.0.${i + 1}, 10.1.0.${i + 1}]\n`).join('');
    const services = Array.from(
      { length: 1000 },
      (_, i) => `  s${i}: {command: a, takeover: lease${i === 0 ? '' : `, needs: s${i - 1}`}}\n`,
    ).join('');
    const { cluster, problems } = parseClusterFile(
      `cluster: c\nwatchdog: /dev/watchdog\nnodes:\n${nodes}services:\n${services}`,
      'f',
    );
    expect(problems).toEqual([]);
    expect(cluster?.services).toHaveLength(1000);
  });
});

/** A cluster as somebody would write it, without mistakes. */
const good = fc
  .record({
    nodes: fc.integer({ min: 3, max: 9 }),
    links: fc.integer({ min: 1, max: 3 }),
    six: fc.boolean(),
    kinds: fc.array(fc.constantFrom('agent', 'command', 'address', 'balance'), { maxLength: 12 }),
    group: fc.boolean(),
  })
  .map(({ nodes, links, six, kinds, group }) => ({
    cluster: 'c',
    watchdog: '/dev/watchdog',
    nodes: Object.fromEntries(
      Array.from({ length: nodes }, (_, n) => [
        `n${n}`,
        Array.from({ length: links }, (_, l) => (six ? `fd00:${l}::${n + 1}` : `10.${l}.0.${n + 1}`)),
      ]),
    ),
    services: Object.fromEntries(
      kinds.map((kind, i) => [
        `s${i}`,
        {
          agent: { agent: 'ocf:heartbeat:Dummy', instances: 'all' },
          command: { command: ['a', i], check: { command: 'test -e /x' }, ...(group ? { group: 'g' } : {}) },
          address: { address: six ? `fd00:0::1:${i}` : `10.0.0.${100 + i}` },
          balance: {
            balance: { port: 8000 + i, servers: ['n0', 'n1'] },
            on: ['n2'],
            takeover: 'lease',
            ...(i > 0 ? { needs: `s${i - 1}` } : {}),
          },
        }[kind],
      ]),
    ),
  }));

test('a good file is taken as it was meant', () => {
  fc.assert(
    fc.property(good, (file) => {
      const { cluster, problems } = parseClusterFile(stringify(file), 'f');
      expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
      expect(cluster?.nodes.map(({ id }) => id)).toEqual(Object.keys(file.nodes));
      expect(cluster?.services.map(({ id }) => id)).toEqual(Object.keys(file.services));
      expect(cluster?.nodes.map(({ links }) => links.length)).toEqual(
        Object.values(file.nodes).map((links) => links.length),
      );
    }),
  );
});

test('the same text gives the same answer', () => {
  expect(parseClusterFile(example, 'f')).toEqual(parseClusterFile(example, 'f'));
});
