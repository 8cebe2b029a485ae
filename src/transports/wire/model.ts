/** Readers of the cluster as `src/core/model.ts` describes it: part of the messages that carry a document or a new file. */
import type {
  AddressResource,
  BalanceCheck,
  BalanceResource,
  BalanceServer,
  Cluster,
  ClusterNode,
  CommandResource,
  ContainerMount,
  ContainerResource,
  CopyOf,
  FailedOperation,
  FenceDevice,
  Fencing,
  Group,
  Heartbeat,
  Link,
  MetaRule,
  NodeRule,
  OcfResource,
  QuorumRules,
  RecurringCheck,
  Resource,
  RuledValues,
  Rules,
  Service,
  SystemdResource,
  TimedOperation,
  Watchdog,
} from '../../core/model.ts';
import {
  both,
  count,
  duration,
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
} from './read.ts';
import { colocation, constraintsMax, location, order, rule, texts, ticket } from './rules.ts';

export const nodesMax = 128;
export const linksMax = 16;
/** Levels of a node, devices of a level, plugs of a device. */
const fenceMax = 16;
export const servicesMax = 2048;
const checksMax = 64;
/** Of one service, with those that it takes over from its template, its group and the defaults. */
const rulesMax = 1000;
/** Reasons, paths, arguments, parameters. What is longer is refused: drivers cut what agents say. */
export const textLengthMax = 64 * 1024;
export const sourceLengthMax = 1024 * 1024;

export const anyText = text(textLengthMax);
const params = map(anyText, 1024);
const argv = list(anyText, 1024);
const port = integer(0, 65_535);
const prefix = integer(0, 128);

const ocf = object<OcfResource>({
  kind: oneOf('ocf'),
  provider: anyText,
  type: anyText,
  params,
  paramsOn: map(params, nodesMax),
});

const systemd = object<SystemdResource>({ kind: oneOf('systemd'), unit: anyText });

const stopSignal = oneOf('SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGHUP');

const command = object<CommandResource>({
  kind: oneOf('command'),
  argv,
  env: params,
  directory: anyText,
  stopSignal,
  checkArgv: nullable(argv),
});

const address = object<AddressResource>({
  kind: oneOf('address'),
  address: anyText,
  prefix,
  family: oneOf(4, 6),
  interface: nullable(anyText),
  probeMs: duration,
  drainMs: duration,
});

const container = object<ContainerResource>({
  kind: oneOf('container'),
  engine: oneOf('podman', 'docker'),
  image: anyText,
  pull: flag,
  argv,
  env: params,
  directory: nullable(anyText),
  stopSignal: nullable(stopSignal),
  network: nullable(anyText),
  ports: argv,
  mounts: list(object<ContainerMount>({ from: anyText, to: anyText, options: argv, create: flag }), 1024),
  options: argv,
  address: nullable(address),
  checkArgv: nullable(argv),
  agent: nullable(ocf),
});

const server = object<BalanceServer>({ id: name, node: nullable(name), address: anyText, port, weight: count });

const check = object<BalanceCheck>({
  kind: oneOf('http', 'tcp'),
  method: oneOf('GET', 'HEAD'),
  path: anyText,
  everyMs: duration,
  timeoutMs: duration,
  rise: count,
  fall: count,
});

const balance = object<BalanceResource>({
  kind: oneOf('balance'),
  engine: oneOf('haproxy', 'proxy'),
  mode: oneOf('http', 'tcp'),
  listen: object<BalanceResource['listen']>({ address: nullable(anyText), port }),
  algorithm: oneOf('roundrobin', 'leastconn', 'source'),
  servers: list(server, 1024),
  check,
  connectTimeoutMs: duration,
  idleTimeoutMs: duration,
  forwardFor: flag,
  cookie: nullable(anyText),
  stats: nullable(object<NonNullable<BalanceResource['stats']>>({ port, user: anyText, password: anyText })),
});

const resource = tagged<Resource>('kind', { ocf, systemd, command, address, balance, container });

const onFail = oneOf('ignore', 'block', 'stop', 'restart', 'fence', 'standby', 'demote');
const utilization = map(count, 100);

const isFailedCheck = (value: unknown): value is `check/${number}` =>
  typeof value === 'string' && /^check\/\d{1,15}$/.test(value);

const failable = oneOf('start', 'stop', 'check', 'promote', 'demote');

export const failedOperation: Reader<FailedOperation> = (value, fault) =>
  isFailedCheck(value) ? value : failable(value, fault);

const checks = {
  check: object<Service['check']>({ everyMs: duration, timeoutMs: duration }),
  checks: list(
    object<RecurringCheck>({
      everyMs: duration,
      timeoutMs: duration,
      role: nullable(oneOf('promoted', 'unpromoted')),
      level: count,
      onFail: nullable(onFail),
    }),
    checksMax,
  ),
};

