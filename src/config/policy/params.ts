/** Parameters of agents that are otherwise on some nodes. */
import { attributesForRules } from '../../core/ask/index.ts';
import type { ClusterNode, NodeId, OcfResource } from '../../core/model.ts';
import { ruleHolds } from '../../policy/rule/index.ts';
import { ruleOf } from '../rule/parse.ts';
import type { ServiceFile } from '../serviceSchema.ts';
import { paramsAreDated } from './ruled.ts';
import { agentOf } from './traits.ts';

type AgentFile = Extract<ServiceFile, { agent: string }>;

/** Rules that hold for a node; the later one counts first. Nodes on which nothing is otherwise are missing, and all where dates matter. */
export function paramsOnNodes(
  file: AgentFile,
  on: readonly NodeId[],
  nodes: readonly ClusterNode[],
): OcfResource['paramsOn'] {
  const rules = (file.rules ?? []).flatMap(({ where, params }) =>
    params === undefined ? [] : [{ rule: ruleOf(where, ''), params }],
  );
  if (rules.length === 0 || paramsAreDated(file, nodes)) return {};
  const agent = agentOf(file);
  return Object.fromEntries(
    nodes.flatMap((node) => {
      if (!on.includes(node.id)) return [];
      const context = { nowS: 0, agent, nodeAttributes: attributesForRules(node) };
      const own = rules.filter(({ rule }) => ruleHolds(rule, context)).flatMap(({ params }) => Object.entries(params));
      return own.length === 0 ? [] : [[node.id, Object.fromEntries(own.map(([name, value]) => [name, String(value)]))]];
    }),
  );
}
