/** The driver's verbs for 127.0.0.0/8, without root: see `src/drivers/loopback/holder.ts`. */
import type { AddressResource, NodeId } from '../../core/model.ts';
import type { AgentOp, OpResult } from '../../core/ports.ts';
import { failedOnNode, ok, running, stopped, withoutRoles } from '../driver.ts';
import { holderFolder, holderPath, isLive, readHolder, releaseHold, takeHold } from '../loopback/holder.ts';

/** Carries out `op` on the file that stands for the address. */
export function performOnLoopback(node: NodeId, op: AgentOp, resource: AddressResource): OpResult {
  try {
    return act(node, op, resource);
  } catch (error) {
    return failedOnNode(
      `the folder ${holderFolder()} (SEMPRE_LOOPBACK_DIR) cannot be used: ${(error as Error).message}`,
    );
  }
}

function act(node: NodeId, op: AgentOp, resource: AddressResource): OpResult {
  const path = holderPath(resource.address);
  switch (op.verb) {
    case 'probe':
    case 'check':
      return look(node, path);
    case 'start': {
      const rival = takeHold(path, node, op.handFrom === null ? [] : [op.handFrom]);
      if (rival === null) return ok;
      return {
        outcome: 'conflict',
        because: `${resource.address} is still held by ${rival.node} (process ${rival.pid})`,
      };
    }
    case 'stop':
      releaseHold(path, node);
      return ok;
    case 'reload':
    case 'tune':
      return ok;
    default:
      return withoutRoles(op.verb);
  }
}

function look(node: NodeId, path: string): OpResult {
  const held = readHolder(path);
  if (held?.node !== node) return stopped;
  // A restarted daemon speaks for it from now on: otherwise another node could take it for abandoned.
  if (!isLive(held)) takeHold(path, node, []);
  return running(null);
}

/** What `status` shows. */
export function loopbackDetails(resource: AddressResource): unknown {
  const held = readHolder(holderPath(resource.address));
  return {
    kind: 'loopback',
    holder: held?.node ?? null,
    note: 'stand-in: an address of this machine itself; holding it is a file that the nodes share',
  };
}
