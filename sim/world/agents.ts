/** Simulated agents: they take time, fail, hang, and say what is not so; they change the host's truth. */
import type { Service, ServiceId } from '../../src/core/model.ts';
import { isOvertaken } from '../../src/core/operations.ts';
import type { AgentOp, OpResult, Verb } from '../../src/core/ports.ts';
import { type AgentFault, injected } from './faults.ts';
import type { Host } from './host.ts';

const durationMs: Record<Verb, readonly [number, number]> = {
  probe: [1, 8],
  check: [1, 8],
  start: [5, 80],
  stop: [5, 60],
  reload: [5, 40],
  tune: [1, 10],
  promote: [5, 60],
  demote: [5, 60],
  migrateTo: [20, 200],
  migrateFrom: [5, 60],
  notify: [1, 20],
};

export function runAgent(host: Host, op: AgentOp): void {
  const { world, life } = host;
  world.operationBegins(host, op);
  const { id } = op.service;
  host.underWay.set(id, [...(host.underWay.get(id) ?? []), op]);
  host.begunAtMs.set(op, world.agenda.nowMs);
  const fault = world.agentFault(host.id, id, op.verb);
  const [fromMs, toMs] = durationMs[op.verb];
  const takesMs =
    fault === 'hang'
      ? op.timeoutMs
      : Math.min(op.timeoutMs - 1, host.prng.between(fromMs, toMs) * world.quirks.agentFactor);
  if (op.verb === 'stop') endOvertaken(host, id);
  // A holder that hands its address over answers no more from the moment it begins to.
  if (op.verb === 'stop' && op.handTo !== null && fault === null) host.setRunning(id, null);
  world.agenda.after(takesMs, () => {
    // Ended with the machine, or by the next life of the daemon.
    if (!isUnderWay(host, op)) return;
    finished(host, op);
    const result = resultOf(host, op, fault);
    // Nobody can know yet that nothing runs: as if it had ended at once.
    if (isTakenForRunning(op, result) && !host.running.has(id)) host.endedAtMs.set(id, world.agenda.nowMs);
    // Until then it is within the time that it is given.
    if (op.verb === 'stop' && host.running.has(id)) host.notStopped.add(id);
    host.deliverTo(life, { kind: 'opDone', opId: op.opId, result });
  });
}

const isTakenForRunning = ({ verb, service }: AgentOp, { outcome }: OpResult): boolean =>
  outcome === 'running' || (verb === 'start' && (outcome === 'ok' || service.onFail.start === 'ignore'));

/** A new life of the daemon ends the calls that the former one left: each may have done its work by then, or not. */
export function endLeftCalls(host: Host): void {
  const left = [...host.underWay.values()].flat();
  host.underWay.clear();
  for (const op of left) if (host.prng.chance(0.5)) perform(host, op);
}

/** A stop that does not wait ends what it overtakes: that has done its work by then, or not. */
function endOvertaken(host: Host, id: string): void {
  const overtaken = (host.underWay.get(id) ?? []).filter(({ verb }) => verb !== 'probe' && isOvertaken(verb));
  for (const op of overtaken) {
    finished(host, op);
    if (host.prng.chance(0.5)) perform(host, op);
  }
}

const isUnderWay = (host: Host, op: AgentOp): boolean => (host.underWay.get(op.service.id) ?? []).includes(op);

function finished(host: Host, op: AgentOp): void {
  const left = (host.underWay.get(op.service.id) ?? []).filter((other) => other !== op);
  host.underWay.set(op.service.id, left);
}

function resultOf(host: Host, op: AgentOp, fault: AgentFault | null): OpResult {
  switch (fault) {
    case 'fail':
      return injected;
    case 'hang':
      // Killed at the limit: it may have got there, or not.
      if (host.prng.chance(0.5)) perform(host, op);
      return { outcome: 'failed', because: 'no answer in time', scope: 'soft', unknown: true };
    case 'lie':
      perform(host, op);
      return injected;
    case 'pretend':
      return pretend(host, op);
    case null:
      return withScore(host, op, perform(host, op));
  }
}

/** Every agent with roles would like to be promoted, on later nodes more. */
function withScore(host: Host, { service, verb }: AgentOp, result: OpResult): OpResult {
  if (service.promotable === null || verb === 'stop') return result;
  return { ...result, promotion: 10 * [...host.world.hosts.keys()].indexOf(host.id) + 10 };
}

/** Says that all is well, and has done nothing. */
function pretend(host: Host, { verb, service }: AgentOp): OpResult {
  // Nobody can know that it still runs.
  if (verb === 'stop' && host.running.has(service.id)) {
    host.unowned.add(service.id);
    host.unnoted.add(service.id);
  }
  const asks = verb === 'check' || verb === 'probe';
  if ((asks || verb === 'demote') && host.promoted.has(service.id)) host.falselyDemoted.add(service.id);
  if (asks) return { outcome: 'running', digest: notedDigest(host, service.id) };
  return { outcome: 'ok' };
}

