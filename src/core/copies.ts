/**
 * From a service of which several copies run that differ to one service for each of them.
 *
 * They are called `web:0`, `web:1` and so on, and each runs once. What constraints say of `web` is about all of them together; so `needs`
 * and `with` of others become the order and the colocation that say it of them.
 */
import { infinity } from '../policy/values.ts';
import {
  type Cluster,
  colocationOfTwo,
  copyId,
  orderOfTwo,
  type Rules,
  type Service,
  type ServiceId,
} from './model.ts';

/** What a copy is beside its number. */
type OwnPart = Pick<Service, 'resource' | 'digest' | 'ruled'>;

/** `cluster`: of such a service it has the first copy, under the name of all, and others name it in `needs` and `with`. */
export function withAllCopies(cluster: Cluster, ownPart: (service: Service, number: number) => OwnPart): Cluster {
  const unique = new Set(cluster.services.flatMap(({ id, copyOf }) => (copyOf === undefined ? [] : [id])));
  if (unique.size === 0) return cluster;
  const { services, rules } = cluster;
  const isUnique = (id: ServiceId): boolean => unique.has(id);
  return {
    ...cluster,
    services: services.flatMap((service) => copiesOf(withoutTies(service, isUnique), ownPart)),
    rules: {
      ...rules,
      colocations: [...rules.colocations, ...services.flatMap((service) => colocationsOf(service, isUnique))],
      orders: [...rules.orders, ...services.flatMap((service) => ordersOf(service, isUnique))],
    },
  };
}

function copiesOf(service: Service, ownPart: (service: Service, number: number) => OwnPart): readonly Service[] {
  const { copyOf, ...each } = service;
  if (copyOf === undefined) return [service];
  return Array.from({ length: copyOf.max }, (_, number) => {
    const copy = { ...copyOf, number };
    // In the order in which other nodes read it.
    return { ...each, ...ownPart(service, number), id: copyId(copy), copyOf: copy };
  });
}

type IsUnique = (id: ServiceId) => boolean;

const withoutTies = (service: Service, isUnique: IsUnique): Service => ({
  ...service,
  needs: service.needs.filter((id) => !isUnique(id)),
  with: service.with.filter((id) => !isUnique(id)),
});

// No id of a file has a space.
const colocationsOf = (service: Service, isUnique: IsUnique): Rules['colocations'] =>
  service.with.filter(isUnique).map((primary) => ({
    ...colocationOfTwo(`${service.id} with ${primary}`, infinity, { dependent: service.id, primary }),
    influence: true,
  }));

const ordersOf = (service: Service, isUnique: IsUnique): Rules['orders'] =>
  service.needs
    .filter(isUnique)
    .map((first) => orderOfTwo(`${service.id} needs ${first}`, 'mandatory', { first, second: service.id }));
