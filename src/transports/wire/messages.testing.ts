/** Arbitrary messages of every kind, for the property tests of what reads them (imported by tests only). */
import fc from 'fast-check';
import type { Beat, Command, Message, NodeRecord, ServiceRecord } from '../../core/ports.ts';
import { anyText, byName, cluster, count, ms, name, names, orNull, version } from './model.testing.ts';

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

const because = fc.record({ because: anyText });
const doc = fc.record({
  version,
  content: version,
  source: anyText,
  cluster,
  admin: fc.record({
    standby: byName(
      fc.oneof(
        because,
        fc.record({
          because: anyText,
          shutdown: fc.record({ id: name, boot: count, keeps: names, forMs: orNull(ms) }),
        }),
      ),
    ),
    stopped: byName(because),
    moves: byName(fc.record({ to: orNull(name), from: orNull(name), because: anyText })),
    off: byName(because),
    disarmed: orNull(fc.record({ id: name, forMs: ms, because: anyText })),
    maintenance: fc.record({ nodes: byName(because), services: byName(because) }),
    stray: byName(
      fc.oneof(
        because,
        fc.record(
          { because: anyText, mayRun: names, wasElsewhere: fc.constant(true as const) },
          { requiredKeys: ['because'] },
        ),
      ),
    ),
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

const order = fc
  .record({
    id: orderId,
    verb: fc.constantFrom('probe' as const, 'start' as const, 'stop' as const, 'reload' as const, 'migrateTo' as const),
    serviceId: name,
    handFrom: orNull(name),
    handTo: orNull(name),
    drained: names,
    peer: orNull(name),
    notice: orNull(notice),
    because: anyText,
  })
  .chain((plain) => orNull(count).map((dateS) => (dateS === null ? plain : { ...plain, dateS })));

const command: fc.Arbitrary<Command> = fc.oneof(
  fc.record({ kind: fc.constant('apply' as const), source: anyText, cluster, ifVersion: orNull(version) }),
  fc.record({ kind: fc.constant('standby' as const), node: name, on: fc.boolean(), because: anyText }),
  fc.record({
    kind: fc.constant('shutdown' as const),
    node: name,
    keep: orNull(fc.boolean()),
    forMs: orNull(ms),
    because: anyText,
  }),
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
