import { describe, expect, it } from 'vitest';
import { parseClusterFile } from '../config/parse.ts';
import { withoutNode } from './forget.ts';

const file = `# our cluster
cluster: shop
nodes:
  one: [10.0.0.1/24, 10.1.0.1/24]   # in the cellar
  two: [10.0.0.2/24, 10.1.0.2/24]
  three: [10.0.0.3/24, 10.1.0.3/24]
  four: [10.0.0.4/24, 10.1.0.4/24]
services:
  web: { command: sleep 1000, on: [one, two, three], instances: all, takeover: nothing }
  three: { command: "echo three", on: [one, two], takeover: nothing }
  site:
    balance: { port: 80, servers: [{ node: one, port: 81 }, { node: three, port: 81, weight: 2 }, { node: two, port: 81 }] }
    on: [one, two]
`;

describe('withoutNode', () => {
  it('takes the node out wherever it is a node, and leaves comments and the rest alone', () => {
    const without = withoutNode(file, 'three') ?? '';
    expect(without).toContain('# in the cellar');
    expect(without).not.toContain('10.0.0.3');
    expect(without).toContain('echo three');
    const { cluster, problems } = parseClusterFile(without, 'x');
    expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(cluster?.nodes.map(({ id }) => id)).toEqual(['one', 'two', 'four']);
    expect(cluster?.services.find(({ id }) => id === 'web')?.on).toEqual(['one', 'two']);
    expect(JSON.stringify(cluster?.services)).not.toContain('"node":"three"');
  });

  it('says that there is none', () => {
    expect(withoutNode(file, 'five')).toBeNull();
    expect(withoutNode(file, 'web')).toBeNull();
  });

  it('takes fence devices out that switched this node alone', () => {
    const fenced = `${file}fencing:
  devices:
    ipmi-one: { agent: fence_ipmilan, for: one }
    ipmi-three: { agent: fence_ipmilan, for: three }
    strip: { agent: fence_apc, plugs: { one: 1, three: 3 } }
quorum: { prefer: three, tie: none }
witness: { address: 10.0.0.9 }
`;
    const without = withoutNode(fenced, 'three') ?? '';
    expect(without).not.toContain('ipmi-three');
    expect(without).not.toContain('prefer');
    expect(without).toMatch(/strip:.*plugs: \{ one: 1 \}/);
    expect(withoutNode(fenced, 'witness')).not.toContain('10.0.0.9');
  });

  it('leaves a service that could run nowhere else for the checks to find', () => {
    const alone = file.replace('on: [one, two], takeover', 'on: three, takeover');
    const { problems } = parseClusterFile(withoutNode(alone, 'three') ?? '', 'x');
    expect(problems.some(({ severity }) => severity === 'error')).toBe(true);
  });

  it('takes locations out that name it', () => {
    const text = `cluster: c
quorum: {tie: none}
nodes: {one: 10.0.0.1, two: 10.0.0.2, three: 10.0.0.3}
services:
  s: {command: a, takeover: nothing, location: [{node: three, score: 5}, {node: one, score: 5}]}
groups: {}
constraints: {location: [{service: s, node: three, score: -inf}]}
`;
    const { cluster, problems } = parseClusterFile(withoutNode(text, 'three') ?? '', 'x');
    expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(cluster?.rules.locations.map(({ node }) => node)).toEqual(['one']);
  });
});
