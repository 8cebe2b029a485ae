/** Draws rules of a cluster, for some clusters: none of them keeps a service down that could run without it, as points below zero would. */
import {
  type ColocationConfig,
  colocationOfTwo,
  type LocationConfig,
  noRules,
  type OrderConfig,
  orderOfTwo,
  type Rules,
  type Service,
} from '../../src/core/model.ts';
import { beginsAtMs } from '../world/date.ts';
import type { Prng } from '../world/prng.ts';

export function drawRules(prng: Prng, services: readonly Service[]): Rules {
  if (!prng.chance(services.some(({ promotable }) => promotable !== null) ? 0.7 : 0.2)) return noRules;
  const dates = prng.fork('dates');
  const rules: Mutable = { locations: [], colocations: [], orders: [] };
  services.forEach((second, index) => {
    for (const first of services.slice(0, index)) {
      if (prng.chance(0.25)) rules.orders.push(orderOf(prng, first, second.id));
      if (prng.chance(0.15)) rules.colocations.push(colocationOf(prng, first, second.id));
    }
    for (const node of second.on) if (prng.chance(0.1)) rules.locations.push(locationOf(prng, second.id, node));
    for (const node of second.on) if (dates.chance(0.05)) rules.locations.push(untilLater(dates, second.id, node));
  });
  return { ...noRules, ...rules };
}

interface Mutable {
  locations: LocationConfig[];
  colocations: ColocationConfig[];
  orders: OrderConfig[];
}

const orderOf = (prng: Prng, { id: first, promotable }: Service, second: string): OrderConfig =>
  orderOfTwo(`order-${first}-${second}`, prng.pick(['Mandatory', 'Mandatory', 'Optional', 'Serialize']), {
    first,
    firstAction: promotable === null ? null : prng.pick(['start', 'promote', 'promote']),
    second,
    secondAction: promotable === null ? null : 'start',
  });

const colocationOf = (prng: Prng, { id: primary, promotable }: Service, dependent: string): ColocationConfig =>
  colocationOfTwo(`colocation-${primary}-${dependent}`, prng.pick([50, 1000]), {
    dependent,
    primary,
    primaryRole: promotable === null ? null : prng.pick([null, 'Promoted']),
  });

const locationOf = (prng: Prng, id: string, node: string): LocationConfig => ({
  id: `location-${id}-${node}`,
  subject: { kind: 'one', id },
  node,
  score: prng.pick([50, 500]),
  role: null,
  discovery: null,
  rules: [],
  lifetime: [],
});

/** It counts for the first seconds only. */
function untilLater(prng: Prng, id: string, node: string): LocationConfig {
  const end = new Date(beginsAtMs + prng.between(2000, 20_000)).toISOString();
  const date = { kind: 'date', operation: 'lt', start: null, end, duration: null, spec: null } as const;
  const rule = { id: 'until', join: 'and', score: null, scoreAttribute: null, role: null } as const;
  return {
    ...locationOf(prng, id, node),
    id: `until-later-${id}-${node}`,
    lifetime: [{ ...rule, expressions: [date] }],
  };
}
