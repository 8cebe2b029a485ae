/**
 * Messages as bytes. What comes in was written by another node, perhaps of another version: it is read strictly, part
 * by part, within bounds, and what does not fit is refused whole. Nothing here throws.
 */
import type {
  Admin,
  Answer,
  AnswerMessage,
  Command,
  Disarmed,
  Doc,
  DocMessage,
  FencingRecord,
  Message,
  Move,
  NodeRecord,
  Order,
  OrderId,
  OrderMessage,
  RecordMessage,
  RequestMessage,
  ServiceRecord,
  Shutdown,
  Standby,
  Stray,
  Version,
} from '../core/ports.ts';
import type { Notice } from '../core/roles.ts';
import { packBeat, readBeat } from './wire/beat.ts';
import { anyText, cluster, failedOperation, nodesMax, servicesMax, sourceLengthMax } from './wire/model.ts';
import {
  both,
  count,
  duration,
  type Fault,
  flag,
  integer,
  list,
  map,
  name,
  nullable,
  object,
  oneOf,
  optional,
  type Reader,
  tagged,
  text,
  whole,
} from './wire/read.ts';

export type { Fault } from './wire/read.ts';

export function encodeMessage(message: Message): Uint8Array {
  return Buffer.from(JSON.stringify(message.kind === 'beat' ? packBeat(message) : message), 'utf8');
}

/** Null when it is no message of a kind and form that this version knows; `fault.at` then says where it went wrong. */
export function decodeMessage(bytes: Uint8Array, fault: Fault = { at: '' }): Message | null {
  const value = parse(bytes);
  if (value === undefined) fault.at = 'not JSON';
  if (Array.isArray(value) && value[0] === 'beat') return readBeat(value, fault) ?? null;
  return readMessage(value, fault) ?? null;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(utf8.decode(bytes));
  } catch {
    return undefined;
  }
}

const version = object<Version>({ view: count, counter: count });
const orderId = object<OrderId>({ view: count, plan: count, action: count });
const drained = list(name, 1024);
const because = object<{ readonly because: string }>({ because: anyText });
const move = object<Move>({ to: nullable(name), from: nullable(name), because: anyText });

const left = optional<Pick<Stray, 'mayRun' | 'wasElsewhere'>>({
  mayRun: list(name, servicesMax),
  wasElsewhere: oneOf(true),
});
const shutdown = optional<Pick<Standby, 'shutdown'>>({
  shutdown: object<Shutdown>({ id: name, boot: count, keeps: list(name, servicesMax), forMs: nullable(duration) }),
});
const standby: Reader<Standby> = (value, fault) => {
  const head = because(value, fault);
  const rest = shutdown(value, fault);
  return head === undefined || rest === undefined ? undefined : { ...head, ...rest };
};

const stray: Reader<Stray> = (value, fault) => {
  const head = because(value, fault);
  const rest = left(value, fault);
  return head === undefined || rest === undefined ? undefined : { ...head, ...rest };
};

const admin = object<Admin>({
  standby: map(standby, nodesMax),
  stopped: map(because, servicesMax),
  moves: map(move, servicesMax),
  off: map(because, nodesMax),
  disarmed: nullable(object<Disarmed>({ id: name, forMs: duration, because: anyText })),
  maintenance: object<Admin['maintenance']>({ nodes: map(because, nodesMax), services: map(because, servicesMax) }),
  stray: map(stray, nodesMax),
  watched: list(name, nodesMax),
});

const doc = object<Doc>({
  version,
  content: version,
  source: text(sourceLengthMax),
  cluster,
  admin,
  voters: map(integer(0, 1000), nodesMax),
  next: nullable(object<NonNullable<Doc['next']>>({ source: text(sourceLengthMax), cluster })),
});

const nodes = list(name, nodesMax);
const notice = object<Notice>({
  type: oneOf('pre', 'post'),
  operation: oneOf('start', 'stop', 'promote', 'demote'),
  start: nodes,
  stop: nodes,
  promote: nodes,
  demote: nodes,
  active: nodes,
  promoted: nodes,
  unpromoted: nodes,
  inactive: nodes,
  available: nodes,
});

const plainRecord = object<Omit<ServiceRecord, 'foundPromoted'>>({
  state: oneOf(
    'unknown',
    'probing',
    'stopped',
    'starting',
    'running',
    'reloading',
    'promoting',
    'demoting',
    'notifying',
    'arriving',
    'migrating',
    'moved',
    'stopping',
    'failed',
    'blocked',
  ),
  digest: nullable(anyText),
  failures: count,
  lastFailure: nullable(anyText),
  failed: nullable(failedOperation),
  banned: oneOf('no', 'node', 'cluster'),
  conflicts: count,
  drained,
  role: oneOf('promoted', 'unpromoted', 'unknown'),
  promotion: nullable(whole),
  peer: nullable(name),
  changed: count,
  notice: nullable(notice),
  order: nullable(orderId),
});

