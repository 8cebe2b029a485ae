/**
 * A change that was acknowledged is still there at the end, unless another one about the same thing came later.
 *
 * A request without an answer may have been carried out or not, at any time from then on: nothing is claimed any more. Nor of
 * requests that were asked while others about the same thing were: which was carried out last, nobody can say.
 */
import { type Cluster, type NodeId, servicesNamed } from '../../src/core/model.ts';
import type { AnswerCode, Command, Doc } from '../../src/core/ports.ts';
import { isMajority, type Votes } from '../../src/core/quorum/votes.ts';
import { type Check, Violation, type World } from '../world/world.ts';

export function durable(): Check {
  const acknowledged = new Map<string, Command>();
  const unanswered = new Map<string, number>();
  const contested = new Set<string>();
  let apart = false;
  return {
    name: 'durable',
    asked(world, command) {
      // An operator who says that one of two is off lets the other one act, which may not know what the first decided alone.
      if (command.kind === 'confirmOff' && isPair(world)) acknowledged.clear();
      const key = keyOf(command);
      if (key === null) return;
      acknowledged.delete(key);
      const others = unanswered.get(key) ?? 0;
      if (others > 0) contested.add(key);
      unanswered.set(key, others + 1);
    },
    answered(_world, command, answer) {
      const key = keyOf(command);
      if (key === null || (!answer.ok && isUncertain(answer.code))) return;
      const others = (unanswered.get(key) ?? 1) - 1;
      unanswered.set(key, others);
      if (others > 0) return;
      if (answer.ok && !contested.has(key) && !apart) acknowledged.set(key, command);
      contested.delete(key);
    },
    // Half of a pair is no minority: what it decides alone can be lost with it, where the file lets the other one act without it.
    installed(world, _host, view) {
      if (mayDiverge(world) && !deciding(world).every(({ id }) => view.members.includes(id))) apart = true;
      else if (apart) {
        apart = false;
        acknowledged.clear();
      }
    },
    lostDoc(world, host) {
      if (isNoMinority(world, host.id)) acknowledged.clear();
    },
    atEnd(world) {
      for (const command of apart ? [] : acknowledged.values()) {
        for (const host of world.hosts.values()) {
          const doc = host.loop?.state.doc;
          if (doc === undefined || isThere(command, doc)) continue;
          const message = `${host.id} does not know of an acknowledged change: ${wordsOf(command)}`;
          throw new Violation('durable', world.agenda.nowMs, message);
        }
      }
    },
  };
}

/** Two nodes, either of which may come to act without having heard of the other one since it booted, or while it is falsely said to be off. */
const mayDiverge = (world: World): boolean => {
  const { quorum } = world.cluster;
  const isLiedAbout = [...world.hosts.values()].some(({ isSaidToBeOff }) => isSaidToBeOff);
  const mayAct = quorum.tie === 'ping' || quorum.noQuorum === 'ignore' || quorum.startWaitMs !== null;
  return isPair(world) && (mayAct || isLiedAbout);
};

/** By the cluster file, or by the votes that some node goes by: one of two, the only one, one that has as many votes as all others. */
function isNoMinority(world: World, node: NodeId): boolean {
  const written: Votes = Object.fromEntries(deciding(world).map(({ id, votes }) => [id, votes]));
  const known = [...world.hosts.values()].map(({ loop }): Votes => loop?.state.doc.voters ?? written);
  const others = (voters: Votes): NodeId[] => Object.keys(voters).filter((id) => id !== node);
  return [written, ...known].some((voters) => !isMajority(others(voters), voters));
}

const isPair = (world: World): boolean => deciding(world).length === 2;

/** Guests decide nothing. */
const deciding = ({ cluster: { nodes } }: World): Cluster['nodes'] => nodes.filter(({ guest }) => guest === undefined);

const isUncertain = (code: AnswerCode): boolean => code === 'TIMED_OUT' || code === 'NO_QUORUM';

function keyOf(command: Command): string | null {
  if (command.kind === 'standby' || command.kind === 'shutdown') return `standby ${command.node}`;
  if (command.kind === 'run') return `run ${nameOfAll(command.service)}`;
  if (command.kind === 'apply') return 'file';
  if (command.kind === 'maintain') return `maintain ${command.node}/${nameOfAll(command.service ?? '')}`;
  return null;
}

/** A command may be about one of several copies that differ, or about all of them. */
const nameOfAll = (service: string): string => service.replace(/:\d+$/, '');

const wordsOf = (command: Command): string =>
  command.kind === 'apply' ? `the cluster file «${command.source}»` : JSON.stringify(command);

function isThere(command: Command, { admin, cluster, source, next }: Doc): boolean {
  if (command.kind === 'apply') return command.source === (next ?? { source }).source;
  if (command.kind === 'standby') return (admin.standby[command.node] !== undefined) === command.on;
  const isEach = (table: Readonly<Record<string, object>>, service: string, is: boolean): boolean => {
    const copies = servicesNamed(cluster, service).map(({ id }) => id);
    return (copies.length === 0 ? [service] : copies).every((id) => (table[id] !== undefined) === is);
  };
  if (command.kind === 'run') return isEach(admin.stopped, command.service, command.wanted === 'stopped');
  if (command.kind !== 'maintain') return true;
  const { nodes, services } = admin.maintenance;
  if (command.node === null) return isEach(services, command.service ?? '', command.on);
  return (nodes[command.node] !== undefined) === command.on;
}
