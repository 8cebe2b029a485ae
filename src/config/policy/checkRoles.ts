/** Roles, copies and moves that are asked of services that have none. */
import type { Service } from '../../core/model.ts';
import type { Checked } from '../check.ts';
import { atKey, atValue, type Path } from '../places.ts';
import type { Report } from '../report.ts';
import { quote } from '../show.ts';
import type { SetFile } from './constraintSchema.ts';
import { type Names, namesOf } from './names.ts';
import { locationsWithPaths } from './paths.ts';
import { membersOfSet } from './rules.ts';
import { timedOperations } from './times.ts';

export function checkRoles(checked: Checked, report: Report): void {
  const names = namesOf(checked);
  for (const { role, of, path } of rolesAsked(checked)) checkAsked(role, of, path, names, report);
  for (const service of checked.cluster.services) {
    checkUnit(service, checked, report);
    checkCopies(service, checked, report);
    checkPromoted(service, report);
    checkTimeouts(service, report);
  }
  checkClonedGroups(checked, report);
}

interface Asked {
  /** A role, or the action that leads to it. */
  readonly role: string | undefined;
  readonly of: readonly string[];
  readonly path: Path;
}

function rolesAsked({ file }: Checked): Asked[] {
  const { colocations, orders, tickets } = file.policy;
  const inSets = (path: Path, sets: readonly SetFile[] | undefined, key: 'role' | 'action'): Asked[] =>
    (sets ?? []).map((set, index) => ({
      role: (set as { readonly role?: string; readonly action?: string })[key],
      of: membersOfSet(set),
      path: [...path, 'sets', index, key],
    }));
  return [
    ...locationsWithPaths(file).map(({ path, file: entry, owner }) => ({
      role: entry.role,
      of: owner === null ? (entry.services ?? [entry.service ?? '']) : [owner],
      path: [...path, 'role'],
    })),
    ...colocations.flatMap((entry, i) => {
      const path = ['constraints', 'colocation', i];
      return [
        { role: entry?.role, of: [entry?.service ?? ''], path: [...path, 'role'] },
        { role: entry?.['with-role'], of: [entry?.with ?? ''], path: [...path, 'with-role'] },
        ...inSets(path, entry?.sets, 'role'),
      ];
    }),
    ...orders.flatMap((entry, i) => {
      const path = ['constraints', 'order', i];
      return [
        { role: entry?.['first-action'], of: [entry?.first ?? ''], path: [...path, 'first-action'] },
        { role: entry?.['then-action'], of: [entry?.then ?? ''], path: [...path, 'then-action'] },
        ...inSets(path, entry?.sets, 'action'),
      ];
    }),
    ...tickets.flatMap((entry, i) => {
      const path = ['constraints', 'ticket', i];
      return [
        { role: entry?.role, of: [entry?.service ?? ''], path: [...path, 'role'] },
        ...inSets(path, entry?.sets, 'role'),
      ];
    }),
  ];
}

function checkAsked(role: string | undefined, of: readonly string[], path: Path, names: Names, report: Report): void {
  if (role === undefined || !/promote|demote/.test(role)) return;
  const services = of.flatMap((name) => names.servicesOf(name));
  const [first] = services;
  if (first === undefined || services.some(({ promotable }) => promotable !== null)) return;
  const message = `${quote(role)}, but ${quote(first.id)} has no roles`;
  report.error('NO_ROLES', atValue(...path), message, 'say promotable: true at the service');
}

function checkUnit({ id, resource }: Service, { file }: Checked, report: Report): void {
  const entry = file.services.get(id);
  if (resource.kind !== 'systemd' || entry == null) return;
  for (const key of ['promotable', 'migrate', 'notify'] as const) {
    if (!(key in entry) || (entry as { readonly [each in typeof key]?: unknown })[key] === false) continue;
    const message = `a systemd unit takes no «${key}»`;
    report.error('UNKNOWN_KEY', atKey('services', id, key), message, 'only ocf: agents can do that');
  }
}

function checkCopies({ id, clone, copyOf }: Service, { file }: Checked, report: Report): void {
  const entry = file.services.get(id) ?? {};
  if (clone || copyOf !== undefined) return;
  for (const key of ['interleave', 'ordered', 'notify'] as const) {
    if (!(key in entry) || (entry as { readonly [each in typeof key]?: unknown })[key] === false) continue;
    const message = `«${key}» is about copies, but ${quote(id)} has one only`;
    report.warning('ONE_COPY', atKey('services', id, key), message, 'say instances: all, or a number');
  }
}

function checkPromoted({ id, promotable, instances: alike, copyOf }: Service, report: Report): void {
  const instances = copyOf?.max ?? alike;
  if (promotable === null || promotable.max <= instances || instances === 0) return;
  const message = `${promotable.max} promoted copies of ${quote(id)}, which has ${instances} in all`;
  report.error('TOO_MANY_INSTANCES', atValue('services', id, 'promotable', 'max'), message);
}

/** Times of what never comes. */
function checkTimeouts(service: Service, report: Report): void {
  const { id, timeouts, promotable, migrates, notify } = service;
  const comes = { promotable: promotable !== null, migrate: migrates, notify };
  for (const { operation, key, of } of timedOperations) {
    if (timeouts[operation] === undefined || comes[of]) continue;
    const message = `«${key}» says nothing, for ${quote(id)} has no «${of}»`;
    report.warning('UNUSED_TIMEOUT', atKey('services', id, key), message, `say ${of}: true, or leave it out`);
  }
}

function checkClonedGroups({ cluster, file }: Checked, report: Report): void {
  for (const { id, members } of cluster.rules.groups) {
    const group = file.policy.groups?.get(id);
    if (group == null || (group.promotable === undefined && (group.instances ?? 'one') === 'one')) continue;
    for (const member of members) checkMember(member, id, file.services.get(member), report);
    const address = cluster.services.find(
      (service) => members.includes(service.id) && service.resource.kind === 'address',
    );
    if (address === undefined) continue;
    const message = `${quote(address.id)} is an address and in the group ${quote(id)}, of which several copies run`;
    const hint = 'an address is on one node at a time: take it out of the group and say with:';
    report.error('CLONED_ADDRESS', atKey('services', address.id, 'group'), message, hint);
  }
}

/** Copies of a group have one of each member. */
function checkMember(id: string, group: string, entry: object | null | undefined, report: Report): void {
  for (const key of ['instances', 'promotable'] as const) {
    if (entry == null || (entry as { readonly [each in typeof key]?: unknown })[key] === undefined) continue;
    const message = `${quote(id)} says «${key}», and so does its group ${quote(group)}`;
    report.error('GROUP_COPIES', atKey('services', id, key), message, 'say it at the group only');
  }
}
