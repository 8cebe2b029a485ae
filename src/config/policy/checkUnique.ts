/** Copies that differ from each other: are there several, and is nothing asked of them that only copies can do that are alike? */
import type { Service } from '../../core/model.ts';
import type { Checked } from '../check.ts';
import { atKey } from '../places.ts';
import type { Report } from '../report.ts';
import { servicesMax } from '../sections.ts';
import { quote } from '../show.ts';

export function checkUnique(checked: Checked, report: Report): void {
  checkCount(checked, report);
  for (const service of checked.cluster.services)
    if (service.copyOf === undefined) checkAlike(service, checked, report);
    else checkCopies(service, checked, report);
}

/** Each copy is a service of its own. */
function checkCount({ cluster }: Checked, report: Report): void {
  let count = 0;
  for (const { id, copyOf } of cluster.services) {
    count += copyOf?.max ?? 1;
    if (copyOf === undefined || count <= servicesMax) continue;
    const message = `with the copies of ${quote(id)} the cluster has ${count} services and more; it has ${servicesMax} at most`;
    return report.error('TOO_MANY_SERVICES', atKey('services', id, 'instances'), message);
  }
}

function checkAlike({ id, promotable }: Service, { file }: Checked, report: Report): void {
  const entry = file.services.get(id) ?? {};
  if (promotable !== null && promotable.perNode > 1) {
    const message = `copies of ${quote(id)} are alike, so that a node runs one of them: no more can be promoted there`;
    report.error('UNIQUE_COPIES', atKey('services', id, 'promotable'), message, 'say unique: true');
  }
  if (!('per-node' in entry) || entry['per-node'] === undefined) return;
  const message = `«per-node» says how many unique copies a node runs, but the copies of ${quote(id)} are alike`;
  report.error('UNIQUE_COPIES', atKey('services', id, 'per-node'), message, 'say unique: true');
}

const notUnique: readonly (readonly [key: string, what: string, why: string])[] = [
  ['notify', 'are not told what the others do', 'a message names nodes, and several of these copies may be on one'],
  [
    'migrate',
    'do not migrate',
    'a copy that goes live is on two nodes for a while, where others may count on the room: make each a service of its own',
  ],
  ['group', 'are in no group', 'each copy would need members of its own: make a group for each'],
];

function checkCopies({ id, resource, promotable }: Service, { file }: Checked, report: Report): void {
  const entry: Readonly<Record<string, unknown>> = file.services.get(id) ?? {};
  const error = (key: string, message: string, hint: string | null): void =>
    report.error('UNIQUE_COPIES', atKey('services', id, key), message, hint);
  if (resource.kind === 'systemd') error('unique', 'copies of a systemd unit cannot be told apart', unitHint);
  if (promotable === null && (entry['instances'] ?? 'one') === 'one')
    error('unique', `${quote(id)} does not say how many copies it has`, 'say instances: N');
  for (const [key, what, why] of notUnique)
    if ((entry[key] ?? false) !== false) error(key, `unique copies ${what}, and ${quote(id)} has «${key}»`, why);
}

const unitHint = 'make each a service of its own, such as systemd:web@1';
