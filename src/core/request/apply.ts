/** A new cluster file. */
import { proposeDoc } from '../document/index.ts';
import { type Cluster, guardsPromotion, isGuarded, type NodeId, type Service } from '../model.ts';
import { type Command, type Doc, isLeftBehind, mayRunBy, type Version } from '../ports.ts';
import { compareVersions, type NodeState, showVersion, type Turn } from '../state.ts';
import { votesAtOnce } from '../upkeep/index.ts';
import { inForce } from '../upkeep/rules.ts';
import { type Outcome, refuse, unchanged } from './outcome.ts';

export function apply(turn: Turn, doc: Doc, command: Extract<Command, { kind: 'apply' }>): Outcome {
  if (command.ifVersion !== null && compareVersions(command.ifVersion, doc.content) !== 0)
    return refuse(
      'CONFLICT',
      `the cluster file is at version ${showVersion(doc.content)}, not ${showVersion(command.ifVersion)}`,
    );
  if (command.cluster.name !== doc.cluster.name)
    return refuse('UNSAFE', `this cluster is ${doc.cluster.name}; the file is for ${command.cluster.name}`);
  if (command.source === doc.source) return unchanged(doc);
  if (doc.next !== null)
    return refuse('CONFLICT', 'a change of nodes is under way; try again when the votes have followed it');
  if (command.cluster.heartbeat.port !== doc.cluster.heartbeat.port)
    return refuse('UNSAFE', 'the port cannot change while the cluster runs: nodes would no longer hear each other');
  const unsafe = whyNotRemoved(turn.state, command.cluster);
  if (unsafe !== null) return refuse('UNSAFE', unsafe);
  return { version: take(turn, doc, command) };
}

function take(turn: Turn, doc: Doc, { source, cluster }: Extract<Command, { kind: 'apply' }>): Version {
  const voters = votesAtOnce(turn.state, doc, cluster);
  if (voters === null) return proposeDoc(turn, { next: { source, cluster } });
  return proposeDoc(turn, inForce(doc, { source, cluster }, voters));
}

/** A node that leaves is neither heard nor waited for any more: it must be certain that it runs nothing that must not run twice. */
function whyNotRemoved(state: NodeState, cluster: Cluster): string | null {
  const stays = new Set(cluster.nodes.map(({ id }) => id));
  for (const { id } of state.doc.cluster.nodes) {
    const isOff = Object.hasOwn(state.doc.admin.off, id) || state.off.has(id);
    if (stays.has(id) || (isOff && !state.outside.has(id))) continue;
    const here = state.installed?.members.includes(id) === true;
    const runs = state.doc.cluster.services.find((service) => mayRun(state, id, service, here));
    if (runs === undefined) continue;
    return here
      ? `${id} runs ${runs.id}; put it on standby first: sempre node standby ${id}`
      : `${id} is lost and may run ${runs.id}; when you have seen that it is off: sempre node confirm-off ${id} --reason ...`;
  }
  return null;
}

function mayRun(state: NodeState, node: NodeId, service: Service, here: boolean): boolean {
  if (here) return mayRunBy(state.records.get(node)?.services[service.id]);
  const isNamed = service.on.includes(node) || isLeftBehind(state.doc.admin, node, service.id);
  return isNamed && (isGuarded(service) || guardsPromotion(service));
}
