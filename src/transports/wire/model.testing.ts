/** Clusters as nodes send them to each other, drawn at random. */
import fc from 'fast-check';
import type { Cluster, Resource, Rules, Service } from '../../core/model.ts';
import type { Rule } from '../../policy/input.ts';
import { addressOf, container } from './container.testing.ts';

export const name = fc.oneof(
  fc.stringMatching(/^[a-z][a-z0-9-]{0,14}$/),
  fc.constantFrom('constructor', 'toString', 'é∂'),
);
export const count = fc.oneof(fc.nat(9), fc.maxSafeNat());
export const ms = fc.oneof(
  fc.nat(100_000),
  fc.double({ min: 0, max: 1e12, noNaN: true }).map((x) => x + 0),
);
export const anyText = fc.string({ maxLength: 40, unit: 'binary' });
export const version = fc.record({ view: count, counter: count });
export const names = fc.uniqueArray(name, { maxLength: 5 });
export const orNull = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(value, { nil: null });
export const byName = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<Record<string, T>> =>
  fc.dictionary(name, value, { maxKeys: 4, noNullPrototype: true });

export const port = fc.nat(65_535);
const argv = fc.array(anyText, { maxLength: 4 });

const ocf = fc.record({
  kind: fc.constant('ocf' as const),
  provider: name,
  type: name,
  params: byName(anyText),
  paramsOn: byName(byName(anyText)),
});

const stopSignal = fc.constantFrom('SIGTERM' as const, 'SIGINT' as const, 'SIGQUIT' as const, 'SIGHUP' as const);

const resource: fc.Arbitrary<Resource> = fc.oneof(
  ocf,
  fc.record({ kind: fc.constant('systemd' as const), unit: name }),
  fc.record({
    kind: fc.constant('command' as const),
    argv,
    env: byName(anyText),
    directory: anyText,
    stopSignal,
    checkArgv: orNull(argv),
  }),
  addressOf(name, ms),
  container({ text: anyText, name, ocf, address: addressOf(name, ms), stopSignal }),
  fc.record({
    kind: fc.constant('balance' as const),
    engine: fc.constantFrom('haproxy' as const, 'proxy' as const),
    mode: fc.constantFrom('http' as const, 'tcp' as const),
    listen: fc.record({ address: orNull(fc.ipV4()), port }),
    algorithm: fc.constantFrom('roundrobin' as const, 'leastconn' as const, 'source' as const),
    servers: fc.array(fc.record({ id: name, node: orNull(name), address: fc.ipV4(), port, weight: fc.nat(255) }), {
      maxLength: 3,
    }),
    check: fc.record({
      kind: fc.constantFrom('http' as const, 'tcp' as const),
      method: fc.constantFrom('GET' as const, 'HEAD' as const),
      path: anyText,
      everyMs: ms,
      timeoutMs: ms,
      rise: count,
      fall: count,
    }),
    connectTimeoutMs: ms,
    idleTimeoutMs: ms,
    forwardFor: fc.boolean(),
    cookie: orNull(anyText),
    stats: orNull(fc.record({ port, user: anyText, password: anyText })),
  }),
);

const rule: fc.Arbitrary<Rule> = fc.letrec<{ rule: Rule }>((tie) => ({
  rule: fc.record({
    id: anyText,
    join: fc.constantFrom('and' as const, 'or' as const),
    expressions: fc.array(
      fc.oneof(
        { maxDepth: 3 },
        fc.record({
          kind: fc.constant('attribute' as const),
          attribute: anyText,
          operation: anyText,
          value: orNull(anyText),
          type: orNull(anyText),
          valueSource: orNull(anyText),
        }),
        fc.record({
          kind: fc.constant('date' as const),
          operation: anyText,
          start: orNull(anyText),
          end: orNull(anyText),
          duration: orNull(byName(anyText)),
          spec: orNull(byName(anyText)),
        }),
        fc.record({ kind: fc.constant('rule' as const), rule: tie('rule') }),
      ),
      { maxLength: 2 },
    ),
    score: orNull(fc.integer()),
    scoreAttribute: orNull(anyText),
    role: orNull(anyText),
  }),
})).rule;

