/** Names that stand for nothing, or for two things, or stand twice. */
import type { Checked } from './check.ts';
import { listed } from './groups.ts';
import { atValue, type Path } from './places.ts';
import type { Report } from './report.ts';
import { quote } from './show.ts';
import { didYouMean } from './suggest.ts';

export function checkReferences({ file, groups }: Checked, report: Report): void {
  const nodes = new Set(file.nodes.keys());
  const targets = new Set([...file.services.keys(), ...groups.keys()]);
  for (const [id, ties] of file.ties) {
    const path = ['services', id];
    if (file.nodesKnown) checkNames(listed(ties.on), 'node', nodes, [...path, 'on'], report);
    if (!file.servicesKnown) continue;
    checkNames(listed(ties.needs), 'service', targets, [...path, 'needs'], report);
    checkNames(listed(ties.with), 'service', targets, [...path, 'with'], report);
  }
  for (const [group, members] of groups) checkGroupName(group, members, { file, groups }, report);
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
  { file, groups }: Pick<Checked, 'file' | 'groups'>,
  report: Report,
): void {
  const [first = ''] = members;
  const spot = atValue('services', first, 'group');
  if (file.services.has(group)) {
    report.error('NAME_CLASH', spot, `there is a service ${quote(group)} too: a group needs a name of its own`);
  }
  if (members.length > 1) return;
  const others = [...groups.keys()].filter((other) => other !== group);
  report.warning(
    'GROUP_OF_ONE',
    spot,
    `${quote(first)} is alone in the group ${quote(group)}`,
    didYouMean(group, others),
  );
}
