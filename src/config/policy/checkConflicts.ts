/** Constraints that exclude each other, so that something could never run. */
import type { Service, ServiceId } from '../../core/model.ts';
import { infinity } from '../../policy/values.ts';
import type { Checked } from '../check.ts';
import { findCycles } from '../checkCycles.ts';
import { atKey, atValue, type Path } from '../places.ts';
import type { Report } from '../report.ts';
import { quote } from '../show.ts';
import type { ColocationFile, OrderFile } from './constraintSchema.ts';
import { type Names, namesOf } from './names.ts';
import { locationsWithPaths } from './paths.ts';
import { membersOfSet } from './rules.ts';
import { scoreOf } from './scalars.ts';

export function checkConflicts(checked: Checked, report: Report): void {
  const names = namesOf(checked);
  checkColocations(checked, names, report);
  checkForbidden(checked, names, report);
  checkOrders(checked, names, report);
}

/** More pairs than this come from large tags only, and are not looked at: the file may come from anybody. */
const pairsMax = 20_000;

interface Tie {
  readonly together: boolean;
  /** Who says so. */
  readonly words: string;
}

/** Only ties that hold always, for all roles and on one node are sure to exclude each other. */
function checkColocations({ file, cluster }: Checked, names: Names, report: Report): void {
  const ties = new Map<string, Tie>();
  for (const { id, with: targets } of cluster.services)
    for (const other of targets)
      ties.set(pairKey(id, other), { together: true, words: `${quote(id)} says «with» ${quote(other)}` });
  for (const [index, entry] of file.policy.colocations.entries()) {
    if (entry?.service === undefined || entry.with === undefined) continue;
    const path = ['constraints', 'colocation', index];
    if (entry.service === entry.with)
      report.error('CONTRADICTION', atValue(...path, 'with'), `${quote(entry.service)} is tied to itself`, 'remove it');
    else checkColocation(entry, index, names, ties, report);
  }
}

function checkColocation(
  entry: ColocationFile,
  index: number,
  names: Names,
  ties: Map<string, Tie>,
  report: Report,
): void {
  const score = scoreOf(entry.score ?? 'inf');
  const isLoose = entry.while ?? entry.role ?? entry['with-role'] ?? entry['node-attribute'];
  if (Math.abs(score) < infinity || isLoose !== undefined || ties.size > pairsMax) return;
  const path = ['constraints', 'colocation', index];
  const [services, others] = [names.servicesOf(entry.service ?? ''), names.servicesOf(entry.with ?? '')];
  if (services.length * others.length > pairsMax) return;
  for (const service of services)
    for (const other of others) {
      checkPair(service, other, score > 0, path, ties, report);
      ties.set(pairKey(service.id, other.id), { together: score > 0, words: `colocation ${index + 1} of the file` });
    }
}

const pairKey = (one: ServiceId, other: ServiceId): string => (one < other ? `${one} ${other}` : `${other} ${one}`);

function checkPair(
  service: Service,
  other: Service,
  together: boolean,
  path: Path,
  ties: ReadonlyMap<string, Tie>,
  report: Report,
): void {
  const known = ties.get(pairKey(service.id, other.id));
  const pair = `${quote(service.id)} must ${together ? '' : 'not '}run with ${quote(other.id)}`;
  if (known !== undefined && known.together !== together) {
    const message = `${pair}, but ${known.words} wants the opposite`;
    report.error('CONTRADICTION', atKey(...path), message, 'remove one of the two, or give it a lower score');
  } else if (together && !service.on.some((node) => other.on.includes(node))) {
    report.error(
      'WITH_NOWHERE',
      atKey(...path),
      `${pair}, but no node is in the «on» of both`,
      'add a node to one «on»',
    );
  }
}