const sets = fc.record({
  kind: fc.constant('sets' as const),
  sets: fc.array(
    fc.record({
      id: anyText,
      members: names,
      role: orNull(anyText),
      action: orNull(anyText),
      score: orNull(fc.integer()),
      kind: orNull(anyText),
      sequential: orNull(fc.boolean()),
      requireAll: orNull(fc.boolean()),
      ordering: orNull(anyText),
    }),
    { maxLength: 2 },
  ),
});
const lifetime = fc.array(rule, { maxLength: 1 });

const rules: fc.Arbitrary<Rules> = fc.record({
  locations: fc.array(
    fc.record({
      id: anyText,
      subject: fc.oneof(
        fc.record({ kind: fc.constant('one' as const), id: name }),
        fc.record({ kind: fc.constant('pattern' as const), pattern: anyText }),
        sets,
      ),
      node: orNull(name),
      score: orNull(fc.integer()),
      role: orNull(anyText),
      discovery: orNull(anyText),
      rules: fc.array(rule, { maxLength: 1 }),
      lifetime,
    }),
    { maxLength: 2 },
  ),
  colocations: fc.array(
    fc.record({
      id: anyText,
      score: orNull(fc.integer()),
      nodeAttribute: orNull(anyText),
      influence: orNull(fc.boolean()),
      lifetime,
      link: fc.oneof(
        fc.record({
          kind: fc.constant('pair' as const),
          dependent: name,
          dependentRole: orNull(anyText),
          dependentInstance: orNull(anyText),
          primary: name,
          primaryRole: orNull(anyText),
          primaryInstance: orNull(anyText),
        }),
        sets,
      ),
    }),
    { maxLength: 2 },
  ),
  orders: fc.array(
    fc.record({
      id: anyText,
      kind: orNull(anyText),
      score: orNull(fc.integer()),
      symmetrical: orNull(fc.boolean()),
      requireAll: orNull(fc.boolean()),
      lifetime,
      link: fc.oneof(
        fc.record({
          kind: fc.constant('pair' as const),
          first: name,
          firstAction: orNull(anyText),
          firstInstance: orNull(anyText),
          second: name,
          secondAction: orNull(anyText),
          secondInstance: orNull(anyText),
        }),
        sets,
      ),
    }),
    { maxLength: 2 },
  ),
  tickets: fc.array(
    fc.record({
      id: anyText,
      ticket: anyText,
      lossPolicy: orNull(anyText),
      lifetime,
      subject: fc.oneof(fc.record({ kind: fc.constant('one' as const), id: name, role: orNull(anyText) }), sets),
    }),
    { maxLength: 2 },
  ),
  ticketStates: byName(fc.constantFrom('granted' as const, 'standby' as const, 'revoked' as const)),
  options: byName(anyText),
  tags: byName(names),
  groups: fc.array(fc.record({ id: name, members: names, clone: fc.boolean(), meta: byName(anyText) }), {
    maxLength: 2,
  }),
});

