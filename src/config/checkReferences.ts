/** Names that stand for nothing, or for two things, or stand twice. */
import type { Checked } from './check.ts';
import { listed } from './groups.ts';
import { atValue, type Path } from './places.ts';
import type { Report } from './report.ts';
import { quote } from './show.ts';
import { didYouMean } from './suggest.ts';

export function checkReferences({ file, groups }: Checked, report: Report): void {
  const targets = new Set([...file.services.keys(), ...groups.keys()]);
  for (const [id, service] of file.services) {
    const path = ['services', id];
    if (file.nodesKnown) checkNames(listed(service?.on), 'node', new Set(file.nodes.keys()), [...path, 'on'], report);
    // A broken service may be the one member of the group that is meant.
    if (file.servicesKnown && ![...file.services.values()].includes(null)) {
      checkNames(listed(service?.needs), 'service', targets, [...path, 'needs'], report);
      checkNames(listed(service?.with), 'service', targets, [...path, 'with'], report);
    }
  }
  for (const [group, members] of groups) checkGroupName(group, members, file.services, report);
}

function checkNames(
  names: readonly string[],
  what: 'node' | 'service',
  known: ReadonlySet<string>,
  path: Path,
  report: Report,
): void {
  names.forEach((name, index) => {
    const spot = atValue(...path, index);
    if (names.indexOf(name) < index) report.error('DUPLICATE_ENTRY', spot, `${quote(name)} stands twice in this list`);
    if (known.has(name)) return;
    if (what === 'node') report.error('UNKNOWN_NODE', spot, `there is no node ${quote(name)}`, didYouMean(name, known));
    else report.error('UNKNOWN_SERVICE', spot, `there is no service or group ${quote(name)}`, didYouMean(name, known));
  });
}

function checkGroupName(
  group: string,
  members: readonly string[],
  services: ReadonlyMap<string, unknown>,
  report: Report,
): void {
  const [first = ''] = members;
  if (services.has(group)) {
    const message = `there is a service ${quote(group)} too: a group needs a name of its own`;
    report.error('NAME_CLASH', atValue('services', first, 'group'), message);
  }
  // With one mistake in the form of a service, its group is not known.
  if (members.length > 1 || [...services.values()].includes(null)) return;
  report.warning(
    'GROUP_OF_ONE',
    atValue('services', first, 'group'),
    `${quote(first)} is alone in the group ${quote(group)}`,
    otherGroup(group, services),
  );
}

function otherGroup(group: string, services: ReadonlyMap<string, unknown>): string | null {
  const others = [...services.values()].flatMap((service) =>
    typeof service === 'object' && service !== null && 'group' in service && typeof service.group === 'string'
      ? [service.group]
      : [],
  );
  return didYouMean(group, new Set(others.filter((other) => other !== group)));
}
