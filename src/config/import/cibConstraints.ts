/** Constraints of a CIB, in the words of today. */
import type {
  ColocationConfig,
  ConstraintConfig,
  LocationConfig,
  OrderConfig,
  ResourceSet,
  Rule,
  Subject,
  TicketConfig,
} from '../../policy/input.ts';
import { rulesOf } from './cibSets.ts';
import { attributeOf, childOf, childrenOf, describe, type Element, faultAt, requiredOf } from './element.ts';
import { isTrueOrNull, roleOrNull } from './numbers.ts';
import type { Reading } from './reading.ts';

interface Found extends ConstraintConfig {
  readonly locations: LocationConfig[];
  readonly colocations: ColocationConfig[];
  readonly orders: OrderConfig[];
  readonly tickets: TicketConfig[];
}

export function constraintsOf(reading: Reading, constraints: Element | null): ConstraintConfig {
  const found: Found = { locations: [], colocations: [], orders: [], tickets: [] };
  for (const element of constraints?.children ?? []) add(reading, element, found);
  return found;
}

function add(reading: Reading, element: Element, found: Found): void {
  switch (element.name) {
    case 'rsc_location':
      found.locations.push(locationOf(reading, element));
      return;
    case 'rsc_colocation':
      found.colocations.push(colocationOf(reading, element));
      return;
    case 'rsc_order':
      found.orders.push(orderOf(reading, element));
      return;
    case 'rsc_ticket':
      found.tickets.push(ticketOf(reading, element));
      return;
    default:
      throw faultAt(element, `<${element.name}> is no kind of constraint`);
  }
}

const idOf = (element: Element): string => requiredOf(element, 'id', 'every constraint has one');

const lifetimeOf = (reading: Reading, element: Element): Rule[] => rulesOf(reading, childOf(element, 'lifetime'));

const locationOf = (reading: Reading, element: Element): LocationConfig => ({
  id: idOf(element),
  subject: subjectOf(reading, element),
  node: attributeOf(element, 'node'),
  score: reading.score(element),
  role: roleOrNull(attributeOf(element, 'role')),
  discovery: attributeOf(element, 'resource-discovery'),
  rules: rulesOf(reading, element),
  lifetime: lifetimeOf(reading, element),
});

function subjectOf(reading: Reading, element: Element): Subject {
  const id = attributeOf(element, 'rsc');
  if (id !== null) return { kind: 'one', id };
  const pattern = attributeOf(element, 'rsc-pattern');
  if (pattern !== null) return { kind: 'pattern', pattern };
  return { kind: 'sets', sets: someSetsOf(reading, element) };
}

/** At least one. */
function someSetsOf(reading: Reading, element: Element): ResourceSet[] {
  const sets = resourceSetsOf(reading, element);
  if (sets.length === 0)
    throw faultAt(element, `${describe(element)} names no resource: neither in an attribute nor in a set`);
  return sets;
}

function resourceSetsOf(reading: Reading, element: Element): ResourceSet[] {
  const sets: ResourceSet[] = [];
  for (const child of childrenOf(element, 'resource_set')) {
    const resolved = reading.resolve(child);
    if (resolved !== null) sets.push(resourceSetOf(reading, resolved));
  }
  return sets;
}

const resourceSetOf = (reading: Reading, element: Element): ResourceSet => ({
  id: element.attributes['id'] ?? '',
  members: childrenOf(element, 'resource_ref').map((ref) => requiredOf(ref, 'id', 'it names the resource')),
  role: roleOrNull(attributeOf(element, 'role')),
  action: attributeOf(element, 'action'),
  score: reading.score(element),
  kind: attributeOf(element, 'kind'),
  sequential: isTrueOrNull(attributeOf(element, 'sequential')),
  requireAll: isTrueOrNull(attributeOf(element, 'require-all')),
  ordering: attributeOf(element, 'ordering'),
});

const colocationOf = (reading: Reading, element: Element): ColocationConfig => ({
  id: idOf(element),
  score: reading.score(element),
  nodeAttribute: attributeOf(element, 'node-attribute'),
  influence: isTrueOrNull(attributeOf(element, 'influence')),
  lifetime: lifetimeOf(reading, element),
  link: colocationLink(reading, element),
});

function colocationLink(reading: Reading, element: Element): ColocationConfig['link'] {
  const sets = resourceSetsOf(reading, element);
  if (sets.length > 0) return { kind: 'sets', sets };
  return {
    kind: 'pair',
    dependent: requiredOf(element, 'rsc', 'it names the resource that is placed'),
    dependentRole: roleOrNull(attributeOf(element, 'rsc-role')),
    dependentInstance: attributeOf(element, 'rsc-instance'),
    primary: requiredOf(element, 'with-rsc', 'it names the resource near which the other is placed'),
    primaryRole: roleOrNull(attributeOf(element, 'with-rsc-role')),
    primaryInstance: attributeOf(element, 'with-rsc-instance'),
  };
}

const orderOf = (reading: Reading, element: Element): OrderConfig => ({
  id: idOf(element),
  kind: attributeOf(element, 'kind'),
  score: reading.score(element),
  symmetrical: isTrueOrNull(attributeOf(element, 'symmetrical')),
  requireAll: isTrueOrNull(attributeOf(element, 'require-all')),
  lifetime: lifetimeOf(reading, element),
  link: orderLink(reading, element),
});

function orderLink(reading: Reading, element: Element): OrderConfig['link'] {
  const sets = resourceSetsOf(reading, element);
  if (sets.length > 0) return { kind: 'sets', sets };
  return {
    kind: 'pair',
    first: requiredOf(element, 'first', 'it names the resource that acts first'),
    firstAction: attributeOf(element, 'first-action'),
    firstInstance: attributeOf(element, 'first-instance'),
    second: requiredOf(element, 'then', 'it names the resource that acts afterwards'),
    secondAction: attributeOf(element, 'then-action'),
    secondInstance: attributeOf(element, 'then-instance'),
  };
}

const ticketOf = (reading: Reading, element: Element): TicketConfig => ({
  id: idOf(element),
  ticket: requiredOf(element, 'ticket', 'it says what is needed'),
  lossPolicy: attributeOf(element, 'loss-policy'),
  lifetime: lifetimeOf(reading, element),
  subject: ticketSubject(reading, element),
});

function ticketSubject(reading: Reading, element: Element): TicketConfig['subject'] {
  const id = attributeOf(element, 'rsc');
  if (id === null) return { kind: 'sets', sets: someSetsOf(reading, element) };
  return { kind: 'one', id, role: roleOrNull(attributeOf(element, 'rsc-role')) };
}
