/**
 * The copies of a clone with `notify` are told what happens to the others: before an operation begins elsewhere, and after it.
 *
 * Whoever has been there for a while, on a member that is well, was told `pre` last when an operation that was ordered begins on another
 * member, and nothing else between this `pre` and its `post`. In the end no round is open, every copy was told something since it was
 * started, and nobody was told last that a copy runs where none does.
 *
 * What a node does by itself (it has no quorum, or does not trust what it finds) waits for nobody.
 */
import { alivePeers } from '../../src/core/membership/hearing.ts';
import type { Service, ServiceId } from '../../src/core/model.ts';
import { type AgentOp, inMaintenance } from '../../src/core/ports.ts';
import { isSameNotice, type Notice } from '../../src/core/roles.ts';
import type { Host } from '../world/host.ts';
import { type Check, Violation, type World } from '../world/world.ts';

const isOperation = (verb: AgentOp['verb']): verb is Notice['operation'] =>
  verb === 'start' || verb === 'stop' || verb === 'promote' || verb === 'demote';

/** What a copy was told last. */
interface Told {
  readonly notice: Notice;
  /** The daemon's life in which that was: a new one knows nothing of it. */
  readonly life: number;
  readonly view: number | null;
  /** It has failed since, or had to be looked for: nobody could tell it the end of its round. */
  readonly isDeaf: boolean;
}

export function notices(): Check {
  const told = new Map<string, Told>();
  /** When a copy could not be told anything, for the last time. */
  const deafMs = new Map<string, number>();
  /**
   * When a node was in no view, or did not hear who coordinates it, for the last time: what it was ordered before, it may carry out long after
   * others were told that it will not, or have started in the same round.
   */
  const apartMs = new Map<string, number>();
  const lastTo = (host: Host, id: ServiceId): Told | null => {
    const last = told.get(keyOf(host, id));
    return last?.life === host.life ? last : null;
  };
  const toldTo = (host: Host, id: ServiceId): Notice | null => lastTo(host, id)?.notice ?? null;
  const deafen = (host: Host, id: ServiceId): void => {
    const last = told.get(keyOf(host, id));
    if (last !== undefined) told.set(keyOf(host, id), { ...last, isDeaf: true });
  };
  return {
    name: 'notices',
    serviceChanged(_world, host, id) {
      if (!host.running.has(id)) told.delete(keyOf(host, id));
    },
    passing(world) {
      for (const host of world.hosts.values()) if (isApart(host)) apartMs.set(host.id, world.agenda.nowMs);
      for (const host of world.hosts.values())
        for (const { id } of world.cluster.services)
          if (!hears(host, id)) {
            deafMs.set(keyOf(host, id), world.agenda.nowMs);
            // What an agent falsely called stopped begins anew when it is found.
            const state = host.loop?.state.local.get(id)?.record.state;
            if (state === 'stopped') told.delete(keyOf(host, id));
            if (state === 'failed') deafen(host, id);
          }
    },
    operationBegins(world, host, { verb, service, notice }) {
      if (!service.notify) return;
      if (verb === 'notify' && notice !== null) {
        const view = host.loop?.state.installed?.number ?? null;
        const before = lastTo(host, service.id);
        // Two sides that acted apart and meet again had a round each.
        const wasApart = world.cluster.quorum.noQuorum === 'ignore' && before?.view !== view;
        const isOpen = before?.notice.type === 'pre' && !before.isDeaf && !wasApart;
        if (isOpen && !endsRound(before.notice, notice))
          throw fail(world, `${host.id} is told ${wordsOf(notice)} after ${wordsOf(before.notice)}, which is not over`);
        told.set(keyOf(host, service.id), { notice, life: host.life, view, isDeaf: false });
        return;
      }
      if (verb === 'probe' || hadFailed(host, service, verb)) deafen(host, service.id);
      // A copy that an agent falsely called started begins anew as far as anybody knows.
      if (verb === 'start') told.delete(keyOf(host, service.id));
      if (!isOperation(verb) || !isOrdered(host, service)) return;
      const graceMs = world.cluster.heartbeat.deadMs * 3 + 1000;
      if (world.agenda.nowMs - (apartMs.get(host.id) ?? 0) < graceMs) return;
      for (const other of world.hosts.values()) {
        if (other === host || !isTogether(host, other) || !hears(other, service.id)) continue;
        if (world.agenda.nowMs - (deafMs.get(keyOf(other, service.id)) ?? 0) < graceMs) continue;
        const last = toldTo(other, service.id);
        if (last?.type === 'pre' && last.operation === verb && last[verb].includes(host.id)) {
          if (!isBeingTold(other, service.id)) continue;
        }
        throw fail(world, `${host.id} begins to ${verb} ${service.id}; ${other.id} was told ${wordsOf(last)}`);
      }
    },
    atEnd(world) {
      for (const { id } of world.cluster.services) {
        const hosts = [...world.hosts.values()].filter((host) => hears(host, id));
        for (const host of hosts) {
          const last = toldTo(host, id);
          // Its daemon never knew that it was stopped and started by hand.
          if (last === null && host.loop?.state.local.get(id)?.record.notice != null) continue;
          if (last === null || last.type === 'pre')
            throw fail(world, `${id} on ${host.id} was told ${wordsOf(last)} in the end`);
          const wrong = last.active.find((node) => !last.stop.includes(node) && !world.host(node).running.has(id));
          if (wrong !== undefined)
            throw fail(
              world,
              `${id} on ${host.id} was not told that it ended on ${wrong}; it was told ${wordsOf(last)}`,
            );
        }
      }
    },
  };
}