/** Nodes that are forbidden by name; what rules say depends on the day. */
function checkForbidden({ file }: Checked, names: Names, report: Report): void {
  const forbidden = new Map<Service, { readonly nodes: Set<string>; path: Path }>();
  const required = new Map<Service, Set<string>>();
  for (const { path, file: entry, owner } of locationsWithPaths(file)) {
    const { node } = entry;
    const counts = node !== undefined && entry.score !== undefined && (entry.while ?? entry.role) === undefined;
    const score = counts ? scoreOf(entry.score ?? 0) : 0;
    if (Math.abs(score) < infinity || node === undefined) continue;
    const subjects = owner === null ? (entry.services ?? [entry.service ?? '']) : [owner];
    for (const service of subjects.flatMap((name) => names.servicesOf(name))) {
      const known = forbidden.get(service) ?? { nodes: new Set<string>(), path };
      const wanted = required.get(service) ?? new Set<string>();
      (score > 0 ? wanted : known.nodes).add(node);
      if (known.nodes.has(node) && wanted.has(node)) reportBoth(service, node, path, report);
      if (score < 0) forbidden.set(service, { nodes: known.nodes, path });
      required.set(service, wanted);
    }
  }
  for (const [service, { nodes, path }] of forbidden) {
    if (service.on.length === 0 || !service.on.every((node) => nodes.has(node))) continue;
    const message = `${quote(service.id)} is forbidden on each of its nodes (${service.on.join(', ')})`;
    const hint = 'remove one of these locations, or give it a score that is no -inf';
    report.error('NO_NODE_LEFT', atValue(...path, 'node'), message, hint);
  }
}

/** The service runs elsewhere, which may be meant: an operator's ban on top of a preference, say. */
function reportBoth({ id }: Service, node: string, path: Path, report: Report): void {
  const message = `${quote(id)} has a location with inf and one with -inf on ${quote(node)}: -inf counts`;
  report.warning('CONTRADICTION', atValue(...path, 'node'), message, 'remove one of the two');
}

/** Who starts before whom, where that must be; with `needs`, which says the same. */
function checkOrders({ file, cluster }: Checked, names: Names, report: Report): void {
  const before = new Map<ServiceId, ServiceId[]>(cluster.services.map(({ id, needs }) => [id, [...needs]]));
  const writtenAt = new Map<string, Path>();
  let looked = 0;
  for (const [index, entry] of file.policy.orders.entries()) {
    if (entry === null || !isMandatoryStart(entry) || looked > pairsMax) continue;
    const path = ['constraints', 'order', index];
    for (const [first, second] of pairsOf(entry, names)) {
      if (first === second)
        report.error('CONTRADICTION', atKey(...path), `${quote(first)} is ordered behind itself`, 'remove it');
      else if (!writtenAt.has(`${second} ${first}`)) before.get(second)?.push(first);
      writtenAt.set(`${second} ${first}`, path);
      looked++;
    }
  }
  for (const cycle of findCycles(before)) {
    const around = [...cycle, cycle[0] ?? ''];
    const path = cycle
      .map((id, index) => writtenAt.get(`${id} ${around[index + 1]}`))
      .find((found) => found !== undefined);
    // A circle of `needs` alone is told of there.
    if (path === undefined) continue;
    const message = `a circle: ${around.join(' starts after ')}`;
    report.error('CYCLE', atKey(...path), message, 'say kind: optional, or remove one of them');
  }
}

/** Of its sets some may be stricter than what is between them, or less strict: see `pairsOf`. */
const isMandatoryStart = (entry: OrderFile): boolean =>
  (entry.sets !== undefined || isMandatory(entry.kind)) &&
  entry.while === undefined &&
  (entry['first-action'] ?? 'start') === 'start' &&
  (entry['then-action'] ?? 'start') === 'start' &&
  (entry.sets ?? []).every((set) => !('action' in set) || (set.action ?? 'start') === 'start');

const isMandatory = (kind: OrderFile['kind']): boolean => (kind ?? 'mandatory') === 'mandatory';

function pairsOf(entry: OrderFile, names: Names): [ServiceId, ServiceId][] {
  const ids = (members: readonly string[]): ServiceId[] =>
    members.flatMap((name) => names.servicesOf(name).map(({ id }) => id));
  if (entry.sets === undefined) return across(ids([entry.first ?? '']), ids([entry.then ?? '']));
  return entry.sets.flatMap((set, index) => {
    const members = membersOfSet(set);
    const next = entry.sets?.[index + 1];
    const own = 'services' in set ? set : { sequential: true, kind: entry.kind };
    const inside = own.sequential === false || !isMandatory(own.kind ?? entry.kind) ? [] : chain(ids(members));
    const between = next === undefined || !isMandatory(entry.kind) ? [] : across(ids(members), ids(membersOfSet(next)));
    return [...inside, ...between];
  });
}

const across = (firsts: readonly ServiceId[], seconds: readonly ServiceId[]): [ServiceId, ServiceId][] =>
  firsts.length * seconds.length > pairsMax
    ? []
    : firsts.flatMap((first) => seconds.map((second): [ServiceId, ServiceId] => [first, second]));

const chain = (ids: readonly ServiceId[]): [ServiceId, ServiceId][] =>
  ids.slice(1).map((id, index) => [ids[index] ?? id, id]);
