/** Why there, or why nowhere: in words. */
import { must } from '../../lib/assert.ts';
import type { NodeId, Service } from '../model.ts';
import type { NodeScore } from './plan.ts';
import { type Candidate, whyForbidden } from './score.ts';

/** `load`: services placed so far on each node. */
export function reasonFor(
  { service, runsOn, wish }: Candidate,
  nodes: readonly NodeId[],
  scores: readonly NodeScore[],
  load: ReadonlyMap<NodeId, number>,
): string {
  const able = scores.filter(({ score }) => score !== null);
  if (service.clone) return reasonForClone(service.instances, able.length);
  const best = must(nodes[0], 'best node');
  const next = nextOf(best, able);
  if (next === undefined) return `only ${best} can run it`;
  if (
    wish !== undefined &&
    (wish.to === best || (wish.from !== null && runsOn.includes(wish.from) && wish.from !== best))
  )
    return wish.because;
  const bestScore = able.find(({ node }) => node === best)?.score ?? 0;
  if (service.copyOf !== undefined && bestScore < (next.score ?? 0))
    return `${runsOn.includes(best) ? 'it runs there' : 'it was given that node'}: copies of ${service.copyOf.service} share the nodes evenly`;
  if (bestScore !== next.score) return `${best} scores ${bestScore}, ${next.node} ${next.score}`;
  const both = `${best} and ${next.node} score ${bestScore}`;
  if (runsOn.includes(best) && !runsOn.includes(next.node)) return `${both}; it runs on ${best}`;
  if ((load.get(best) ?? 0) < (load.get(next.node) ?? 0)) return `${both}; ${best} has fewer services`;
  return `${both}; ${best} comes first by name`;
}

const nextOf = (best: NodeId, able: readonly NodeScore[]): NodeScore | undefined =>
  able
    .filter(({ node }) => node !== best)
    .reduce<NodeScore | undefined>(
      (next, each) => ((each.score ?? 0) > (next?.score ?? -Infinity) ? each : next),
      undefined,
    );

function reasonForClone(wanted: number, able: number): string {
  if (able < wanted) return `only ${able} of ${wanted} copies: no other node can run it`;
  return able === wanted ? `on each of the ${able} nodes that can run it` : `the best ${wanted} of ${able} nodes`;
}

const whyTooLow = ({ score }: NodeScore): string =>
  score !== null && score < 0 ? `scores ${score}, and below 0 nothing runs` : 'no reason given';

export function refusals(service: Service, scores: readonly NodeScore[]): string {
  const listed = scores.filter(({ node }) => service.on.includes(node));
  const reasons = listed.map((score) => `${score.node}: ${whyForbidden(score) ?? whyTooLow(score)}`);
  if (reasons.length === 0) return 'no node is listed in «on»';
  return `no node can run it; ${reasons.join('; ')}`;
}
