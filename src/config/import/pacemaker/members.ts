/** Who is in the cluster, where the configuration itself does not say: parts of one are passed around without their nodes. */
import type { Input, LocationConfig, NodeConfig, Rule } from '../../../policy/input.ts';
import type { Corosync } from './corosync.ts';
import type { ImportDraft } from './draft.ts';
import type { Addresses } from './nodes.ts';

export function withMembers(input: Input, corosync: Corosync | null, said: Addresses, draft: ImportDraft): Input {
  if (input.nodes.some(({ type }) => type === 'member')) return input;
  const listed = (corosync?.nodes ?? []).flatMap(({ name }) => name ?? []);
  const names = new Map(
    [...said.keys(), ...listed, ...input.constraints.locations.flatMap(nodesNamed)].map((name) => [
      name.toLowerCase(),
      name,
    ]),
  );
  if (names.size > 0)
    draft.note(
      null,
      `the configuration names no node: ${[...names.values()].join(', ')} are those of its constraints, of corosync.conf and of --node`,
    );
  const nodes = [...names.values()].map(
    (name): NodeConfig => ({ id: name, name, type: 'member', score: 0, attributes: [], utilization: [] }),
  );
  return { ...input, nodes: [...input.nodes, ...nodes] };
}

/** Nodes that a location names. */
export const nodesNamed = ({ node, rules }: LocationConfig): readonly string[] => [
  ...(node === null ? [] : [node]),
  ...rules.flatMap(namedBy),
];

const namedBy = ({ expressions }: Rule): readonly string[] =>
  expressions.flatMap((each) => {
    if (each.kind === 'rule') return namedBy(each.rule);
    return each.kind === 'attribute' && each.attribute === '#uname' && each.value !== null ? [each.value] : [];
  });
