import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseClusterFile } from '../../src/config/parse.ts';
import { withReplacements } from './cluster-file.ts';

const source = readFileSync(new URL('../../examples/web-server-pair/cluster.yaml', import.meta.url), 'utf8');

function parse(text: string) {
  const { cluster, problems } = parseClusterFile(text, 'cluster.yaml');
  if (cluster === null) throw new Error(problems.map((problem) => problem.message).join('; '));
  return cluster;
}

describe('withReplacements', () => {
  it('leaves the file alone where all engines are there', () => {
    expect(withReplacements(source, parse(source), { haproxy: true, apache: true }, ['node'])).toEqual({
      source,
      remarks: [],
    });
  });

  it('puts embedded parts in the place of HAProxy and Apache and says so', () => {
    const replaced = withReplacements(source, parse(source), { haproxy: false, apache: false }, [
      '/a path/node',
      'server.ts',
    ]);
    expect(replaced.remarks.length).toBe(2);
    const resources = parse(replaced.source).services.map((service) => service.resource);
    expect(resources.map((resource) => (resource.kind === 'balance' ? resource.engine : resource.kind))).toEqual([
      'command',
      'proxy',
      'address',
    ]);
    expect(JSON.stringify(resources[0])).toContain(
      "exec '/a path/node' 'server.ts' \\\"$SEMPRE_NODE\\\" balancer1=0.0.0.0:80",
    );
  });
});
