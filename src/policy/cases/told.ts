/** A decision in words: where everything goes, what changes and why, and the actions in the order in which they may be done. */
import { byText } from '../../lib/compare.ts';
import { type Decision, decide } from '../index.ts';
import type { Input } from '../input.ts';
import { carryOut, essentialOrder, inSequence } from '../outcome/index.ts';
import type { Change, PolicyAction } from '../plan.ts';
import { absent, infinity } from '../values.ts';

/** And what is left to do once all of it has been done. */
export function tell(input: Input): string {
  const decision = decide(input);
  const rest = decide(carryOut(decision));
  const lines = [...placesOf(decision), ...changesOf(decision), 'plan:', ...actionsOf(decision)];
  const left = actionsOf(rest);
  const isSame = left.join() === actionsOf(decision).join();
  if (decision.plan.actions.length > 0) lines.push('once carried out:', ...(isSame ? ['  the same'] : left));
  return `${lines.join('\n')}\n`;
}

const nodeName = ({ situation }: Decision, node: number): string => situation.nodes[node]?.name ?? '';

function placesOf(decision: Decision): string[] {
  const { situation, placement } = decision;
  return situation.resources.flatMap(({ index, id, kind }) => {
    if (kind !== 'primitive') return [];
    const node = placement.nodeOf[index] ?? -1;
    const role = placement.roleOf[index];
    const where = node < 0 ? 'nowhere' : `${nodeName(decision, node)}${role === 'promoted' ? ' promoted' : ''}`;
    const scores = [...(placement.scores[index] ?? [])].map((score, at) =>
      score === absent
        ? []
        : [`${nodeName(decision, at)} ${score <= -infinity ? 'no' : score >= infinity ? 'must' : score}`],
    );
    return [`${id} -> ${where}: ${scores.flat().join(', ')}`];
  });
}

function changesOf(decision: Decision): string[] {
  const { changes } = decision.plan;
  const side = (place: Change['from']): string =>
    place === null ? '' : `${nodeName(decision, place.node)} ${place.role}`;
  return changes.map(({ kind, resource, from, to, isBlocked, because }) => {
    const id = decision.situation.resources[resource]?.id;
    const blocked = isBlocked ? ' (blocked)' : '';
    return `${kind} ${id}: ${side(from)} -> ${side(to)}${blocked}${because === '' ? '' : ` because ${because}`}`.replace(
      / {2,}/g,
      ' ',
    );
  });
}

/** Steps without work are left out, and so is order that follows from other order. */
function actionsOf(decision: Decision): string[] {
  const { actions } = decision.plan;
  const isWanted = (action: PolicyAction): boolean => !action.isPseudo || action.task === 'fence';
  const pairs = essentialOrder(actions, isWanted);
  const wanted = inSequence(actions).filter(isWanted);
  const text = (action: PolicyAction): string => actionText(decision, action);
  const lines = wanted.map((action) => {
    const before = pairs.filter(([, second]) => second === action).map(([first]) => text(first));
    return `  ${text(action)}${before.length === 0 ? '' : ` after ${before.sort(byText).join(' and ')}`}`;
  });
  return lines.length === 0 ? ['  nothing to do'] : lines;
}

function actionText(decision: Decision, { task, resource, node, intervalMs, how }: PolicyAction): string {
  const name = task === 'monitor' ? (intervalMs === 0 ? 'probe' : 'check') : task;
  const id = resource === null ? how : decision.situation.resources[resource]?.id;
  return [name, id, node === null ? null : `on ${nodeName(decision, node)}`].filter((word) => word !== null).join(' ');
}
