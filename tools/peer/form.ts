import { byText } from '../../src/lib/compare.ts';
import type { Decision } from '../../src/policy/index.ts';
import { essentialOrder, type Shown, shownOf } from '../../src/policy/outcome/index.ts';
import type { Change, PolicyAction } from '../../src/policy/plan.ts';
import type { NodeIndex, Resource, ResourceIndex, Situation } from '../../src/policy/situation.ts';
import { rankOf } from '../../src/policy/values.ts';
import type { PeerAction, PeerOps, PeerResult, PeerState } from './result.ts';

/** A decision in the form of the suite; `after` is the situation once all of it was carried out. */
export function peerResult(name: string, decision: Decision, after: Situation): PeerResult {
  const { situation, plan } = decision;
  const naming = namingOf(situation);
  return {
    format: 'pcmk-placement/1',
    case: name,
    initial: peerState(shownOf(situation)),
    final: peerState(shownOf(after, { pending: false })),
    actions: [
      ...[...plan.actions, ...plan.blocked].flatMap((action) => fenceLine(naming, action)),
      ...plan.changes.map((change) => changeLine(naming, change)),
    ],
    ops: peerOps(naming, plan.actions),
  };
}

export function peerState({ nodes, resources }: Shown): PeerState {
  const found: Record<string, { on: [string, string][]; flags: Record<string, string[]> }> = {};
  for (const { id, node, role, flags } of resources) {
    found[id] ??= { on: [], flags: {} };
    found[id].on.push([node, role]);
    if (flags.length > 0)
      found[id].flags[node] = [...new Set([...(found[id].flags[node] ?? []), ...flags])].sort(byText);
  }
  for (const { on } of Object.values(found)) on.sort((a, b) => byText(a[0], b[0]) || byText(a[1], b[1]));
  return {
    nodes: Object.fromEntries(nodes.map(({ name, kind, state }) => [name, { kind, state }])),
    resources: found,
  };
}

// ---------------------------------------------------------------- names

interface Naming {
  readonly node: (index: NodeIndex) => string;
  /** In lines for people: without the number if that means nothing. */
  readonly line: (index: ResourceIndex) => string;
  /** In operations: as the node is told. */
  readonly operation: (index: ResourceIndex) => string;
}

function namingOf(situation: Situation): Naming {
  const { resources, nodes } = situation;
  const configured = new Set(resources.filter((each) => each.config !== null).map((each) => each.baseId));
  const isUnique = (resource: Resource): boolean => {
    for (let at: Resource | undefined = resource; at !== undefined; at = resources[at.parent ?? -1])
      if (at.kind === 'clone') return at.meta.isUnique;
    return false;
  };
  const unique = new Set(resources.filter(isUnique).map((each) => each.id.replace(/:\d+$/, '')));
  return {
    node: (index) => nodes[index]?.name ?? '',
    line: (index) => {
      const id = resources[index]?.id ?? '';
      const base = id.replace(/:\d+$/, '');
      return configured.has(base) && !unique.has(base) ? base : id;
    },
    operation: (index) => {
      const resource = resources[index];
      return (resource?.orphan === true ? resource.alias : null) ?? resource?.historyId ?? '';
    },
  };
}

// ---------------------------------------------------------------- lines for people

/** A shutdown has no line: `crm_simulate` tells of none. */
function fenceLine(naming: Naming, { task, how, node, because }: PolicyAction): PeerAction[] {
  if (task !== 'fence' || node === null) return [];
  return [{ action: 'fence', how: how ?? 'reboot', node: naming.node(node), reason: because }];
}

/** Roles are told only of what can be promoted. */
function changeLine(naming: Naming, { kind, resource, from, to, isBlocked, because }: Change): PeerAction {
  const role = from?.role ?? 'stopped';
  const nextRole = to?.role ?? role;
  const tellsRoles = rankOf(role) > rankOf('started') || rankOf(nextRole) > rankOf('unpromoted');
  const isSame = from !== null && to !== null && from.role === to.role;
  const at = (place: NonNullable<Change['from']>, isTold: boolean): readonly [string, string | null] => [
    naming.node(place.node),
    isTold ? roleWord(place.role) : null,
  ];
  const isMove = from !== null && to !== null && from.node !== to.node;
  const origin = from === null && to !== null && tellsRoles ? { node: to.node, role } : from;
  const tellsBoth = tellsRoles || (from !== null && to !== null && !isSame);
  return {
    action: kind,
    resource: naming.line(resource),
    from: origin === null ? null : at(origin, tellsBoth && !(isMove && isSame)),
    to: to === null ? null : at(to, tellsBoth),
    blocked: isBlocked,
    ...(because === '' ? {} : { reason: because }),
  };
}

const roleWord = (role: string): string => role.charAt(0).toUpperCase() + role.slice(1);

// ---------------------------------------------------------------- operations

const coreTasks = ['start', 'stop', 'promote', 'demote', 'migrate_to', 'migrate_from', 'reload-agent', 'shutdown'];

/** What only orders others is no operation, except a fencing that some other fencing implies. */
const isCore = ({ task, isPseudo }: PolicyAction): boolean =>
  task === 'fence' || (!isPseudo && coreTasks.includes(task));

function peerOps(naming: Naming, actions: readonly PolicyAction[]): PeerOps {
  const others = actions.filter((action) => !isCore(action) && !action.isPseudo && action.task !== 'gate');
  return {
    core: actions
      .filter(isCore)
      .map((action) => operationText(naming, action))
      .sort(byText),
    other: others.map((action) => operationText(naming, action)).sort(byText),
    order: essentialOrder(actions, isCore).map(
      ([a, b]) => [operationText(naming, a), operationText(naming, b)] as const,
    ),
  };
}

function operationText(naming: Naming, { task, resource, node, intervalMs, how }: PolicyAction): string {
  const where = node === null ? '' : naming.node(node);
  if (task === 'fence') return `fence ${how} ${where}`;
  if (task === 'shutdown') return `shutdown ${where}`;
  const name = task !== 'monitor' ? task : intervalMs === 0 ? 'probe' : `monitor=${intervalMs}`;
  const verb = task === 'cancel' ? `cancel=${intervalMs}` : name;
  return [verb, resource === null ? '' : naming.operation(resource), where].filter((word) => word !== '').join(' ');
}