const foundRole = optional<{ readonly foundPromoted: boolean }>({ foundPromoted: flag });
const serviceRecord: Reader<ServiceRecord> = (value, fault) => {
  const plain = plainRecord(value, fault);
  const role = foundRole(value, fault);
  return plain === undefined || role === undefined ? undefined : { ...plain, ...role };
};

const record = object<NodeRecord>({
  node: name,
  boot: count,
  version: count,
  services: map(serviceRecord, servicesMax),
  watchdog: oneOf('none', 'armed', 'failed'),
  fencings: list(
    object<FencingRecord>({
      target: name,
      because: anyText,
      device: anyText,
      outcome: oneOf('under way', 'off', 'failed'),
      verified: flag,
      tookMs: duration,
      failure: nullable(anyText),
    }),
    64,
  ),
});

const plainOrder = object<Omit<Order, 'dateS'>>({
  id: orderId,
  verb: oneOf(
    'probe',
    'start',
    'stop',
    'reload',
    'tune',
    'promote',
    'demote',
    'expect',
    'migrateTo',
    'migrateFrom',
    'notify',
    'forget',
  ),
  serviceId: name,
  handFrom: nullable(name),
  handTo: nullable(name),
  drained,
  peer: nullable(name),
  notice: nullable(notice),
  because: anyText,
});

const order = both<Omit<Order, 'dateS'>, Pick<Order, 'dateS'>>(
  plainOrder,
  optional<Pick<Order, 'dateS'>>({ dateS: count }),
);

const command = tagged<Command>('kind', {
  apply: object<Extract<Command, { kind: 'apply' }>>({
    kind: oneOf('apply'),
    source: text(sourceLengthMax),
    cluster,
    ifVersion: nullable(version),
  }),
  standby: object<Extract<Command, { kind: 'standby' }>>({
    kind: oneOf('standby'),
    node: name,
    on: flag,
    because: anyText,
  }),
  shutdown: object<Extract<Command, { kind: 'shutdown' }>>({
    kind: oneOf('shutdown'),
    node: name,
    keep: nullable(flag),
    forMs: nullable(duration),
    because: anyText,
  }),
  move: object<Extract<Command, { kind: 'move' }>>({
    kind: oneOf('move'),
    service: name,
    to: nullable(name),
    because: anyText,
  }),
  clear: object<Extract<Command, { kind: 'clear' }>>({
    kind: oneOf('clear'),
    service: name,
    because: anyText,
  }),
  run: object<Extract<Command, { kind: 'run' }>>({
    kind: oneOf('run'),
    service: name,
    wanted: oneOf('started', 'stopped'),
    because: anyText,
  }),
  confirmOff: object<Extract<Command, { kind: 'confirmOff' }>>({
    kind: oneOf('confirmOff'),
    node: name,
    because: anyText,
  }),
  fence: object<Extract<Command, { kind: 'fence' }>>({ kind: oneOf('fence'), node: name, because: anyText }),
  disarm: object<Extract<Command, { kind: 'disarm' }>>({ kind: oneOf('disarm'), forMs: duration, because: anyText }),
  arm: object<Extract<Command, { kind: 'arm' }>>({ kind: oneOf('arm'), because: anyText }),
  maintain: object<Extract<Command, { kind: 'maintain' }>>({
    kind: oneOf('maintain'),
    node: nullable(name),
    service: nullable(name),
    on: flag,
    because: anyText,
  }),
  cleanup: object<Extract<Command, { kind: 'cleanup' }>>({
    kind: oneOf('cleanup'),
    service: name,
    node: nullable(name),
  }),
});

const done = object<Extract<Answer, { ok: true }>>({ ok: oneOf(true), version, changed: flag });
const refused = object<Extract<Answer, { ok: false }>>({
  ok: oneOf(false),
  code: oneOf('NO_QUORUM', 'NO_SUCH_OBJECT', 'CONFLICT', 'UNSAFE', 'TIMED_OUT'),
  because: anyText,
});
const answer = (value: unknown, fault: Fault): Answer | undefined => done(value, { at: '' }) ?? refused(value, fault);

const sender = { from: name, boot: count };
const requestId = name;

const readMessage = tagged<Message>('kind', {
  record: object<RecordMessage>({ kind: oneOf('record'), ...sender, record }),
  order: object<OrderMessage>({ kind: oneOf('order'), ...sender, order }),
  doc: object<DocMessage>({ kind: oneOf('doc'), ...sender, doc }),
  request: object<RequestMessage>({ kind: oneOf('request'), ...sender, requestId, command }),
  answer: object<AnswerMessage>({ kind: oneOf('answer'), ...sender, requestId, answer }),
});
