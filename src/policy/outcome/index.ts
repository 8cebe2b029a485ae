/** What comes of a plan: the lines that people read, and the cluster before and after it. */

export { carryOut, type Decided, type Recorder } from './carryOut.ts';
export { changesOf, currentNode } from './changes.ts';
export { essentialOrder } from './essential.ts';
export { planOf } from './plan.ts';
export { inSequence } from './sequence.ts';
export {
  type Flag,
  type NodeWord,
  type RoleWord,
  type Shown,
  type ShownNode,
  type ShownResource,
  shownOf,
} from './shown.ts';
