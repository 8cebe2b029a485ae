/** The part of the engine's input that changes: which nodes are there, and what runs on them. */
import type { AttributeSet, HistoryOperation, NodeState, ResourceHistory } from '../../policy/input.ts';
import type { NodeId, Service } from '../model.ts';
import { agentOf, historyIdOf, monitorMs, setOf } from './configuration.ts';
import type { Present, Question } from './question.ts';

/** A copy and what it is a copy of. */
export interface PresentHere {
  readonly service: Service;
  readonly copy: Present;
}

export function nodeStateOf(node: NodeId, { members, standby }: Question, here: readonly PresentHere[]): NodeState {
  const isMember = members.has(node);
  return {
    id: node,
    name: node,
    isRemote: false,
    inMembership: String(isMember),
    peer: isMember ? 'online' : 'offline',
    join: isMember ? 'member' : 'down',
    expected: isMember ? 'member' : 'down',
    hasLrm: true,
    fencedRemote: null,
    inMaintenance: null,
    transient: attributesOf(standby.has(node), here),
    history: here.flatMap(historyOf),
  };
}

function attributesOf(isStandby: boolean, here: readonly PresentHere[]): readonly AttributeSet[] {
  const values: [string, string][] = isStandby ? [['standby', 'on']] : [];
  for (const { service, copy } of here)
    if (copy.failures > 0)
      values.push([`fail-count-${historyIdOf(service)}#monitor_${monitorMs.unpromoted}`, String(copy.failures)]);
  for (const { service, copy } of here)
    if (copy.promotion !== null && counts(service, copy))
      values.push([`master-${historyIdOf(service)}`, String(copy.promotion)]);
  return values.length === 0 ? [] : [setOf('status', values)];
}

function historyOf({ service, copy }: PresentHere): readonly ResourceHistory[] {
  const id = historyIdOf(service);
  const operations = operationsOf(id, copy);
  return operations.length === 0
    ? []
    : [{ id, agent: agentOf(service), container: null, shutdownLockS: null, operations }];
}

/**
 * The engine believes the score of a copy only where that runs; of one that differs from others also where it once ran, and would send it
 * back and forth for that.
 */
const counts = ({ copyOf }: Service, { state }: Present): boolean => copyOf === undefined || state !== 'stopped';

/** Exit code of a check that finds a promoted copy broken. */
const failedPromoted = 9;

function operationsOf(id: string, { state, definition, promoted, mending }: Present): readonly HistoryOperation[] {
  const start = operation(id, 'start', 1, 0);
  const roles = promoted ? [operation(id, 'promote', 2, 0)] : [];
  switch (state) {
    case 'running':
      return [{ ...start, definition, restartDigest: definition }, ...roles];
    case 'failed':
      if (mending === 'promote') return [start, operation(id, 'promote', 2, 1)];
      if (mending === 'check')
        return [start, ...roles, operation(id, 'monitor', 3, failedPromoted, monitorMs.promoted)];
      return [start, ...roles, operation(id, 'monitor', 3, promoted ? failedPromoted : 1, monitorMs.unpromoted)];
    case 'stopped':
      return [];
  }
}

/** As it was asked for: a start or a check of something that runs, which answers 0 if all is well. */
function operation(
  id: string,
  name: 'start' | 'promote' | 'monitor',
  callId: number,
  rc: number,
  intervalMs = 0,
): HistoryOperation {
  const transitionKey = `${callId}:1:0:sempre`;
  return {
    id: `${id}_${name}_${intervalMs}`,
    operation: name,
    operationKey: `${id}_${name}_${intervalMs}`,
    intervalMs,
    callId,
    rc,
    status: rc === 0 ? 0 : 4,
    magic: `0:${rc};${transitionKey}`,
    transitionKey,
    lastChangeS: null,
    lastRunS: null,
    node: null,
    exitReason: null,
    digest: null,
    restartDigest: null,
    secureDigest: null,
    restartParameters: null,
    secureParameters: null,
    migrateSource: null,
    migrateTarget: null,
    version: null,
    definition: 'current',
  };
}
