/** Where services may run: copies, groups, and those that must run together. */
import type { Service } from '../core/model.ts';
import { sortedUnique } from '../lib/compare.ts';
import type { Checked } from './check.ts';
import { atKey, atValue } from './places.ts';
import type { Report } from './report.ts';
import { quote } from './show.ts';

export function checkServices(checked: Checked, report: Report): void {
  const byId = new Map(checked.cluster.services.map((service) => [service.id, service]));
  for (const service of byId.values()) {
    checkInstances(service, report);
    checkParams(service, checked, report);
    for (const target of service.with) checkTogether(service, byId.get(target), report);
  }
  for (const [group, members] of checked.groups)
    checkGroup(
      group,
      members.flatMap((id) => byId.get(id) ?? []),
      report,
    );
}

const copyLimits = ({ copyOf, instances }: Service): { readonly max: number; readonly perNode: number } =>
  copyOf ?? { max: instances, perNode: 1 };

function checkInstances(service: Service, report: Report): void {
  const { id, on, copyOf } = service;
  const { max, perNode } = copyLimits(service);
  if (max <= on.length * perNode || on.length === 0) return;
  const nodes = on.length === 1 ? 'one node' : `${on.length} nodes`;
  const each = perNode === 1 ? '' : `, ${perNode} on each`;
  const message = `${max} copies of ${quote(id)}, but ${nodes} to run them${each}`;
  const hint = copyOf === undefined ? 'a node runs one copy at most: say instances: all' : 'say per-node: N';
  report.error('TOO_MANY_INSTANCES', atValue('services', id, 'instances'), message, hint);
}

/** The schema cannot tell a unit from an agent: both are text under one key. */
function checkParams({ id, resource }: Service, checked: Checked, report: Report): void {
  const file = checked.file.services.get(id);
  if (resource.kind !== 'systemd' || file == null || !('agent' in file)) return;
  const ruled = (file.rules ?? []).findIndex(({ params }) => params !== undefined);
  if (file.params === undefined && ruled < 0) return;
  const path = file.params === undefined ? ['rules', ruled, 'params'] : ['params'];
  report.error(
    'UNKNOWN_KEY',
    atKey('services', id, ...path),
    'a systemd unit takes no «params»',
    'only ocf: agents have parameters',
  );
}

function checkTogether(service: Service, target: Service | undefined, report: Report): void {
  if (target === undefined || target.id === service.id) return;
  const both = service.on.filter((node) => target.on.includes(node));
  if (both.length === 0) {
    const message = `${quote(service.id)} must run with ${quote(target.id)}, but no node is in the «on» of both`;
    report.error('WITH_NOWHERE', atKey('services', service.id, 'with'), message);
    return;
  }
  const { max: copies, perNode } = copyLimits(service);
  const { max: places } = copyLimits(target);
  if (copies > places * perNode) {
    const each = perNode === 1 ? '' : `, ${perNode} to each`;
    const message = `${copies} copies of ${quote(service.id)} must run with ${quote(target.id)}, which has ${places}${each}`;
    report.warning('FEWER_COPIES', atValue('services', service.id, 'instances'), message);
  }
}

function checkGroup(group: string, members: readonly Service[], report: Report): void {
  const [first, ...others] = members;
  if (first === undefined) return;
  const nodes = sortedUnique(first.on).join(', ');
  for (const member of others) {
    if (sortedUnique(member.on).join(', ') === nodes) continue;
    const message = `${quote(member.id)} may run on other nodes than ${quote(first.id)} (${nodes}), but both are in the group ${quote(group)}`;
    report.error(
      'GROUP_NODES',
      atValue('services', member.id, 'on'),
      message,
      'write «on» at one member only: it holds for all of them',
    );
  }
}
