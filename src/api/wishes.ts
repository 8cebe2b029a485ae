/** What operators asked for on top of the cluster file, in words: it must never be forgotten in silence. Pure. */
import type { NodeId, Service, ServiceId } from '../core/model.ts';
import type { Admin } from '../core/ports.ts';
import { sortedUnique } from '../lib/compare.ts';

/** Everything that is still asked for, sorted. */
export function wishesOf(admin: Admin): string[] {
  return [
    ...sortedUnique(Object.keys(admin.standby)).flatMap((node) => standbyWish(admin, node)),
    ...sortedUnique([...Object.keys(admin.stopped), ...Object.keys(admin.moves)]).flatMap((id) =>
      serviceWishes(admin, id),
    ),
  ];
}

/** What concerns one service: wishes about it, and about the nodes that it may run on. */
export const wishesAbout = (service: Service, admin: Admin): string[] => [
  ...serviceWishes(admin, service.id),
  ...service.on.flatMap((node) => standbyWish(admin, node)),
];

function standbyWish(admin: Admin, node: NodeId): string[] {
  const wish = admin.standby[node];
  return wish === undefined ? [] : [withReason(`${node} is in standby`, wish.because)];
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
