/** What differs between two versions of the cluster, in words that a person would use. Pure. */
import type { Cluster, Service } from '../core/model.ts';
import type { Admin } from '../core/ports.ts';
import { byText } from '../lib/compare.ts';
import { canonicalJson } from '../lib/digest.ts';
import { wishesOf } from './wishes.ts';

export interface Content {
  readonly cluster: Cluster;
  readonly admin: Admin;
}

/** One change each, nodes first. Empty: the two mean the same. */
export const changesBetween = (before: Content, after: Content): string[] => [
  ...clusterChanges(before.cluster, after.cluster),
  ...wishChanges(before.admin, after.admin),
];

export function clusterChanges(before: Cluster, after: Cluster): string[] {
  return [
    ...listChanges('node', before.nodes, after.nodes),
    ...listChanges('service', before.services, after.services),
    ...listChanges('fence device', before.fencing.devices, after.fencing.devices),
    ...listChanges('location', before.rules.locations, after.rules.locations),
    ...listChanges('colocation', before.rules.colocations, after.rules.colocations),
    ...listChanges('order', before.rules.orders, after.rules.orders),
    ...listChanges('ticket constraint', before.rules.tickets, after.rules.tickets),
    ...listChanges('group', before.rules.groups, after.rules.groups),
    ...partChanges(before, after),
  ];
}

function wishChanges(before: Admin, after: Admin): string[] {
  const old = wishesOf(before);
  const now = wishesOf(after);
  return [
    ...now.filter((wish) => !old.includes(wish)),
    ...old.filter((wish) => !now.includes(wish)).map((wish) => `no longer: ${wish}`),
  ];
}

interface Named {
  readonly id: string;
}

function listChanges(kind: string, before: readonly Named[], after: readonly Named[]): string[] {
  const old = new Map(before.map((each) => [each.id, each]));
  const now = new Map(after.map((each) => [each.id, each]));
  const ids = [...new Set([...old.keys(), ...now.keys()])].sort(byText);
  const changes = ids.flatMap((id) => entryChange(`${kind} ${id}`, old.get(id), now.get(id)));
  const kept = before.filter(({ id }) => now.has(id)).map(({ id }) => id);
  const isReordered = kept.join('\n') !== after.flatMap(({ id }) => (old.has(id) ? [id] : [])).join('\n');
  return isReordered ? [...changes, `${kind}s in another order`] : changes;
}

function entryChange(name: string, before: Named | undefined, after: Named | undefined): string[] {
  if (before === undefined) return [`${name} added`];
  if (after === undefined) return [`${name} removed`];
  const keys = differing(before, after).flatMap((key) => (key === 'digest' ? [] : inside(key, before, after)));
  return keys.length === 0 ? [] : [`${name} changed (${keys.join(', ')})`];
}

/** What a service runs is worth a closer look. */
function inside(key: string, before: object, after: object): string[] {
  const [old, now] = [before, after].map((each) => (each as Partial<Service>).resource);
  if (key !== 'resource' || old === undefined || now === undefined || old.kind !== now.kind) return [key];
  return differing(old, now).map((part) => `${old.kind}.${part}`);
}

function partChanges(before: Cluster, after: Cluster): string[] {
  const { devices: _before, ...fencingBefore } = before.fencing;
  const { devices: _after, ...fencingAfter } = after.fencing;
  const parts = [
    ...(before.name === after.name ? [] : ['name']),
    ...differing(before.heartbeat, after.heartbeat).map((key) => `heartbeat.${key}`),
    ...differing(before.quorum, after.quorum).map((key) => `quorum.${key}`),
    ...differing(fencingBefore, fencingAfter).map((key) => `fencing.${key}`),
    ...differing(before.rules.options, after.rules.options).map((key) => `options.${key}`),
    ...differing(before.rules.ticketStates, after.rules.ticketStates).map((key) => `tickets.${key}`),
    ...differing(before.rules.tags, after.rules.tags).map((key) => `tags.${key}`),
  ];
  return parts.length === 0 ? [] : [`cluster changed (${parts.join(', ')})`];
}

/** Keys whose values differ, as a person names them: units are the program's own matter. */
function differing(before: object, after: object): string[] {
  const old = new Map(Object.entries(before));
  const now = new Map(Object.entries(after));
  return [...new Set([...old.keys(), ...now.keys()])]
    .filter((key) => canonicalJson(old.get(key)) !== canonicalJson(now.get(key)))
    .map((key) => key.replace(/Ms$/, ''))
    .sort(byText);
}
