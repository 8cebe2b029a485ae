/** Parameters of agents that are otherwise on some nodes. */
import type { ClusterNode, NodeId, OcfResource } from '../../core/model.ts';
import { ruleHolds } from '../../policy/rule/index.ts';
import { ruleOf } from '../rule/parse.ts';
import type { ServiceFile } from '../serviceSchema.ts';
import { agentOf } from './traits.ts';

type AgentFile = Extract<ServiceFile, { agent: string }>;

/** Rules that hold for a node; the later one counts first. Nodes on which nothing is otherwise are missing. */
export function paramsOnNodes(
  file: AgentFile,
  on: readonly NodeId[],
  nodes: readonly ClusterNode[],
): OcfResource['paramsOn'] {
  const rules = (file.rules ?? []).flatMap(({ where, params }) =>
    params === undefined ? [] : [{ rule: ruleOf(where, ''), params }],
  );
  if (rules.length === 0) return {};
  const agent = agentOf(file);
  return Object.fromEntries(
    nodes.flatMap((node) => {
      if (!on.includes(node.id)) return [];
      const context = { nowS: 0, agent, nodeAttributes: attributesOf(node) };
      const own = rules.filter(({ rule }) => ruleHolds(rule, context)).flatMap(({ params }) => Object.entries(params));
      return own.length === 0 ? [] : [[node.id, Object.fromEntries(own.map(([name, value]) => [name, String(value)]))]];
    }),
  );
}

/** As rules know a node: those that begin with «#» are the cluster's own. */
const attributesOf = ({ id, attributes }: ClusterNode): ReadonlyMap<string, string> =>
  new Map([...Object.entries(attributes), ['#uname', id], ['#id', id], ['#kind', 'cluster']]);
