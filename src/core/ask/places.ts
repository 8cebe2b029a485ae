/**
 * Places in `on` as locations. A thousand services on 32 nodes have 32 000 of them, nearly always the same: they are made once for
 * each list and handed to the engine as it would have worked them out itself.
 */
import { must } from '../../lib/assert.ts';
import type { Constraints, Location } from '../../policy/constraints.ts';
import type { Situation } from '../../policy/situation.ts';
import type { Cluster, Service, ServiceId } from '../model.ts';
import { type Configuration, resourceIdOf } from './configuration.ts';
import { preferencesOfCopies } from './copies.ts';
import type { Present, Question } from './question.ts';

/** Id of all locations that stand for a place in `on`. */
export const placeInList = '#on';

/** Id of the location that stands for a preference: its index in the list. */
export const preferenceId = (index: number): string => `#${index}`;

type Places = Location['nodes'];

/** The engine numbers nodes by name, so that the numbers are the same for one cluster at all times. */
const known = new WeakMap<Cluster, ReadonlyMap<ServiceId, Places>>();

/** Behind all others: the last ones are applied first, and are the first that people read. No other node is made possible by any. */
export function withPlaces(
  constraints: Constraints,
  { cluster, present, preferences }: Question,
  { heads, copies }: Configuration,
  situation: Situation,
): Constraints {
  const places = known.get(cluster) ?? placesOf(heads, situation);
  known.set(cluster, places);
  const locations = heads.map(({ id }): Location => {
    const resource = must(situation.resourceById.get(id), `resource ${id}`);
    const nodes = must(places.get(id), `places of ${id}`);
    return { id: placeInList, resource, role: null, discovery: 'exclusive', nodes };
  });
  const roles = cluster.services.flatMap((service) => rolesKept(service, present.get(service.id) ?? [], situation));
  const own = [
    ...ownPreferences(preferences, situation),
    ...preferencesOfCopies(preferences, copies, situation, preferenceId),
  ];
  return { ...constraints, locations: [...constraints.locations, ...own, ...roles, ...locations] };
}

/** Each of a copy that runs nowhere. One that runs or failed on the node already sticks by itself. */
function ownPreferences(preferences: Question['preferences'], { resources, ...situation }: Situation): Location[] {
  const taken = new Set<number>();
  return preferences.flatMap(({ service, node: name, points, isOwn }, index) => {
    if (isOwn !== true || points === null) return [];
    const clone = must(situation.resourceById.get(service), `resource ${service}`);
    const { children } = must(resources[clone], `resource ${service}`);
    const node = must(situation.nodeByName.get(name), `node ${name}`);
    const placesOfCopy = (copy: number): readonly number[] => must(resources[copy], 'copy').runningOn;
    const resource = children.find((copy) => placesOfCopy(copy).length === 0 && !taken.has(copy));
    if (resource === undefined || children.some((copy) => placesOfCopy(copy).includes(node))) return [];
    taken.add(resource);
    return [{ id: preferenceId(index), resource, role: null, discovery: 'always', nodes: [{ node, score: points }] }];
  });
}

/**
 * A list of nodes takes the role from nobody, as far as stickiness says so: the promoted copy counts as if its node were the first.
 * Between equals the engine leaves the role where it is. Only where its agent wants it: no list makes anybody fit.
 */
function rolesKept(service: Service, copies: readonly Present[], { nodeByName, resourceById }: Situation): Location[] {
  const { on, onScore, stickiness, promotable } = service;
  if (promotable === null) return [];
  const nodes = copies.flatMap(({ node, promoted, promotion }) => {
    const score = Math.min(stickiness, onScore * on.indexOf(node));
    return promoted && score > 0 && (promotion ?? -1) >= 0
      ? [{ node: must(nodeByName.get(node), `node ${node}`), score }]
      : [];
  });
  if (nodes.length === 0) return [];
  const id = resourceIdOf(service);
  const resource = must(resourceById.get(id), `resource ${id}`);
  return [{ id: '#role', resource, role: 'promoted', discovery: 'always', nodes }];
}

function placesOf(heads: readonly Service[], { nodeByName }: Situation): ReadonlyMap<ServiceId, Places> {
  const lists = new Map<string, Places>();
  const places = new Map<ServiceId, Places>();
  for (const { id, on, onScore } of heads) {
    const key = `${onScore} ${on.join(' ')}`;
    const list =
      lists.get(key) ??
      on.map((name, place) => ({
        node: must(nodeByName.get(name), `node ${name}`),
        score: onScore * (on.length - 1 - place),
      }));
    lists.set(key, list);
    places.set(id, list);
  }
  return places;
}