const timeouts = optional<Record<TimedOperation, number>>({
  promote: duration,
  demote: duration,
  migrateTo: duration,
  migrateFrom: duration,
  notify: duration,
});

const answers = optional<Service['onFail']>({
  start: onFail,
  stop: onFail,
  check: onFail,
  promote: onFail,
  demote: onFail,
});

type RareOfService = Pick<Service, 'ruled' | 'copyOf'>;

const plainService = object<Omit<Service, keyof RareOfService | 'digestsOn'>>({
  id: name,
  resource,
  on: list(name, nodesMax),
  instances: count,
  clone: flag,
  needs: list(name, servicesMax),
  with: list(name, servicesMax),
  stickiness: count,
  ...checks,
  startTimeoutMs: duration,
  stopTimeoutMs: duration,
  failures: object<Service['failures']>({ max: count, forgetMs: nullable(duration) }),
  takeover: oneOf('fencing', 'lease', 'nothing'),
  digest: anyText,
  timeouts,
  onScore: count,
  promotable: nullable(object<NonNullable<Service['promotable']>>({ max: count, perNode: count })),
  migrates: flag,
  notify: flag,
  interleave: flag,
  ordered: flag,
  onFail: answers,
  utilization,
  meta: texts,
  metaRules: list(object<MetaRule>({ rule, meta: texts }), 100),
});

const copyOf = object<CopyOf>({ service: name, number: count, max: count, perNode: count });

const ruledValues = both<Pick<RuledValues, 'rule'>, Omit<RuledValues, 'rule'>>(
  object<Pick<RuledValues, 'rule'>>({ rule }),
  optional<Omit<RuledValues, 'rule'>>({
    params,
    utilization,
    checks: object<Pick<Service, 'check' | 'checks'>>(checks),
    startTimeoutMs: duration,
    timeouts,
    onFail: answers,
  }),
);

const service = both<Omit<Service, keyof RareOfService>, RareOfService>(
  plainService,
  optional<RareOfService>({ ruled: list(ruledValues, rulesMax), copyOf }),
);

const link = object<Link>({ address: anyText, prefix });
const watchdog = object<Watchdog>({ device: anyText, timeoutMs: duration });
const plainNode = object<Omit<ClusterNode, 'guest' | 'ruled'>>({
  id: name,
  links: list(link, linksMax),
  port,
  votes: integer(0, 1000),
  witness: flag,
  watchdog: nullable(watchdog),
  fence: list(list(name, fenceMax), fenceMax),
  attributes: texts,
  utilization,
});
const nodeRule = both<Pick<NodeRule, 'rule'>, Omit<NodeRule, 'rule'>>(
  object<Pick<NodeRule, 'rule'>>({ rule }),
  optional<Omit<NodeRule, 'rule'>>({ attributes: texts, utilization }),
);
const node = both<Omit<ClusterNode, 'guest' | 'ruled'>, Pick<ClusterNode, 'guest' | 'ruled'>>(
  plainNode,
  optional<Pick<ClusterNode, 'guest' | 'ruled'>>({ guest: name, ruled: list(nodeRule, rulesMax) }),
);
const heartbeat = object<Heartbeat>({ intervalMs: duration, deadMs: duration, port });

const quorum = object<QuorumRules>({
  noQuorum: oneOf('stop', 'freeze', 'ignore'),
  tie: oneOf('none', 'fence', 'ping'),
  prefer: nullable(name),
  headStartMs: duration,
  ping: list(anyText, 16),
  startWaitMs: nullable(duration),
});

const fenceDevice = object<FenceDevice>({
  id: name,
  agent: anyText,
  params,
  plugs: map(list(anyText, fenceMax), nodesMax),
  delayMs: duration,
  timeoutMs: duration,
  verify: flag,
  unfence: flag,
});
const fencing = object<Fencing>({ devices: list(fenceDevice, 128), powerOn: flag, tries: integer(1, 100) });

const group = object<Group>({ id: name, members: list(name, servicesMax), clone: flag, meta: texts });

const rules = object<Rules>({
  locations: list(location, constraintsMax),
  colocations: list(colocation, constraintsMax),
  orders: list(order, constraintsMax),
  tickets: list(ticket, constraintsMax),
  ticketStates: map(oneOf('granted', 'standby', 'revoked'), 1000),
  options: texts,
  tags: map(list(name, servicesMax), 1000),
  groups: list(group, servicesMax),
});

export const cluster = object<Cluster>({
  name,
  heartbeat,
  quorum,
  nodes: list(node, nodesMax),
  fencing,
  services: list(service, servicesMax),
  rules,
});
