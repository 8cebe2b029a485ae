/** Arbitrary messages of every kind, for the property tests of what reads them (imported by tests only). */
import fc from 'fast-check';
import type { Cluster, Resource, Rules, Service } from '../../core/model.ts';
import type { Beat, Command, Message, NodeRecord, ServiceRecord } from '../../core/ports.ts';
import type { Rule } from '../../policy/input.ts';
import { addressOf, container } from './container.testing.ts';

const name = fc.oneof(fc.stringMatching(/^[a-z][a-z0-9-]{0,14}$/), fc.constantFrom('constructor', 'toString', 'é∂'));
const count = fc.oneof(fc.nat(9), fc.maxSafeNat());
const ms = fc.oneof(
  fc.nat(100_000),
  fc.double({ min: 0, max: 1e12, noNaN: true }).map((x) => x + 0),
);
const anyText = fc.string({ maxLength: 40, unit: 'binary' });
const version = fc.record({ view: count, counter: count });
const names = fc.uniqueArray(name, { maxLength: 5 });
const orNull = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(value, { nil: null });
const byName = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<Record<string, T>> =>
  fc.dictionary(name, value, { maxKeys: 4, noNullPrototype: true });

export const beat: fc.Arbitrary<Beat> = fc.record({
  kind: fc.constant('beat' as const),
  from: name,
  boot: count,
  seq: count,
  sentAtMs: ms,
  echoes: fc.array(
    fc.record({
      node: name,
      boot: count,
      sentAtMs: ms,
      heldMs: ms,
      links: fc.uniqueArray(fc.nat(15), { maxLength: 4 }).map((links) => links.sort((a, b) => a - b)),
    }),
    { maxLength: 6 },
  ),
  hears: names,
  promised: fc.record({ number: count, members: names, coordinator: fc.oneof(name, fc.constant('')) }),
  continuous: fc.array(fc.record({ node: name, since: count }), { maxLength: 32 }),
  agreesUpTo: count,
  installed: orNull(count),
  recordVersion: count,
  holds: fc.array(fc.record({ node: name, boot: count, version: count }), { maxLength: 6 }),
  docVersion: version,
  docContent: version,
  docOnDisk: version,
});

const port = fc.nat(65_535);
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
const service: fc.Arbitrary<Service> = fc
  .tuple(plainService, orNull(copyOf))
  .map(([each, copy]) => (copy === null ? each : { ...each, copyOf: copy }));