const plainService: fc.Arbitrary<Service> = fc.record({
  id: name,
  resource,
  on: names,
  instances: fc.nat(9),
  clone: fc.boolean(),
  needs: names,
  with: names,
  stickiness: fc.nat(1_000_000),
  check: fc.record({ everyMs: ms, timeoutMs: ms }),
  checks: fc.array(
    fc.record({
      everyMs: ms,
      timeoutMs: ms,
      role: orNull(fc.constantFrom('promoted' as const, 'unpromoted' as const)),
      level: fc.nat(20),
      onFail: orNull(fc.constantFrom('fence' as const, 'demote' as const)),
    }),
    { maxLength: 3 },
  ),
  startTimeoutMs: ms,
  stopTimeoutMs: ms,
  timeouts: fc.record({ promote: ms, demote: ms, migrateTo: ms, migrateFrom: ms, notify: ms }, { requiredKeys: [] }),
  failures: fc.record({ max: count, forgetMs: orNull(ms) }),
  takeover: fc.constantFrom('fencing' as const, 'lease' as const, 'nothing' as const),
  digest: anyText,
  onScore: count,
  promotable: orNull(fc.record({ max: count, perNode: count })),
  migrates: fc.boolean(),
  notify: fc.boolean(),
  interleave: fc.boolean(),
  ordered: fc.boolean(),
  onFail: fc.record(
    {
      start: fc.constant('fence' as const),
      stop: fc.constant('block' as const),
      check: fc.constant('demote' as const),
    },
    { requiredKeys: [] },
  ),
  utilization: byName(count),
  meta: byName(anyText),
  metaRules: fc.array(fc.record({ rule, meta: byName(anyText) }), { maxLength: 2 }),
});

const copyOf = fc.record({ service: name, number: count, max: count, perNode: count });
const values = fc.record(
  {
    rule,
    params: byName(anyText),
    utilization: byName(count),
    checks: fc.record({ check: fc.record({ everyMs: ms, timeoutMs: ms }), checks: fc.constant([]) }),
    startTimeoutMs: ms,
    timeouts: fc.record({ promote: ms, notify: ms }, { requiredKeys: [] }),
    onFail: fc.record({ start: fc.constant('block' as const) }, { requiredKeys: [] }),
  },
  { requiredKeys: ['rule'] },
);
const service: fc.Arbitrary<Service> = fc
  .tuple(plainService, orNull(fc.array(values, { maxLength: 2 })), orNull(copyOf))
  .map(([each, ruled, copy]) => ({
    ...each,
    ...(ruled === null ? {} : { ruled }),
    ...(copy === null ? {} : { copyOf: copy }),
  }));

const nodeRule = fc.record(
  { rule, attributes: byName(anyText), utilization: byName(count) },
  { requiredKeys: ['rule'] },
);

export const cluster: fc.Arbitrary<Cluster> = fc.record({
  name,
  heartbeat: fc.record({ intervalMs: ms, deadMs: ms, port }),
  nodes: fc.array(
    fc.record(
      {
        id: name,
        links: fc.array(fc.record({ address: fc.ipV4(), prefix: fc.nat(32) }), { maxLength: 3 }),
        port,
        votes: fc.nat(9),
        witness: fc.boolean(),
        watchdog: orNull(fc.record({ device: anyText, timeoutMs: ms })),
        fence: fc.array(names, { maxLength: 2 }),
        attributes: byName(anyText),
        utilization: byName(count),
        guest: name,
        ruled: fc.array(nodeRule, { maxLength: 2 }),
      },
      { requiredKeys: ['id', 'links', 'port', 'votes', 'witness', 'watchdog', 'fence', 'attributes', 'utilization'] },
    ),
    { maxLength: 4 },
  ),
  quorum: fc.record({
    noQuorum: fc.constantFrom('stop' as const, 'freeze' as const, 'ignore' as const),
    tie: fc.constantFrom('none' as const, 'fence' as const, 'ping' as const),
    prefer: orNull(name),
    headStartMs: ms,
    ping: fc.array(fc.ipV4(), { maxLength: 2 }),
    startWaitMs: orNull(ms),
  }),
  fencing: fc.record({
    devices: fc.array(
      fc.record({
        id: name,
        agent: anyText,
        params: byName(anyText),
        plugs: byName(fc.array(anyText, { maxLength: 2 })),
        delayMs: ms,
        timeoutMs: ms,
        verify: fc.boolean(),
        unfence: fc.boolean(),
      }),
      { maxLength: 2 },
    ),
    powerOn: fc.boolean(),
    tries: fc.integer({ min: 1, max: 9 }),
  }),
  services: fc.array(service, { maxLength: 4 }),
  rules,
});
