/** One status of the whole cluster out of what each node said of itself. Pure: the same answers give the same status. */
import { isPair } from '../config/checkQuorum.ts';
import type { Cluster, ClusterNode, NodeId } from '../core/model.ts';
import type { Admin, NodeRecord, Standby, Version } from '../core/ports.ts';
import type { NodeReport, PeerReport } from '../core/report.ts';
import type { Plan } from '../core/schedule/plan.ts';
import { byText } from '../lib/compare.ts';
import { disarmedOf, fencingsOf, maintenanceOf, recordOf } from './fencings.ts';
import { linksOf } from './links.ts';
import { failuresOf, isUnderWay, type Known, serviceStatus } from './services.ts';
import {
  type BalancerStatus,
  type ClusterStatus,
  type NodeAnswer,
  type NodeState,
  type NodeStatus,
  type PendingAction,
  type ServiceStatus,
  schemaVersion,
} from './status.ts';
import { wishesOf } from './wishes.ts';

export interface MergeInput {
  readonly at: string;
  readonly cluster: Cluster;
  readonly version: Version;
  readonly admin: Admin;
  readonly report: NodeReport;
  /** Of every node that answered, the asked one included. */
  readonly answers: ReadonlyMap<NodeId, NodeAnswer>;
}

export function mergeStatus(input: MergeInput): ClusterStatus {
  const { report, cluster, answers } = input;
  const known = knownOf(input);
  const services = [...cluster.services].sort(byId).map((service) => serviceStatus(service, known));
  const nodes = [...cluster.nodes].sort(byId).map((node) => nodeStatus(node, input, services));
  const underWay = services.some((service) => service.copies.some(isUnderWay));
  const idle = report.quorum && known.plan !== null && !underWay;
  return {
    schemaVersion,
    cluster: cluster.name,
    at: input.at,
    answeredBy: report.node,
    view: report.view,
    coordinator: report.view?.coordinator ?? null,
    quorum: report.quorum,
    noQuorumBecause: report.noQuorumBecause,
    version: input.version,
    settled: idle && known.pending.length === 0 && !isHeld(input),
    stuck: idle && (isStuck(known.pending, planAgainInMs(input)) || waitsForWord(input)),
    nodes,
    services,
    balancers: [...answers.values()].flatMap((answer) => answer.balancers).sort(byServiceAndNode),
    failures: [...cluster.services].sort(byId).flatMap((service) => failuresOf(service, known).sort(byNode)),
    pending: known.pending,
    standing: report.standing,
    disarmed: disarmedOf(input),
    maintenance: maintenanceOf(input.admin),
    waitsFor: report.waitsFor,
    fencings: fencingsOf(input),
    wishes: wishesOf(input.admin),
    stallMsMax: Math.max(0, ...[...answers.values()].map((answer) => answer.stall.maxMs)),
  };
}

/** The decision that counts: the coordinator's when it answered, otherwise what this node would decide. */
export function decidingPlan(report: NodeReport, answers: ReadonlyMap<NodeId, NodeAnswer>): Plan | null {
  const coordinator = report.view?.coordinator;
  return (coordinator === undefined ? null : answers.get(coordinator)?.plan) ?? report.plan;
}

export function pendingOf(plan: Plan | null): PendingAction[] {
  return (plan?.actions ?? []).map((action) => ({
    id: action.id,
    verb: action.verb,
    service: action.service,
    node: action.on,
    after: action.after,
    because: action.because,
    blocked: action.blocked,
  }));
}

/** What `serviceStatus` needs, from all answers. */
export function knownOf(input: MergeInput): Known {
  const plan = decidingPlan(input.report, input.answers);
  const { report } = input;
  const view = report.view?.members ?? [report.node];
  const members = new Set(view.filter((node) => !isLost(node, input)));
  return {
    cluster: input.cluster,
    admin: input.admin,
    records: newestRecords(input, members),
    left: report.records.filter(({ node }) => view.includes(node) && !members.has(node)),
    usable: new Set([...members].filter((node) => input.admin.standby[node] === undefined)),
    plan,
    pending: pendingOf(plan),
    noQuorumBecause: input.report.quorum ? null : (input.report.noQuorumBecause ?? 'no reason is known'),
  };
}

/** Each node's own word about itself, or the copy that the asked node has. */
function newestRecords(input: MergeInput, members: ReadonlySet<NodeId>): Map<NodeId, NodeRecord> {
  const records = new Map(
    input.report.records.filter((record) => members.has(record.node)).map((record) => [record.node, record]),
  );
  for (const answer of input.answers.values()) {
    if (answer.record !== null && members.has(answer.node)) records.set(answer.node, answer.record);
  }
  return new Map([...records].sort(([a], [b]) => byText(a, b)));
}