const keyOf = (host: Host, id: ServiceId): string => `${host.id}/${id}`;

/** It runs and is to be told, its daemon is well and knows that, and nobody works on it. */
function hears(host: Host, id: ServiceId): boolean {
  const state = host.loop?.state;
  if (state === undefined || host.isHelpless || !host.holds(id) || state.purging) return false;
  if (state.doc.cluster.services.find((service) => service.id === id)?.notify !== true) return false;
  const record = state.local.get(id)?.record.state;
  return (record === 'running' || record === 'notifying') && !inMaintenance(state.doc.admin, host.id, id);
}

/** In a pair, a node stays in its view all the same. */
function isApart({ id, loop, clock }: Host): boolean {
  const coordinator = loop?.state.installed?.coordinator;
  if (loop === null || coordinator === undefined) return true;
  return coordinator !== id && !alivePeers(loop.state, clock.nowMs).includes(coordinator);
}

/** Perhaps only for a moment, between two looks of this check. */
const hadFailed = ({ loop }: Host, { id }: Service, verb: AgentOp['verb']): boolean =>
  (verb === 'demote' || verb === 'stop') && loop?.state.local.get(id)?.before === 'failed';

const isBeingTold = (host: Host, id: ServiceId): boolean =>
  (host.underWay.get(id) ?? []).some(({ verb }) => verb === 'notify');

/** By a coordinator: nothing that it does of its own accord. */
function isOrdered({ loop }: Host, { id }: Service): boolean {
  const state = loop?.state;
  return state !== undefined && !state.purging && !state.distrusted.has(id) && state.installed !== null;
}

const isTogether = (a: Host, b: Host): boolean =>
  a.loop?.state.installed?.number === b.loop?.state.installed?.number &&
  a.loop?.state.installed?.members.includes(b.id) === true;

/** The end of the same round, or the same once more. */
const endsRound = (before: Notice, next: Notice): boolean => isSameNotice({ ...before, type: next.type }, next);

const wordsOf = (notice: Notice | null): string =>
  notice === null
    ? 'nothing'
    : `${notice.type} ${notice.operation} of ${notice[notice.operation].join(', ')} (active ${notice.active.join(', ')})`;

const fail = (world: World, message: string): Violation => new Violation('notices', world.agenda.nowMs, message);
