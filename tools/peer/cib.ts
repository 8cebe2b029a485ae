/** An input of the policy engine as a CIB, for programs that read nothing else. What only bundles need is left out. */
import type {
  AttributeSet,
  ColocationConfig,
  HistoryOperation,
  Input,
  LocationConfig,
  NodeState,
  OperationConfig,
  OrderConfig,
  PrimitiveConfig,
  ResourceConfig,
  TicketConfig,
} from '../../src/policy/input.ts';
import { infinity } from '../../src/policy/values.ts';

type Attributes = Readonly<Record<string, string | number | boolean | null | undefined>>;

export function cibOf(input: Input): string {
  const configuration = [
    element('crm_config', {}, input.options.map(setElement('cluster_property_set'))),
    element('nodes', {}, input.nodes.map(nodeElement)),
    element('resources', {}, input.resources.map(resourceElement)),
    element('constraints', {}, constraintElements(input)),
    element('rsc_defaults', {}, input.resourceDefaults.map(setElement('meta_attributes'))),
  ];
  const head = {
    admin_epoch: 0,
    epoch: 1,
    num_updates: 1,
    'have-quorum': input.quorate ? 1 : 0,
    'dc-uuid': input.coordinatorId,
    crm_feature_set: input.featureSet,
    'validate-with': 'pacemaker-3.7',
    'execution-date': input.nowS,
  };
  const tickets = input.ticketStates.map(({ id, granted }) => element('ticket_state', { id, granted }));
  const status = [...input.nodeStates.map(nodeStateElement), element('tickets', {}, tickets)];
  return element('cib', head, [element('configuration', {}, configuration), element('status', {}, status)]);
}

function element(name: string, attributes: Attributes, children: readonly string[] = []): string {
  const pairs = Object.entries(attributes)
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([key, value]) => ` ${key}="${escaped(String(value))}"`);
  const inside = children.join('');
  return inside === '' ? `<${name}${pairs.join('')}/>\n` : `<${name}${pairs.join('')}>\n${inside}</${name}>\n`;
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');

const setElement =
  (name: string) =>
  ({ id, values }: AttributeSet): string =>
    element(
      name,
      { id },
      values.map(([key, value]) => element('nvpair', { id: `${id}-${key.replaceAll('#', '.')}`, name: key, value })),
    );

const scoreText = (score: number | null): string | null =>
  score === null ? null : score >= infinity ? 'INFINITY' : score <= -infinity ? '-INFINITY' : String(score);

// ---------------------------------------------------------------- configuration

const nodeElement = ({ id, name, attributes, utilization }: Input['nodes'][number]): string =>
  element('node', { id, uname: name }, [
    ...attributes.map(setElement('instance_attributes')),
    ...utilization.map(setElement('utilization')),
  ]);

function resourceElement(resource: ResourceConfig): string {
  const meta = resource.meta.map(setElement('meta_attributes'));
  const { id } = resource;
  if (resource.kind === 'primitive') return primitiveElement(resource);
  if (resource.kind === 'group') return element('group', { id }, [...meta, ...resource.members.map(primitiveElement)]);
  if (resource.kind === 'clone') return element('clone', { id }, [...meta, resourceElement(resource.child)]);
  throw new Error(`a ${resource.kind} is not written`);
}

function primitiveElement({ id, agent, meta, parameters, utilization, operations }: PrimitiveConfig): string {
  const { standard, provider, type } = agent;
  return element('primitive', { id, class: standard, provider: provider === '' ? null : provider, type }, [
    ...meta.map(setElement('meta_attributes')),
    ...parameters.map(setElement('instance_attributes')),
    ...utilization.map(setElement('utilization')),
    element('operations', {}, operations.map(operationElement)),
  ]);
}

const operationElement = ({ id, name, attributes }: OperationConfig): string =>
  element('op', { interval: '0', ...Object.fromEntries(attributes), id, name });

const constraintElements = ({ constraints }: Input): string[] => [
  ...constraints.locations.map(locationElement),
  ...constraints.colocations.map(colocationElement),
  ...constraints.orders.map(orderElement),
  ...constraints.tickets.map(ticketElement),
];

function locationElement({ id, subject, node, score, role, discovery }: LocationConfig): string {
  if (subject.kind !== 'one') throw new Error('only locations of one resource are written');
  const rest = { score: scoreText(score), role, 'resource-discovery': discovery };
  return element('rsc_location', { id, rsc: subject.id, node, ...rest });
}

function colocationElement({ id, score, nodeAttribute, link }: ColocationConfig): string {
  if (link.kind !== 'pair') throw new Error('only colocations of pairs are written');
  return element('rsc_colocation', {
    id,
    rsc: link.dependent,
    'rsc-role': link.dependentRole,
    'with-rsc': link.primary,
    'with-rsc-role': link.primaryRole,
    score: scoreText(score),
    'node-attribute': nodeAttribute,
  });
}

function orderElement({ id, kind, symmetrical, link }: OrderConfig): string {
  if (link.kind !== 'pair') throw new Error('only orders of pairs are written');
  const actions = { 'first-action': link.firstAction, 'then-action': link.secondAction };
  const sides = Object.fromEntries([
    ['first', link.first],
    ['then', link.second],
  ]);
  return element('rsc_order', { id, ...sides, ...actions, kind, symmetrical });
}

function ticketElement({ id, ticket, lossPolicy, subject }: TicketConfig): string {
  if (subject.kind !== 'one') throw new Error('only tickets of one resource are written');
  return element('rsc_ticket', { id, rsc: subject.id, 'rsc-role': subject.role, ticket, 'loss-policy': lossPolicy });
}

// ---------------------------------------------------------------- status

function nodeStateElement(state: NodeState): string {
  const { id, name, inMembership, peer, join, expected, transient, history } = state;
  const resources = history.map(({ id: resource, agent, operations }) =>
    element(
      'lrm_resource',
      {
        id: resource,
        class: agent.standard,
        provider: agent.provider === '' ? null : agent.provider,
        type: agent.type,
      },
      operations.map(historyElement),
    ),
  );
  return element('node_state', { id, uname: name, in_ccm: inMembership, crmd: peer, join, expected }, [
    element('transient_attributes', { id }, transient.map(setElement('instance_attributes'))),
    element('lrm', { id }, [element('lrm_resources', {}, resources)]),
  ]);
}

const historyElement = (operation: HistoryOperation): string =>
  element('lrm_rsc_op', {
    id: operation.id,
    operation_key: operation.operationKey,
    operation: operation.operation,
    crm_feature_set: operation.version,
    'transition-key': operation.transitionKey,
    'transition-magic': operation.magic,
    'call-id': operation.callId,
    'rc-code': operation.rc,
    'op-status': operation.status,
    interval: operation.intervalMs,
    'last-rc-change': operation.lastChangeS,
    'exec-time': 0,
    'queue-time': 0,
    'op-digest': operation.digest,
    migrate_source: operation.migrateSource,
    migrate_target: operation.migrateTarget,
  });
