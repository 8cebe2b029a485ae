/**
 * The world after a plan of which every action succeeded: the same input with another history. What the nodes would have
 * recorded is written as they record it, so that the next reading finds out by itself what runs where.
 */
import { must } from '../../lib/assert.ts';
import { digestNow } from '../digest/index.ts';
import { intervalOf, operationsOf } from '../digest/operations.ts';
import type { AttributeSet, HistoryOperation, Input, NodeState, ResourceHistory } from '../input.ts';
import type { Placement } from '../placement.ts';
import type { PolicyAction, PolicyPlan } from '../plan.ts';
import { roleOf } from '../rule/index.ts';
import type { Node, NodeIndex, Resource, Situation } from '../situation.ts';
import { currentNode } from './changes.ts';
import { inSequence } from './sequence.ts';

/** What was asked about and what came out. */
export interface Decided {
  readonly situation: Situation;
  readonly placement: Placement;
  readonly plan: PolicyPlan;
}

/** What a node says of itself where a plan may change it. */
interface Draft {
  readonly state: NodeState;
  isGone: boolean;
  transient: readonly AttributeSet[];
  readonly history: Map<string, ResourceHistory>;
}

/**
 * Who writes down what was done. `crm_simulate` does it differently from nodes: one that was told to shut down is still there,
 * with nothing running; the end of a check is a result too, so that what was stopped before it counts as running; and nothing
 * that is deleted or cleared is forgotten.
 */
export type Recorder = 'nodes' | 'crm_simulate';

interface Keeping extends Decided {
  readonly by: Recorder;
  /** By which anything is known. */
  readonly names: ReadonlySet<string>;
}

const namesOf = ({ resources }: Situation): ReadonlySet<string> =>
  new Set(resources.flatMap(({ id, alias }) => (alias === null ? [id] : [id, alias])));

export function carryOut(decided: Decided, by: Recorder = 'nodes'): Input {
  const { situation, plan } = decided;
  const drafts = new Map(situation.input.nodeStates.map((state) => [state.name, draftOf(state)]));
  const keeping: Keeping = { ...decided, by, names: namesOf(situation) };
  for (const action of inSequence(plan.actions)) if (!action.isPseudo) carryOutOne(keeping, drafts, action);
  return { ...situation.input, nodeStates: [...drafts.values()].map(stateOf) };
}

const draftOf = (state: NodeState): Draft => ({
  state,
  isGone: false,
  transient: state.transient,
  history: new Map(state.history.map((each) => [each.id, each])),
});

function stateOf({ state, isGone, transient, history }: Draft): NodeState {
  const known = { ...state, transient, hasLrm: state.hasLrm || history.size > 0, history: [...history.values()] };
  if (!isGone) return known;
  return { ...known, hasLrm: false, inMembership: 'false', peer: 'offline', join: 'down', expected: 'down' };
}

function carryOutOne(keeping: Keeping, drafts: Map<string, Draft>, action: PolicyAction): void {
  if (action.node === null) return;
  const { situation, by } = keeping;
  const node = must(situation.nodes[action.node], `node ${action.node}`);
  const draft = drafts.get(node.name) ?? draftOf(newState(node));
  drafts.set(node.name, draft);
  if (action.task === 'fence') {
    if (action.how !== 'on') leave(draft);
  } else if (action.task === 'shutdown') {
    if (by === 'nodes') leave(draft);
  } else if (action.resource !== null) {
    change(keeping, draft, action, must(situation.resources[action.resource], `resource ${action.resource}`));
  }
}

/** What it ran and the values that were to last until it leaves go with it. */
function leave(draft: Draft): void {
  draft.isGone = true;
  draft.transient = [];
  draft.history.clear();
}

function newState(node: Node): NodeState {
  const { id, name, kind } = node;
  return {
    id,
    name,
    isRemote: kind === 'remote' || kind === 'guest',
    inMembership: null,
    peer: null,
    join: null,
    expected: null,
    hasLrm: true,
    fencedRemote: null,
    inMaintenance: null,
    transient: [],
    history: [],
  };
}

function change(keeping: Keeping, draft: Draft, action: PolicyAction, resource: Resource): void {
  const { task, node } = action;
  const { by } = keeping;
  if (node === null) return;
  const id = by === 'nodes' ? recordedAs(draft, resource, node) : simulatedAs(keeping, draft, resource);
  if (task === 'delete' || task === 'clear_failcount') {
    if (by === 'nodes') clear(draft, id, task, resource);
  } else if (isRecorded(task, by)) record(draft, id, resource, operationOf(keeping, draft, id, action, resource));
}

function clear(draft: Draft, id: string, task: 'delete' | 'clear_failcount', resource: Resource): void {
  if (task === 'delete') draft.history.delete(id);
  else forgetFailures(draft, id, resource);
}

/** What a check found stays true when the check ends. */
const isRecorded = (task: PolicyAction['task'], by: Recorder): boolean =>
  task === 'cancel' ? by === 'crm_simulate' : task !== 'notify' && task !== 'gate';

