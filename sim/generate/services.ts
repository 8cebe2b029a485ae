/** Draws the services of a cluster. */
import {
  type OnFail,
  plainTraits,
  promotableOnScore,
  type Resource,
  type Service,
  stickinessMax,
  type Takeover,
  uniqueOnScore,
} from '../../src/core/model.ts';
import type { Prng } from '../world/prng.ts';

export function drawServices(prng: Prng, nodes: readonly string[], takeovers: readonly Takeover[]): Service[] {
  const services: Service[] = [];
  const count = prng.between(1, 6);
  for (let i = 1; i <= count; i++) services.push(draw(prng.fork(`service ${i}`), `s${i}`, nodes, services, takeovers));
  return services;
}

/** In some clusters the copies of some clones have roles. */
export function drawRoles(prng: Prng, services: readonly Service[], takeovers: readonly Takeover[]): Service[] {
  if (!prng.chance(0.3)) return [...services];
  return services.map((service) =>
    service.clone && service.resource.kind === 'command' && prng.chance(0.7)
      ? { ...service, promotable: { max: 1, perNode: 1 }, onScore: promotableOnScore, takeover: prng.pick(takeovers) }
      : service,
  );
}

/** In some clusters the copies of some clones are told what happens to the others. */
export function drawNotices(prng: Prng, services: readonly Service[]): Service[] {
  if (!prng.chance(0.25)) return [...services];
  return services.map((service) =>
    service.clone && service.resource.kind === 'command' ? { ...service, notify: true } : service,
  );
}

/** In some clusters, or in all of a kind, some services move live. */
export function drawMigrations(prng: Prng, services: readonly Service[], always: boolean): Service[] {
  if (!prng.chance(0.4) && !always) return [...services];
  return services.map((service) =>
    !service.clone && service.resource.kind === 'command' && prng.chance(0.7)
      ? { ...service, migrates: true, startTimeoutMs: prng.pick([2000, 6000]) }
      : service,
  );
}

/** Several copies that differ of most commands, with roles or without: of each the first, under the name of all. */
export function drawUniques(prng: Prng, services: readonly Service[]): Service[] {
  return services.map((service) => {
    const { id, on, resource, promotable } = service;
    if (resource.kind !== 'command' || !prng.chance(promotable === null ? 0.8 : 0.6)) return service;
    const perNode = prng.between(1, 3);
    const max = prng.between(1, Math.min(on.length * perNode, 5));
    const own = { clone: false, instances: 1, notify: false, migrates: false };
    // Those of a clone that may run twice are more seldom of use.
    const takeover = service.takeover === 'nothing' && prng.chance(0.7) ? 'lease' : service.takeover;
    const onScore = prng.chance(0.6) ? uniqueOnScore : service.onScore;
    const hasRoles = promotable !== null || prng.chance(0.4);
    const roles = !hasRoles ? {} : { promotable: { max: prng.between(1, Math.min(2, max)), perNode: 1 } };
    return { ...service, ...own, ...roles, takeover, onScore, copyOf: { service: id, number: 0, max, perNode } };
  });
}

/**
 * In some clusters some services say what a failure leads to. Nothing that would keep them down for ever, or two of them up, by what
 * the file says: an ignored end, an ignored stop.
 */
export function drawAnswers(prng: Prng, services: readonly Service[], hasDevices: boolean): Service[] {
  if (!prng.chance(0.3)) return [...services];
  const always: readonly OnFail[] = ['restart', 'restart', 'block', 'stop', 'standby', ...(hasDevices ? fence : [])];
  return services.map((service) => {
    if (!prng.chance(0.5)) return service;
    const hasRoles = service.promotable !== null;
    const answers = hasRoles ? ([...always, 'demote', 'demote'] as const) : always;
    const roles = { promote: prng.pick(answers), demote: prng.pick(always) };
    const stop = prng.pick<OnFail>(['block', 'standby', ...(hasDevices ? fence : [])]);
    const onFail = { start: prng.pick([...always, 'ignore' as const]), stop, check: prng.pick(answers) };
    return { ...service, onFail: hasRoles ? { ...onFail, ...roles } : onFail };
  });
}

