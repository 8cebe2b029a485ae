import { describe, expect, test } from 'vitest';
import { clusterOf, compare } from './compare/index.ts';
import { type FromPacemaker, fromPacemaker, noHints } from './index.ts';

function imported(text: string): FromPacemaker {
  const made = fromPacemaker({ name: 'cib', text }, { ...noHints, nowS: 0 });
  if (!made.ok) throw new Error(made.failure.message);
  return made.value;
}

const nodes = 'node 1: oak\nnode 2: elm\nnode 3: ash\n';
const noFencing = 'property stonith-enabled=false\n';

const body = ({ text }: FromPacemaker): string => text.replace(/^(#.*\n)*\n/, '');

describe('values that rules switch on', () => {
  test('parameters that are otherwise on some nodes', () => {
    const made = imported(`node 1: oak attributes site=east\nnode 2: elm attributes site=west\nnode 3: ash\n${noFencing}
primitive ip IPaddr2 params 3: ip=10.1.2.3 params 5: rule #uname eq ash nic=eth9 ip=10.9.9.9 params rule site eq east nic=eth1 ip=9 params nic=eth0 cidr_netmask=24 meta rule date gt 2026-01-01 priority=5`);
    expect(body(made)).toContain('params: { ip: 10.1.2.3, nic: eth0, cidr_netmask: 24 }');
    const lines = body(made).split('\n');
    expect(lines.slice(lines.indexOf('    rules:'), lines.indexOf('    rules:') + 3)).toEqual([
      '    rules:',
      '      - { where: date after 2026-01-01, meta: { priority: 5 } }',
      '      - { where: "#uname eq ash", params: { nic: eth9, ip: 10.9.9.9 } }',
    ]);
    const cluster = clusterOf(made);
    if (!('services' in cluster)) throw new Error(JSON.stringify(cluster));
    expect(cluster.services[0]?.resource).toMatchObject({ paramsOn: { ash: { ip: '10.9.9.9', nic: 'eth9' } } });
    expect(made.notes.filter(({ isLoss }) => isLoss)).toEqual([]);
  });

  test('values that change by dates', () => {
    const made =
      imported(`node 1: oak\nnode 2: elm attributes rule date gt 2026-01-01 site=west utilization rule date gt 2026-01-01 memory=4\nnode 3: ash\n${noFencing}
property placement-strategy=balanced
primitive a Dummy params rule date gt 2026-01-01 and #uname eq elm x=1 utilization rule date gt 2026-01-01 memory=2
primitive b Dummy op monitor interval=10 op_meta rule date gt 2026-01-01 timeout=50
group g b params rule #uname eq oak x=1
op_defaults rule date gt 2026-01-01 on-fail=block`);
    expect(made.text).toContain('- { where: date after 2026-01-01, attributes: { site: west } }');
    expect(made.text).toContain('{ where: date after 2026-01-01, utilization: { memory: 2 } }');
    expect(made.text).toContain('params: { x: 1 }');
    const cluster = clusterOf(made);
    if (!('services' in cluster)) throw new Error(JSON.stringify(cluster));
    const { asked, same, differences } = compare(made, cluster);
    expect(differences).toEqual([]);
    expect(same).toBe(asked);
    expect(made.notes.filter(({ isLoss }) => isLoss)).toEqual([]);
  });

  test('what the defaults say of some operations alone, each of them says itself', () => {
    const made = imported(`${nodes}${noFencing}primitive a Dummy op monitor interval=10
primitive b ocf:pacemaker:Stateful op start timeout=7 op monitor interval=10
xml <op_defaults><meta_attributes id="m"><rule id="r"><op_expression id="o" name="start"/></rule><nvpair id="n" name="timeout" value="90s"/></meta_attributes></op_defaults>`);
    expect(body(made)).toContain('start-timeout: 90s');
    expect(body(made)).toContain('start-timeout: 7s');
    expect(made.notes.filter(({ isLoss }) => isLoss)).toEqual([]);
  });
});
