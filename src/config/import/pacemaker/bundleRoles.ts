/** Constraints about roles of bundles, which have none here: what is said of the promoted copy is left out, an order waits for the start. */
import type {
  ColocationConfig,
  Input,
  LocationConfig,
  OrderConfig,
  ResourceConfig,
  ResourceSet,
  TicketConfig,
} from '../../../policy/input.ts';
import type { ImportDraft } from './draft.ts';
import { primitivesOf } from './names.ts';

export function withoutBundleRoles(
  input: Input,
  isPromotable: (bundle: ResourceConfig) => boolean,
  draft: ImportDraft,
): Input {
  const bundles = input.resources.filter((each) => each.kind === 'bundle' && isPromotable(each));
  const ids = new Set(bundles.flatMap((each) => [each.id, ...primitivesOf(each).map(({ id }) => id)]));
  if (ids.size === 0) return input;
  const { locations, colocations, orders, tickets } = input.constraints;
  return {
    ...input,
    constraints: {
      locations: locations.flatMap((each) => location(each, ids, draft)),
      colocations: colocations.map((each) => colocation(each, ids)),
      orders: orders.map((each) => order(each, ids)),
      tickets: tickets.map((each) => ticket(each, ids)),
    },
  };
}

type Ids = ReadonlySet<string>;

function location(config: LocationConfig, ids: Ids, draft: ImportDraft): readonly LocationConfig[] {
  const { id, subject, rules } = config;
  if (subject.kind !== 'one' || !ids.has(subject.id)) return [config];
  const plain = {
    ...config,
    role: ofAll(config.role),
    rules: rules.map((rule) => ({ ...rule, role: ofAll(rule.role) })),
  };
  if (plain.role === null && plain.rules.every(({ role }) => role === null)) return [plain];
  draft.lose(id, 'location: it is about a role of a bundle, which has none here: left out');
  return [];
}

/** What runs in any role is all of it. */
const ofAll = (role: string | null): string | null => (role?.toLowerCase() === 'started' ? null : role);

const without = (role: string | null, id: string, ids: Ids): string | null => (ids.has(id) ? null : role);

const actions: Readonly<Record<string, string>> = { promote: 'start', demote: 'stop' };

const plainAction = (action: string | null, id: string, ids: Ids): string | null =>
  action !== null && ids.has(id) ? (actions[action] ?? action) : action;

function colocation(config: ColocationConfig, ids: Ids): ColocationConfig {
  const { link } = config;
  if (link.kind === 'sets') return { ...config, link: { ...link, sets: plainSets(link.sets, ids) } };
  const { dependent, primary } = link;
  const roles = {
    dependentRole: without(link.dependentRole, dependent, ids),
    primaryRole: without(link.primaryRole, primary, ids),
  };
  return { ...config, link: { ...link, ...roles } };
}

function order(config: OrderConfig, ids: Ids): OrderConfig {
  const { link } = config;
  if (link.kind === 'sets') return { ...config, link: { ...link, sets: plainSets(link.sets, ids) } };
  const { first, second } = link;
  const plain = {
    firstAction: plainAction(link.firstAction, first, ids),
    secondAction: plainAction(link.secondAction, second, ids),
  };
  return { ...config, link: { ...link, ...plain } };
}

function ticket(config: TicketConfig, ids: Ids): TicketConfig {
  const { subject } = config;
  if (subject.kind === 'sets') return { ...config, subject: { ...subject, sets: plainSets(subject.sets, ids) } };
  return { ...config, subject: { ...subject, role: without(subject.role, subject.id, ids) } };
}

const plainSets = (sets: readonly ResourceSet[], ids: Ids): readonly ResourceSet[] =>
  sets.map((set) => {
    const [first = ''] = set.members.filter((id) => ids.has(id));
    return { ...set, role: without(set.role, first, ids), action: plainAction(set.action, first, ids) };
  });