/** Of a guest. */
export function drawMachine(prng: Prng, id: string, hosts: readonly string[]): Service {
  const on = shuffled(prng, hosts).slice(0, prng.between(Math.min(2, hosts.length), hosts.length));
  return {
    ...plainTraits,
    id,
    resource: resource('command', id, on),
    on,
    instances: 1,
    clone: false,
    needs: [],
    with: [],
    stickiness: prng.pick([0, 50, stickinessMax]),
    check: { everyMs: prng.pick([1000, 3000]), timeoutMs: 2000 },
    startTimeoutMs: prng.pick([2000, 6000]),
    stopTimeoutMs: prng.pick([200, 1000, 2500]),
    failures: { max: 3, forgetMs: 8000 },
    takeover: 'fencing',
    migrates: prng.chance(0.5),
    digest: `${id}-1`,
  };
}

const fence = ['fence'] as const;

function draw(
  prng: Prng,
  id: string,
  nodes: readonly string[],
  former: readonly Service[],
  takeovers: readonly Takeover[],
): Service {
  const on = shuffled(prng, nodes).slice(0, prng.between(Math.min(2, nodes.length), nodes.length));
  const kind = prng.pick(['command', 'command', 'address', 'balance'] as const);
  const clone = kind !== 'address' && prng.chance(0.25);
  const takeover: Takeover = clone || kind !== 'command' ? 'nothing' : prng.pick(takeovers);
  const needs = former.filter(() => prng.chance(0.2)).map((other) => other.id);
  // Only services that may be together: a colocation that leaves no common node is a mistake of the file.
  const home = (other: Service): string => {
    const target = former.find((each) => each.id === other.with[0]);
    return target === undefined ? (other.on[0] ?? '') : home(target);
  };
  const fits = (other: Service): boolean => on.every((name) => other.on.includes(name)) && on.includes(home(other));
  const with_ = former.filter((other) => prng.chance(0.2) && fits(other) && !clone && !other.clone);
  return {
    id,
    resource: resource(kind, id, on),
    on,
    instances: clone ? prng.between(1, on.length) : 1,
    clone,
    needs,
    with: with_.slice(0, 1).map((other) => other.id),
    stickiness: prng.pick([0, 50, stickinessMax]),
    check: { everyMs: prng.pick([1000, 3000]), timeoutMs: 2000 },
    // Some take longer than a lease and the stop after it.
    startTimeoutMs: prng.fork('start').chance(0.3) ? 8000 : 2000,
    // The bounds of a takeover count stop times: long ones would hide what else is wrong with them.
    stopTimeoutMs: prng.pick([100, 200, 1000, 2500]),
    failures: { max: 3, forgetMs: 8000 },
    takeover,
    ...plainTraits,
    digest: `${id}-1`,
  };
}

function resource(kind: 'command' | 'address' | 'balance', id: string, nodes: readonly string[]): Resource {
  if (kind === 'address')
    return {
      kind,
      address: `10.0.0.1${id.slice(1)}`,
      prefix: 24,
      family: 4,
      interface: null,
      probeMs: 50,
      drainMs: 1000,
    };
  if (kind === 'command') return { kind, argv: [id], env: {}, directory: '/', stopSignal: 'SIGTERM', checkArgv: null };
  return {
    kind,
    engine: 'haproxy',
    mode: 'http',
    listen: { address: null, port: 80 },
    algorithm: 'roundrobin',
    servers: nodes.map((name) => ({ id: name, node: name, address: '10.0.0.1', port: 80, weight: 1 })),
    check: { kind: 'tcp', method: 'GET', path: '/', everyMs: 1000, timeoutMs: 500, rise: 1, fall: 1 },
    connectTimeoutMs: 100,
    idleTimeoutMs: 1000,
    forwardFor: false,
    cookie: null,
    stats: null,
  };
}

export function shuffled<T>(prng: Prng, items: readonly T[]): T[] {
  const list = [...items];
  for (let i = list.length - 1; i > 0; i--) {
    const j = prng.below(i + 1);
    [list[i], list[j]] = [list[j] as T, list[i] as T];
  }
  return list;
}