/** The name under which the node knows it already; an instance of an anonymous clone may have any number there. */
function recordedAs({ state, history }: Draft, resource: Resource, node: NodeIndex): string {
  const last = resource.history.get(node)?.at(-1);
  const isLast = ({ id, callId, rc }: HistoryOperation): boolean =>
    id === last?.id && callId === last.callId && rc === last.rc;
  const own = state.history.find(({ operations }) => operations.some(isLast))?.id;
  const names = [resource.historyId, resource.id, ...resource.historyIds];
  return own ?? names.find((id) => history.has(id)) ?? resource.historyId;
}

/** `crm_simulate` goes by the name in the operation; if that is nobody's, by the other one that it carries. */
function simulatedAs({ names }: Keeping, { history }: Draft, resource: Resource): string {
  const { id, alias, historyId, orphan } = resource;
  const told = (orphan ? alias : null) ?? historyId;
  const other = alias === null || alias === told ? id : alias;
  const name = names.has(told) ? told : names.has(other) ? other : told;
  return history.has(name) ? name : told;
}

function record(draft: Draft, id: string, resource: Resource, operation: HistoryOperation): void {
  const known = draft.history.get(id);
  const before = known?.operations ?? [];
  // In the place of the one before it: where results say nothing of their order, that of the document counts.
  const isKnown = before.some((each) => each.id === operation.id);
  const agent = resource.agent ?? must(known, `agent of ${resource.id}`).agent;
  draft.history.set(id, {
    container: null,
    shutdownLockS: null,
    ...known,
    id,
    agent,
    operations: isKnown ? before.map((each) => (each.id === operation.id ? operation : each)) : [...before, operation],
  });
}

function forget(draft: Draft, id: string, isForgotten: (operation: HistoryOperation) => boolean): void {
  const known = draft.history.get(id);
  if (known === undefined) return;
  draft.history.set(id, { ...known, operations: known.operations.filter((each) => !isForgotten(each)) });
}

function forgetFailures(draft: Draft, id: string, resource: Resource): void {
  forget(draft, id, (each) => each.id === `${id}_last_failure_0`);
  const isOfIt = (name: string): boolean =>
    /^(fail-count|last-failure)-/.test(name) &&
    [id, resource.id, resource.baseId].includes(name.replace(/^(fail-count|last-failure)-/, '').replace(/#[^#]*$/, ''));
  draft.transient = draft.transient.map((set) => ({ ...set, values: set.values.filter(([name]) => !isOfIt(name)) }));
}

/** Who asked, where nobody did, as `crm_simulate` writes it: what is pending on behalf of somebody else counts as newer. */
const nobody = 'xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx';

/** `migrate_to` and `migrate_from` have entries of their own, so has each recurring check; of the rest the last one counts. */
function operationOf(
  decided: Decided,
  draft: Draft,
  id: string,
  action: PolicyAction,
  resource: Resource,
): HistoryOperation {
  const { task, intervalMs } = action;
  const node = decided.situation.nodes[action.node ?? -1];
  const isMigration = task === 'migrate_to' || task === 'migrate_from';
  const operation = task === 'reload-agent' ? 'start' : task;
  const rc = resultOf(action, resource, decided.placement);
  const transitionKey = `1:-1:${rc}:${nobody}`;
  const known = draft.history.get(id)?.operations ?? [];
  const callId = known.reduce((highest, each) => Math.max(highest, each.callId), 0) + 1;
  const ends = isMigration ? migrationEnds(decided, resource) : null;
  return {
    id: isMigration || intervalMs > 0 ? `${id}_${operation}_${intervalMs}` : `${id}_last_0`,
    operation,
    operationKey: `${id}_${operation}_${intervalMs}`,
    intervalMs,
    callId,
    rc,
    status: 0,
    magic: `0:${rc};${transitionKey}`,
    transitionKey,
    lastChangeS: decided.situation.input.nowS,
    lastRunS: decided.situation.input.nowS,
    node: null,
    exitReason: null,
    digest: node === undefined ? null : digestNow(decided.situation, resource, node, { operation, intervalMs }),
    restartDigest: null,
    secureDigest: null,
    restartParameters: null,
    secureParameters: null,
    migrateSource: ends?.source ?? null,
    migrateTarget: ends?.target ?? null,
    version: null,
  };
}

/** OCF: 0 done or running, 7 not running, 8 running promoted. A check finds what it expects to find. */
function resultOf({ task, intervalMs, node }: PolicyAction, resource: Resource, placement: Placement): number {
  if (task !== 'monitor' || node === null) return 0;
  const isThere = intervalMs > 0 ? placement.nodeOf[resource.index] === node : resource.runningOn.includes(node);
  if (!isThere) return intervalMs === 0 || watchesStopped(resource, intervalMs) ? 7 : 0;
  const role = intervalMs > 0 ? placement.roleOf[resource.index] : resource.role;
  return role === 'promoted' ? 8 : 0;
}

/** Other checks where it is not to be are resumed there before it leaves. */
const watchesStopped = (resource: Resource, intervalMs: number): boolean =>
  operationsOf(resource).some(
    (operation) =>
      intervalOf(operation) === intervalMs && roleOf(operation.attributes.get('role') ?? null) === 'stopped',
  );

function migrationEnds({ situation, placement }: Decided, resource: Resource): { source: string; target: string } {
  const source = resource.partialMigration?.source ?? currentNode(situation, resource);
  const name = (node: number | null | undefined): string => situation.nodes[node ?? -1]?.name ?? '';
  return { source: name(source), target: name(placement.nodeOf[resource.index]) };
}
