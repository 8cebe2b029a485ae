/** Why a service runs where it runs, or nowhere: every node with every rule that spoke for or against it. Pure. */
import type { NodeId, Service } from '../core/model.ts';
import type { NodeScore } from '../core/schedule/plan.ts';
import { decidingPlan, knownOf, type MergeInput, nodeState, pendingOf } from './merge.ts';
import { serviceStatus } from './services.ts';
import { schemaVersion, type WhyAnswer, type WhyNode } from './status.ts';
import { wishesAbout } from './wishes.ts';

export function whyAnswer(service: Service, input: MergeInput): WhyAnswer {
  const known = knownOf(input);
  const plan = decidingPlan(input.report, input.answers);
  const placement = plan?.placements.find((each) => each.service === service.id);
  const status = serviceStatus(service, known);
  return {
    schemaVersion,
    service: status,
    answeredBy: input.report.node,
    noQuorumBecause: known.noQuorumBecause,
    chosen: placement?.nodes ?? null,
    because: placement?.because ?? status.because,
    promotion: placement?.promotion ?? null,
    nodes: (placement?.scores ?? unscored(input)).map((score) =>
      whyNode(score, service, input, placement?.nodes ?? []),
    ),
    pending: pendingOf(plan).filter((action) => action.service === service.id),
    admin: wishesAbout(service, input.admin),
  };

  function whyNode(score: NodeScore, of: Service, from: MergeInput, chosen: readonly NodeId[]): WhyNode {
    const record = known.records.get(score.node)?.services[of.id];
    return {
      ...score,
      nodeState: nodeState(score.node, from).state,
      chosen: chosen.includes(score.node),
      copy: record?.state ?? 'unknown',
      failures: record?.failures ?? 0,
      lastFailure: record?.lastFailure ?? null,
    };
  }
}

/** Without a decision there are no scores, but each node and its state can still be named. */
const unscored = (input: MergeInput): NodeScore[] =>
  input.cluster.nodes.map((node) => ({ node: node.id, score: null, terms: [] }));