const cluster: fc.Arbitrary<Cluster> = fc.record({
  name,
  heartbeat: fc.record({ intervalMs: ms, deadMs: ms, port }),
  nodes: fc.array(
    fc.record({
      id: name,
      links: fc.array(fc.record({ address: fc.ipV4(), prefix: fc.nat(32) }), { maxLength: 3 }),
      port,
      votes: fc.nat(9),
      witness: fc.boolean(),
      watchdog: orNull(fc.record({ device: anyText, timeoutMs: ms })),
      fence: fc.array(names, { maxLength: 2 }),
      attributes: byName(anyText),
      utilization: byName(count),
    }),
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

const because = fc.record({ because: anyText });
const doc = fc.record({
  version,
  content: version,
  source: anyText,
  cluster,
  admin: fc.record({
    standby: byName(because),
    stopped: byName(because),
    moves: byName(fc.record({ to: orNull(name), from: orNull(name), because: anyText })),
    off: byName(because),
    disarmed: orNull(fc.record({ id: name, forMs: ms, because: anyText })),
    maintenance: fc.record({ nodes: byName(because), services: byName(because) }),
    stray: byName(fc.oneof(because, fc.record({ because: anyText, mayRun: names }))),
    watched: fc.array(name, { maxLength: 4 }),
  }),
  voters: byName(fc.nat(9)),
  next: orNull(fc.record({ source: anyText, cluster })),
});

const orderId = fc.record({ view: count, plan: count, action: count });
const notice = fc.record({
  type: fc.constantFrom('pre' as const, 'post' as const),
  operation: fc.constantFrom('start' as const, 'stop' as const, 'promote' as const, 'demote' as const),
  start: names,
  stop: names,
  promote: names,
  demote: names,
  active: names,
  promoted: names,
  unpromoted: names,
  inactive: names,
  available: names,
});
const plainRecord: fc.Arbitrary<ServiceRecord> = fc.record({
  state: fc.constantFrom('unknown' as const, 'running' as const, 'blocked' as const, 'moved' as const),
  digest: orNull(anyText),
  failures: count,
  lastFailure: orNull(anyText),
  failed: orNull(
    fc.constantFrom('start' as const, 'stop' as const, 'check' as const, 'demote' as const, 'check/10000' as const),
  ),
  banned: fc.constantFrom('no' as const, 'node' as const, 'cluster' as const),
  conflicts: count,
  drained: names,
  role: fc.constantFrom('promoted' as const, 'unpromoted' as const, 'unknown' as const),
  promotion: orNull(fc.integer({ min: -1_000_000, max: 1_000_000 })),
  peer: orNull(name),
  changed: count,
  notice: orNull(notice),
  order: orNull(orderId),
});
const serviceRecord = fc
  .tuple(plainRecord, fc.constantFrom({}, { foundPromoted: true }))
  .map(([plain, role]): ServiceRecord => ({ ...plain, ...role }));
const record: fc.Arbitrary<NodeRecord> = fc.record({
  node: name,
  boot: count,
  version: count,
  services: byName(serviceRecord),
  watchdog: fc.constantFrom('none' as const, 'armed' as const, 'failed' as const),
  fencings: fc.array(
    fc.record({
      target: name,
      because: anyText,
      device: anyText,
      outcome: fc.constantFrom('under way' as const, 'off' as const, 'failed' as const),
      verified: fc.boolean(),
      tookMs: ms,
      failure: orNull(anyText),
    }),
    { maxLength: 2 },
  ),
});

const order = fc.record({
  id: orderId,
  verb: fc.constantFrom('probe' as const, 'start' as const, 'stop' as const, 'reload' as const, 'migrateTo' as const),
  serviceId: name,
  handFrom: orNull(name),
  handTo: orNull(name),
  drained: names,
  peer: orNull(name),
  notice: orNull(notice),
  because: anyText,
});

const command: fc.Arbitrary<Command> = fc.oneof(
  fc.record({ kind: fc.constant('apply' as const), source: anyText, cluster, ifVersion: orNull(version) }),
  fc.record({ kind: fc.constant('standby' as const), node: name, on: fc.boolean(), because: anyText }),
  fc.record({ kind: fc.constant('move' as const), service: name, to: orNull(name), because: anyText }),
  fc.record({
    kind: fc.constant('run' as const),
    service: name,
    wanted: fc.constantFrom('started' as const, 'stopped' as const),
    because: anyText,
  }),
  fc.record({ kind: fc.constant('cleanup' as const), service: name, node: orNull(name) }),
  fc.record({ kind: fc.constant('clear' as const), service: name, because: anyText }),
  fc.record({ kind: fc.constantFrom('confirmOff' as const, 'fence' as const), node: name, because: anyText }),
  fc.record({ kind: fc.constant('disarm' as const), forMs: ms, because: anyText }),
  fc.record({ kind: fc.constant('arm' as const), because: anyText }),
  fc.record({
    kind: fc.constant('maintain' as const),
    node: orNull(name),
    service: orNull(name),
    on: fc.boolean(),
    because: anyText,
  }),
);

const answer = fc.oneof(
  fc.record({ ok: fc.constant(true as const), version, changed: fc.boolean() }),
  fc.record({
    ok: fc.constant(false as const),
    code: fc.constantFrom('NO_QUORUM' as const, 'UNSAFE' as const, 'TIMED_OUT' as const),
    because: anyText,
  }),
);

const sender = { from: name, boot: count };

export const message: fc.Arbitrary<Message> = fc.oneof(
  beat,
  fc.record({ kind: fc.constant('record' as const), ...sender, record }),
  fc.record({ kind: fc.constant('order' as const), ...sender, order }),
  fc.record({ kind: fc.constant('doc' as const), ...sender, doc }),
  fc.record({ kind: fc.constant('request' as const), ...sender, requestId: name, command }),
  fc.record({ kind: fc.constant('answer' as const), ...sender, requestId: name, answer }),
);

/** A heartbeat as a cluster of this many nodes sends it. */
export function beatOf(nodes: number, nameOf = (i: number): string => `balancer${i}`): Beat {
  const all = Array.from({ length: nodes }, (_, i) => nameOf(i));
  const others = all.slice(1);
  const boot = (i: number): number => 1_764_000_000_000 + i * 86_400_000;
  return {
    kind: 'beat',
    from: nameOf(0),
    boot: boot(0),
    seq: 1_234_567,
    sentAtMs: 86_400_123,
    echoes: others.map((node, i) => ({ node, boot: boot(i), sentAtMs: 86_400_000 + i, heldMs: 120, links: [0, 1] })),
    hears: others,
    promised: { number: 17, members: all, coordinator: nameOf(0) },
    continuous: all.map((node) => ({ node, since: 16 })),
    agreesUpTo: 33,
    installed: 17,
    recordVersion: 1234,
    holds: others.map((node, i) => ({ node, boot: boot(i), version: 100 + i })),
    docVersion: { view: 17, counter: 3 },
    docContent: { view: 12, counter: 3 },
    docOnDisk: { view: 17, counter: 3 },
  };
}
