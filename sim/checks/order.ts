/**
 * `needs` is kept in the order of real actions: nothing starts before what it needs, nothing stops under what needs it.
 * And an operation never runs beside another one of the same service and host, but for what may be overtaken.
 */
import { alivePeers } from '../../src/core/membership/hearing.ts';
import { nameInFile, restartsWithNeeds, type Service, type ServiceId, servicesNamed } from '../../src/core/model.ts';
import { leadsTo } from '../../src/core/onFail.ts';
import { isOvertaken } from '../../src/core/operations.ts';
import { type AgentOp, inMaintenance, type ServiceState } from '../../src/core/ports.ts';
import type { LocalService } from '../../src/core/state.ts';
import type { Host } from '../world/host.ts';
import { type Check, Violation, type World } from '../world/world.ts';

/** A needed service may have ended by itself this long ago without anybody having noticed yet. */
const unnoticedMs = 15_000;

export function order(): Check {
  return {
    name: 'order',
    operationBegins(world, host, op) {
      oneAtATime(world, host, op);
      if (op.verb === 'start') {
        needsAreUp(world, host, op);
        firstsAreUp(world, host, op);
      }
      if (op.verb === 'stop') {
        dependentsAreDown(world, host, op);
        secondsAreDown(world, host, op);
      }
    },
  };
}

function oneAtATime(world: World, host: Host, op: AgentOp): void {
  for (const other of host.underWay.get(op.service.id) ?? []) {
    if (other.verb === 'check' || other.verb === 'probe') continue;
    if (op.verb === 'stop' && isOvertaken(other.verb)) continue;
    throw fail(world, `${host.id} runs ${op.verb} of ${op.service.id} beside ${other.verb}`);
  }
}

function needsAreUp(world: World, host: Host, op: AgentOp): void {
  for (const need of op.service.needs) {
    if (!isUp(world, need)) throw fail(world, `${host.id} starts ${op.service.id}, but ${need} runs nowhere`);
  }
}

/** Of two services, by a mandatory order among the rules. */
function firstsAreUp(world: World, host: Host, op: AgentOp): void {
  for (const { id, kind, link } of world.cluster.rules.orders) {
    if (link.kind !== 'pair' || link.second !== nameInFile(op.service) || kind !== 'Mandatory') continue;
    const firsts = servicesNamed(world.cluster, link.first);
    if (!firsts.some(({ id: first }) => isUp(world, first) || isLeftFailed(world, first)))
      throw fail(world, `${host.id} starts ${op.service.id}, but ${link.first} runs nowhere (${id})`);
  }
}

/** What failed and is left alone (on-fail: block) counts as running by the rules, as in Pacemaker. What needs it waits all the same. */
const isLeftFailed = ({ cluster, hosts }: World, id: ServiceId): boolean => {
  const service = cluster.services.find((each) => each.id === id);
  return [...hosts.values()].some(({ loop }) => {
    const record = loop?.state.local.get(id)?.record;
    return service !== undefined && record?.state === 'failed' && leadsTo(service, record) === 'block';
  });
};

/** Somewhere, as far as anybody can know. */
const isUp = (world: World, id: ServiceId): boolean =>
  [...world.hosts.values()].some((host) => host.running.has(id) || isUnnoticed(world, host, id));

/** It is gone, and its node's daemon may still believe in it, or the news of its stop is still under way. */
function isUnnoticed(world: World, host: Host, id: ServiceId): boolean {
  return (
    !host.powered || host.isHelpless || isBelieved(host, id) || hasJustGone(world, host, id) || isUnheard(world, host)
  );
}

/**
 * As far as its daemon knows: an agent may say so falsely, nobody looks at what an operator works on, and a stop that is said to have
 * failed may have done its work. What is decided is decided by that; that it is true in the end, others check.
 */
function isBelieved({ loop }: Host, id: ServiceId): boolean {
  const state = loop?.state.local.get(id)?.record.state;
  return state !== undefined && believed.has(state);
}

const believed: ReadonlySet<ServiceState> = new Set([
  'running',
  'reloading',
  'promoting',
  'demoting',
  'notifying',
  'blocked',
]);

/** By who coordinates it, and can agree on no view without it. */
function isUnheard(world: World, { id }: Host): boolean {
  return [...world.hosts.values()].some(({ loop, clock }) => {
    const state = loop?.state;
    const leads = state?.installed?.coordinator === state?.self && state?.installed?.members.includes(id) === true;
    return leads && id !== state?.self && !alivePeers(state, clock.nowMs).includes(id);
  });
}

