/** What operators asked for on top of the cluster file, in words: it must never be forgotten in silence. Pure. */
import { formatDuration } from '../config/duration.ts';
import type { NodeId, Service, ServiceId } from '../core/model.ts';
import type { Admin, Shutdown } from '../core/ports.ts';
import { sortedUnique } from '../lib/compare.ts';

/** Everything that is still asked for, sorted. */
export function wishesOf(admin: Admin): string[] {
  return [
    ...disarmedWish(admin),
    ...sortedUnique(Object.keys(admin.maintenance.nodes)).flatMap((node) => maintenanceWish(admin, node, null)),
    ...sortedUnique(Object.keys(admin.maintenance.services)).flatMap((id) => maintenanceWish(admin, null, id)),
    ...sortedUnique(Object.keys(admin.standby)).flatMap((node) => standbyWish(admin, node)),
    ...sortedUnique([...Object.keys(admin.stopped), ...Object.keys(admin.moves)]).flatMap((id) =>
      serviceWishes(admin, id),
    ),
  ];
}

/** What concerns one service: wishes about it, and about the nodes that it may run on. */
export const wishesAbout = (service: Service, admin: Admin): string[] => [
  ...serviceWishes(admin, service.id),
  ...maintenanceWish(admin, null, service.id),
  ...service.on.flatMap((node) => [...standbyWish(admin, node), ...maintenanceWish(admin, node, null)]),
  ...(service.takeover === 'fencing' || service.takeover === 'lease' ? certaintyWishes(service, admin) : []),
];

/** What bears on whether it may be taken over from a lost node. */
const certaintyWishes = (service: Service, admin: Admin): string[] => [
  ...disarmedWish(admin),
  ...service.on.flatMap((node) => [
    ...(Object.hasOwn(admin.off, node)
      ? noted(admin.off[node], `${node} is known to be off`)
      : noted(admin.stray[node], `${node} may run it until it is confirmed off, however long it is away`)),
  ]),
];

const disarmedWish = ({ disarmed }: Admin): string[] =>
  disarmed === null
    ? []
    : [withReason(`fencing and self-fencing are disarmed for ${formatDuration(disarmed.forMs)}`, disarmed.because)];

function maintenanceWish({ maintenance }: Admin, node: NodeId | null, id: ServiceId | null): string[] {
  const onNode = node === null ? [] : noted(maintenance.nodes[node], `nothing is done to any service on ${node}`);
  const onService = id === null ? [] : noted(maintenance.services[id], `nothing is done to ${id}`);
  return [...onNode, ...onService].map((text) => `maintenance: ${text}`);
}

const noted = (entry: { readonly because: string } | undefined, text: string): string[] =>
  entry === undefined ? [] : [withReason(text, entry.because)];

function standbyWish(admin: Admin, node: NodeId): string[] {
  const wish = admin.standby[node];
  if (wish === undefined) return [];
  const { because, shutdown } = wish;
  if (shutdown === undefined) return [withReason(`${node} is in standby`, because)];
  return [withReason(`${node} is shut down, and in standby until it is back${keptWords(shutdown)}`, because)];
}

function keptWords({ keeps, forMs }: Shutdown): string {
  if (keeps.length === 0) return '';
  const howLong = forMs === null ? '' : ` for ${formatDuration(forMs)}`;
  return `; kept for it${howLong}: ${keeps.join(', ')}`;
}

function serviceWishes(admin: Admin, id: ServiceId): string[] {
  const stop = admin.stopped[id];
  const move = admin.moves[id];
  const wishes = stop === undefined ? [] : [withReason(`${id} is stopped`, stop.because)];
  if (move === undefined) return wishes;
  const where = move.to === null ? `away from ${move.from ?? 'where it was'}` : `to ${move.to}`;
  return [...wishes, withReason(`${id} was moved ${where}`, move.because)];
}

const withReason = (text: string, because: string): string => (because === '' ? text : `${text}: ${because}`);
