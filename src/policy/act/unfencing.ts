/** Order between what a resource does on a node and the unfencing of the node. */
import { type Action, Implies } from '../actions.ts';
import type { NodeIndex, Resource } from '../situation.ts';
import { type Draft, isCandidate, nodeAt } from './draft.ts';
import { fence, unfence } from './fence.ts';

/** Probes and starts of fence devices too: agents that unfence often cannot even be probed before. */
export function orderAfterUnfencing(
  draft: Draft,
  resource: Resource,
  node: NodeIndex,
  action: Action,
  implies: number,
): void {
  const isConcerned =
    (resource.isFenceDevice && draft.situation.options.unfencing) || resource.meta.requires === 'unfencing';
  if (!isConcerned) return;
  draft.actions.order(fence(draft, node, { how: 'on', isOptional: true }), action, implies);
  if (!nodeAt(draft, node).is.unfenced) unfence(draft, null, node, `required by ${resource.id} ${action.task}`);
}

/** A node that is unfenced restarts what needs it there. */
export function orderRestartAroundUnfencing(draft: Draft, resource: Resource): void {
  const { options } = draft.situation;
  if (resource.isFenceDevice || !options.unfencing || resource.meta.requires !== 'unfencing') return;
  const { index } = resource;
  for (const { is } of draft.nodes) {
    if (!isCandidate(draft, resource, is.index)) continue;
    const unfencing = fence(draft, is.index, { how: 'on', isOptional: true });
    draft.orderings.push(
      {
        first: { resource: index, task: 'stop' },
        second: { action: unfencing },
        implies: Implies.order | Implies.sameNode,
      },
      {
        first: { action: unfencing },
        second: { resource: index, task: 'start' },
        implies: Implies.secondOnNode | Implies.sameNode,
      },
    );
  }
}