/** Stopped, or ended by itself, a moment ago. */
function hasJustGone(world: World, host: Host, id: ServiceId): boolean {
  const endedAtMs = host.endedAtMs.get(id) ?? Number.NEGATIVE_INFINITY;
  return hasJustStopped(world, host, id) || world.agenda.nowMs - endedAtMs < unnoticedMs;
}

const hasJustStopped = (world: World, host: Host, id: ServiceId): boolean =>
  world.agenda.nowMs - (host.stoppedAtMs.get(id) ?? Number.NEGATIVE_INFINITY) < 2 * world.cluster.heartbeat.deadMs;

const serves = (host: Host, id: ServiceId): boolean => host.running.has(id) || isBelieved(host, id);

function dependentsAreDown(world: World, host: Host, op: AgentOp): void {
  if (!host.running.has(op.service.id)) return;
  // Another copy elsewhere serves those that need it, or did until a moment ago, which the coordinator cannot know yet.
  const elsewhere = [...world.hosts.values()].some(
    (other) => other !== host && (serves(other, op.service.id) || hasJustGone(world, other, op.service.id)),
  );
  if (elsewhere) return;
  const state = host.loop?.state;
  // Others count on what has to stop by itself, whoever works on what needs it.
  const mustStop = state?.purging === true || state?.distrusted.has(op.service.id) === true;
  for (const [id, service] of host.running) {
    if (mustStop && state !== undefined && inMaintenance(state.doc.admin, host.id, id)) continue;
    if (!service.needs.includes(op.service.id) || !restartsWithNeeds(service)) continue;
    if (!holdsUp(state?.local.get(id))) continue;
    throw fail(world, `${host.id} stops ${op.service.id} under ${id}, which needs it`);
  }
}

/** What could not be stopped, or is believed to have ended, does not hold others up. */
function holdsUp(local: LocalService | undefined): boolean {
  const state = local?.record.state;
  return state === 'running' || state === 'starting' || (state === 'stopping' && local?.retryStopMs === 0);
}

/** By a mandatory order among the rules what comes second stops first, wherever it runs. What a node stops by itself, it stops by `needs`. */
function secondsAreDown(world: World, host: Host, op: AgentOp): void {
  const { id } = op.service;
  const state = host.loop?.state;
  if (!host.running.has(id) || state === undefined || state.purging || state.distrusted.has(id)) return;
  const hosts = [...world.hosts.values()];
  if (hosts.some((other) => other !== host && (other.running.has(id) || isUnnoticed(world, other, id)))) return;
  // A copy of a clone that moves is no reason to restart anything, as in Pacemaker.
  if (op.service.clone && isPlaced(hosts, id)) return;
  if (op.service.copyOf !== undefined && copiesOf(world, op.service).some((copy) => isPlaced(hosts, copy))) return;
  for (const { id: orderId, kind, link } of world.cluster.rules.orders) {
    if (link.kind !== 'pair' || link.first !== nameInFile(op.service)) continue;
    if (kind !== 'Mandatory' || link.firstAction === 'promote') continue;
    const seconds = servicesNamed(world.cluster, link.second);
    const under = hosts.find((other) => seconds.some((second) => isKnownToRun(host, other, second.id)));
    if (under !== undefined)
      throw fail(
        world,
        `${host.id} stops ${id} under ${link.second} on ${under.id}, which comes after it (${orderId})`,
      );
  }
}

const copiesOf = ({ cluster }: World, service: Service): readonly ServiceId[] =>
  servicesNamed(cluster, nameInFile(service)).map(({ id }) => id);

/** By whoever coordinates. */
const isPlaced = (hosts: readonly Host[], id: ServiceId): boolean =>
  hosts.some(({ loop }) =>
    loop?.state.plan?.placements.some(({ service, nodes }) => service === id && nodes.length > 0),
  );

/** All is well with it, and whoever ordered in this view knows. */
function isKnownToRun(host: Host, other: Host, id: ServiceId): boolean {
  const [here, there] = [host.loop?.state, other.loop?.state];
  if (here === undefined || there === undefined || other.isHelpless || !other.running.has(id)) return false;
  const isTogether = here.installed !== null && here.installed.number === there.installed?.number;
  const isLeft = inMaintenance(here.doc.admin, other.id, id) || there.purging || there.distrusted.has(id);
  return isTogether && !isLeft && there.local.get(id)?.record.state === 'running';
}

const fail = (world: World, message: string): Violation => new Violation('order', world.agenda.nowMs, message);