/** A driver notes what it starts: of what it did not, it knows no definition (`src/drivers/driver.ts`). */
const notedDigest = ({ running, unnoted }: Host, id: ServiceId): string | null =>
  unnoted.has(id) ? null : (running.get(id)?.digest ?? null);

function perform(host: Host, op: AgentOp): OpResult {
  const { service } = op;
  switch (op.verb) {
    case 'probe':
    case 'check':
      return look(host, service);
    case 'start':
      return start(host, op);
    case 'stop':
      if (host.running.has(service.id)) host.setRunning(service.id, null);
      return { outcome: 'ok' };
    case 'reload':
      if (!host.running.has(service.id)) return injected;
      host.setRunning(service.id, service);
      return { outcome: 'ok' };
    case 'migrateFrom':
      if (!host.running.has(service.id)) return injected;
      host.unnoted.delete(service.id);
      return { outcome: 'ok' };
    case 'tune':
    case 'notify':
      return host.running.has(service.id) ? { outcome: 'ok' } : injected;
    case 'promote':
    case 'demote':
      if (!host.running.has(service.id)) return injected;
      host.setPromoted(service.id, op.verb === 'promote');
      return { outcome: 'ok' };
    case 'migrateTo':
      return migrate(host, op);
  }
}

/** Both run for a moment, or the source is gone at once: either is within what agents may do. */
function migrate(host: Host, op: AgentOp): OpResult {
  const { service, peer } = op;
  const target = peer === null ? undefined : host.world.hosts.get(peer);
  if (target === undefined || !isTalking(host, target, op) || !host.running.has(service.id)) return injected;
  if (isTooLate(host, target, service)) {
    target.startByHand(service);
    return { outcome: 'ok' };
  }
  host.givenTo.set(service.id, target.id);
  // What an earlier migration left because its stop failed is a leftover of this one.
  for (const other of host.world.hosts.values())
    if (other !== target && other.givenTo.get(service.id) === host.id) other.givenTo.set(service.id, target.id);
  // What was started by hand is so wherever it goes.
  if (host.unowned.has(service.id)) target.startByHand(service);
  else target.setRunning(service.id, service);
  if (host.prng.chance(0.5)) host.setRunning(service.id, null);
  return { outcome: 'ok' };
}

/** A migration is a conversation between two machines: if the target was switched off since it began, nothing arrives. */
function isTalking(host: Host, target: Host, op: AgentOp): boolean {
  const begunAtMs = host.begunAtMs.get(op) ?? host.world.agenda.nowMs;
  return target.powered && target.poweredAtMs <= begunAtMs && host.world.network.reaches(host.id, target.id, 0);
}

/**
 * The call of a daemon that is dead or held up goes on, and ends when the target has stopped what might arrive. With `takeover: lease`
 * that rests on the daemon of the source, as all else does (`checks/exclusive.ts`).
 */
function isTooLate(host: Host, target: Host, { id, takeover }: Service): boolean {
  const isStopped = target.loop?.state.local.get(id)?.record.state === 'stopped';
  return takeover !== 'fencing' && host.isHelpless && isStopped && !target.running.has(id);
}

/** What is seen to run is known of from then on. Where it runs elsewhere too, that remains the fault of whoever began it. */
function look(host: Host, service: Service): OpResult {
  const { id } = service;
  if (!host.running.has(id)) return { outcome: 'stopped' };
  if (host.unowned.has(id)) {
    const others = [...host.world.hosts.values()].filter((other) => other.holds(id));
    const isAlone = !others.some((other) => other.holds(id)) && !isBeingStarted(host, id);
    if (service.clone || (isAlone && isKnown(host))) host.unowned.delete(id);
  }
  host.falselyDemoted.delete(id);
  const seen: OpResult = { outcome: 'running', digest: notedDigest(host, id) };
  return service.promotable === null ? seen : { ...seen, promoted: host.promoted.has(id) };
}

/** Others hear this life of its daemon. Before, nobody can know what it sees. */
const isKnown = ({ id, loop, world }: Host): boolean =>
  [...world.hosts.values()].some((other) => other.loop?.state.peers.get(id)?.boot === loop?.state.boot);

/** Somewhere: whoever ordered that did not know of this one. */
const isBeingStarted = (host: Host, id: ServiceId): boolean =>
  [...host.world.hosts.values()].some((other) => other.underWay.get(id)?.some(({ verb }) => verb === 'start') === true);

function start(host: Host, op: AgentOp): OpResult {
  const { service } = op;
  const holder = op.handFrom === null && service.resource.kind === 'address' ? otherHolder(host, service.id) : null;
  if (holder !== null) return { outcome: 'conflict', because: `still answered by ${holder}` };
  host.setRunning(service.id, service);
  return { outcome: 'ok' };
}

/** Addresses live on the first link's network: somebody who cannot be reached there cannot answer. */
function otherHolder(host: Host, id: string): string | null {
  for (const other of host.world.hosts.values())
    if (other !== host && other.running.has(id) && host.world.network.reaches(host.id, other.id, 0)) return other.id;
  return null;
}
