/** Names in constraints, groups, tags and tickets that stand for nothing, or for two things. */
import { patternOf } from '../../lib/pattern.ts';
import type { Checked } from '../check.ts';
import { listed } from '../groups.ts';
import { atKey, atValue, type Path, type Spot } from '../places.ts';
import type { Report } from '../report.ts';
import { quote } from '../show.ts';
import { didYouMean } from '../suggest.ts';
import type { SetFile } from './constraintSchema.ts';
import { namesOf } from './names.ts';
import { locationsWithPaths } from './paths.ts';
import { membersOfSet } from './rules.ts';

export function checkPolicyNames(checked: Checked, report: Report): void {
  const names = namesOf(checked);
  if (checked.file.servicesKnown && checked.file.policy.templates !== null) {
    const unknown = usedNames(checked).filter(({ name }) => !names.known.has(name));
    for (const [index, { name, path }] of unknown.entries()) {
      const message = `there is no service, group, template or tag ${quote(name)}`;
      const hint = index < suggestionsMax ? didYouMean(name, names.known) : null;
      report.error('UNKNOWN_SERVICE', atValue(...path), message, hint);
    }
    checkGroups(checked, report);
  }
  checkClashes(checked, report);
  checkPatterns(checked, report);
  checkNodes(checked, report);
  checkIds(checked, report);
  checkTickets(checked, report);
}

/** To look for what was meant takes time, and the file may come from anybody. */
const suggestionsMax = 100;

interface Use {
  readonly name: string;
  readonly path: Path;
}

function usedNames({ file }: Checked): Use[] {
  const { colocations, orders, tickets, tags } = file.policy;
  const of = (path: Path, entry: Readonly<Record<string, unknown>> | null, ...keys: readonly string[]): Use[] =>
    keys.flatMap((key) => {
      const name = entry?.[key];
      return typeof name === 'string' ? [{ name, path: [...path, key] }] : [];
    });
  const inSets = (path: Path, sets: readonly SetFile[] = []): Use[] =>
    sets.flatMap((set, index) => {
      const inside = [...path, 'sets', index, ...('services' in set ? ['services'] : [])];
      return listedUses(inside, membersOfSet(set));
    });
  return [
    ...locationsWithPaths(file).flatMap(({ path, file: location }) => [
      ...of(path, location, 'service'),
      ...listedUses([...path, 'services'], location.services ?? []),
    ]),
    ...colocations.flatMap((link, i) => {
      const path = ['constraints', 'colocation', i];
      return [...of(path, link, 'service', 'with'), ...inSets(path, link?.sets)];
    }),
    ...orders.flatMap((link, i) => {
      const path = ['constraints', 'order', i];
      return [...of(path, link, 'first', 'then'), ...inSets(path, link?.sets)];
    }),
    ...tickets.flatMap((link, i) => {
      const path = ['constraints', 'ticket', i];
      return [...of(path, link, 'service'), ...inSets(path, link?.sets)];
    }),
    ...Object.entries(tags).flatMap(([tag, members]) => listedUses(['tags', tag], listed(members))),
  ];
}

const listedUses = (path: Path, members: readonly string[]): Use[] =>
  members.map((name, index) => ({ name, path: [...path, index] }));

function checkGroups({ file, groups }: Checked, report: Report): void {
  for (const group of file.policy.groups?.keys() ?? []) {
    if (groups.has(group)) continue;
    const hint = didYouMean(group, groups.keys()) ?? `its members say «group: ${group}»`;
    report.error('UNKNOWN_SERVICE', atKey('groups', group), `no service is in the group ${quote(group)}`, hint);
  }
}

/** Each of the four kinds of names is used in constraints alike. */
function checkClashes({ file, groups }: Checked, report: Report): void {
  const check = (name: string, spot: Spot, others: readonly (readonly [string, boolean])[]): void => {
    const clash = others.find(([, is]) => is)?.[0];
    if (clash !== undefined)
      report.error('NAME_CLASH', spot, `there is a ${clash} ${quote(name)} too: it needs a name of its own`);
  };
  for (const name of file.policy.templates?.keys() ?? [])
    check(name, atKey('templates', name), [
      ['service', file.services.has(name)],
      ['group', groups.has(name)],
    ]);
  for (const name of Object.keys(file.policy.tags))
    check(name, atKey('tags', name), [
      ['service', file.services.has(name)],
      ['group', groups.has(name)],
      ['template', file.policy.templates?.has(name) === true],
    ]);
}

/** A name that is misspelt leaves a constraint without anything that it is about. */
function checkPatterns({ file, groups }: Checked, report: Report): void {
  if (!file.servicesKnown) return;
  const names = [...file.services.keys(), ...groups.keys()];
  for (const { path, file: location } of locationsWithPaths(file)) {
    const { pattern } = location;
    const isInverted = pattern?.startsWith('!') === true;
    const expression = pattern === undefined ? null : patternOf(isInverted ? pattern.slice(1) : pattern);
    if (expression === null || names.some((name) => (expression.match(name) === null) === isInverted)) continue;
    const what = isInverted ? 'every service and group matches' : 'no service or group matches';
    const hint = `it is searched for anywhere in the name: ^web- are those that begin with web-`;
    report.warning('PATTERN_UNUSED', atValue(...path, 'pattern'), `${what} ${quote(pattern ?? '')}`, hint);
  }
}

function checkNodes({ file }: Checked, report: Report): void {
  if (!file.nodesKnown) return;
  for (const { path, file: location } of locationsWithPaths(file)) {
    const { node } = location;
    if (node === undefined || file.nodes.has(node)) continue;
    const hint = didYouMean(node, file.nodes.keys());
    report.error('UNKNOWN_NODE', atValue(...path, 'node'), `there is no node ${quote(node)}`, hint);
  }
}

function checkIds({ file, cluster }: Checked, report: Report): void {
  const { locations, colocations, orders, tickets } = cluster.rules;
  const { policy } = file;
  const entries: readonly (readonly [Path, { readonly id?: string | undefined } | null])[] = [
    ...locationsWithPaths(file).map(({ path, file: location }) => [path, location] as const),
    ...policy.colocations.map((link, i) => [['constraints', 'colocation', i], link] as const),
    ...policy.orders.map((link, i) => [['constraints', 'order', i], link] as const),
    ...policy.tickets.map((link, i) => [['constraints', 'ticket', i], link] as const),
  ];
  const written = new Set(entries.flatMap(([, entry]) => entry?.id ?? []));
  const all = [...locations, ...colocations, ...orders, ...tickets];
  const taken = new Set(all.map(({ id }) => id).filter((id) => !written.has(id)));
  for (const [path, entry] of entries) {
    if (entry?.id === undefined) continue;
    if (taken.has(entry.id))
      report.error('DUPLICATE_ENTRY', atValue(...path, 'id'), `another constraint is called ${quote(entry.id)} too`);
    taken.add(entry.id);
  }
}

/** A ticket that nobody has given is as good as revoked, so a wrong name stops the service. */
function checkTickets({ file }: Checked, report: Report): void {
  const { tickets, ticketStates } = file.policy;
  for (const [index, entry] of tickets.entries()) {
    if (entry === null || Object.hasOwn(ticketStates, entry.ticket)) continue;
    const message = `nothing says that this cluster holds the ticket ${quote(entry.ticket)}: what needs it does not run`;
    const hint = didYouMean(entry.ticket, Object.keys(ticketStates)) ?? `say tickets: {${entry.ticket}: granted}`;
    report.warning('TICKET_NOT_HELD', atValue('constraints', 'ticket', index, 'ticket'), message, hint);
  }
}