function nodeStatus(node: ClusterNode, input: MergeInput, services: readonly ServiceStatus[]): NodeStatus {
  const name = node.id;
  const answer = input.answers.get(name);
  const seen = new Map([...input.answers].map(([node, { peers }]) => [node, peers]));
  const { state, because: why } = nodeState(name, input);
  const guest = guestStatus(node, services);
  // What was noted when it ended is no news once its machine runs again.
  const isStarted = state === 'off' && (guest.guest?.on.length ?? 0) > 0;
  const because = isStarted ? 'its machine was started, and its daemon has not joined yet' : why;
  return {
    name,
    state,
    because,
    coordinator: input.report.view?.coordinator === name,
    witness: node.witness,
    votes: node.votes,
    ...guest,
    watchdog: state === 'lost' || state === 'off' ? null : (recordOf(name, input)?.watchdog ?? null),
    stray: input.admin.stray[name]?.because ?? null,
    answered: answer !== undefined,
    links: linksOf(input.cluster, name, seen),
    running: services.filter((service) => service.nodes.includes(name)).map((service) => service.name),
    stallMsMax: answer?.stall.maxMs ?? null,
    stallMsLastMinute: answer?.stall.lastMinuteMs ?? null,
    software: answer?.software ?? null,
    startedAt: answer?.startedAt ?? null,
  };
}

function guestStatus({ guest }: ClusterNode, services: readonly ServiceStatus[]): Pick<NodeStatus, 'guest'> {
  const machine = services.find(({ name }) => name === guest);
  return machine === undefined ? {} : { guest: { machine: machine.name, state: machine.state, on: machine.nodes } };
}

/** A member is away that the view still counts on. */
const isHeld = (input: MergeInput): boolean =>
  input.report.view?.members.some((member) => isLost(member, input)) ?? false;

/** Of two nodes that take nothing over by themselves one is away: only an operator can say that it is off. */
function waitsForWord(input: MergeInput): boolean {
  const { cluster, report, admin } = input;
  if (cluster.quorum.tie !== 'none' || !isPair(cluster)) return false;
  const known = new Set([...Object.keys(admin.off), ...report.off.map(({ node }) => node)]);
  return report.view?.members.some((member) => isLost(member, input) && !known.has(member)) ?? false;
}

/**
 * Not heard, and if it is in the view, by none of its members that answered: of two nodes that decide together, the lost one stays
 * in the view until it is known to be off.
 */
function isLost(name: NodeId, { report, answers }: Pick<MergeInput, 'report' | 'answers'>): boolean {
  const seesIt = (peers: readonly PeerReport[]): boolean =>
    peers.some((peer) => peer.node === name && peer.state !== 'lost');
  if (name === report.node || seesIt(report.peers)) return false;
  if (!(report.view?.members.includes(name) ?? false)) return true;
  return !answers.has(name) && ![...answers.values()].some(({ peers }) => seesIt(peers));
}

export function nodeState(
  name: NodeId,
  input: Pick<MergeInput, 'report' | 'admin' | 'answers'>,
): { state: NodeState; because: string | null } {
  const { report, admin } = input;
  const member = report.view?.members.includes(name) ?? false;
  if (isLost(name, input)) {
    const off = admin.off[name] ?? report.off.find((each) => each.node === name);
    if (off !== undefined) return { state: 'off', because: off.because || 'confirmed by an operator' };
    const wish = admin.standby[name];
    const shut = wish?.shutdown === undefined ? '' : `; an operator shut it down: ${wish.because}`;
    return { state: 'lost', because: `not heard on any link${shut}` };
  }
  const standby = admin.standby[name];
  if (standby !== undefined) return { state: 'standby', because: standbyWords(standby) };
  if (member) return { state: 'online', because: null };
  if (name === report.node) return { state: 'joining', because: 'in no view' };
  return { state: 'joining', because: 'heard, but no member of the view yet' };
}

function standbyWords({ because, shutdown }: Standby): string {
  const words = because || 'set by an operator';
  return shutdown === undefined ? words : `to be shut down: ${words}`;
}

function planAgainInMs(input: MergeInput): number | null {
  const coordinator = input.report.view?.coordinator;
  if (coordinator === undefined) return null;
  const answer = input.answers.get(coordinator);
  return answer === undefined ? (input.report.plan?.againAtMs ?? null) : answer.planAgainInMs;
}

/** Everything that is left waits for something that time alone does not bring. */
const isStuck = (pending: readonly PendingAction[], againInMs: number | null): boolean => {
  if (pending.length === 0 || againInMs !== null) return false;
  const waits = new Set<number>();
  for (const action of pending) {
    if (action.blocked !== null || action.after.some((id) => waits.has(id))) waits.add(action.id);
  }
  return waits.size === pending.length;
};

const byId = (a: { id: string }, b: { id: string }): number => byText(a.id, b.id);
const byNode = (a: { node: string }, b: { node: string }): number => byText(a.node, b.node);
const byServiceAndNode = (a: BalancerStatus, b: BalancerStatus): number =>
  byText(a.service, b.service) || byText(a.node, b.node);
