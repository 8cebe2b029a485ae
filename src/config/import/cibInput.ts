/** What the tree of a CIB says, once its syntax is read and its words are those of today. */
import type { AttributeSet, FencingLevel, Input, NodeConfig, NodeState, TicketState } from '../../policy/input.ts';
import { constraintsOf } from './cibConstraints.ts';
import type { HistoryTaker } from './cibHistory.ts';
import { resourcesOf, today } from './cibResources.ts';
import { setsOf } from './cibSets.ts';
import {
  attributeOf,
  attributesBut,
  childOf,
  childrenOf,
  describe,
  type Element,
  faultAt,
  requiredOf,
} from './element.ts';
import { isTrue, wholeOr } from './numbers.ts';
import type { Reading } from './reading.ts';

export function inputOf(root: Element, reading: Reading, history: HistoryTaker, nowS: number | undefined): Input {
  const configuration = childOf(root, 'configuration');
  if (configuration === null) throw faultAt(root, 'this CIB has no <configuration>');
  const status = childOf(root, 'status');
  const options = setsOf(reading, childOf(configuration, 'crm_config'), 'cluster_property_set');
  return {
    options,
    resourceDefaults: today(setsOf(reading, childOf(configuration, 'rsc_defaults'), 'meta_attributes')),
    operationDefaults: setsOf(reading, childOf(configuration, 'op_defaults'), 'meta_attributes'),
    nodes: childrenOf(childOf(configuration, 'nodes'), 'node').map((node) => nodeOf(reading, node)),
    resources: resourcesOf(reading, childOf(configuration, 'resources')),
    constraints: constraintsOf(reading, childOf(configuration, 'constraints')),
    topology: childrenOf(childOf(configuration, 'fencing-topology'), 'fencing-level').map(levelOf),
    tags: tagsOf(childOf(configuration, 'tags')),
    ticketStates: childrenOf(childOf(status, 'tickets'), 'ticket_state').map(ticketStateOf),
    nodeStates: childrenOf(status, 'node_state').map((state) => nodeStateOf(reading, state, history)),
    quorate: isTrue(attributeOf(root, 'have-quorum')),
    coordinatorId: attributeOf(root, 'dc-uuid'),
    featureSet: attributeOf(root, 'crm_feature_set'),
    noQuorumPanic: isTrue(attributeOf(root, 'no-quorum-panic')),
    hasWatchdog: hasWatchdog(options),
    nowS: wholeOr(attributeOf(root, 'execution-date'), nowS ?? Math.floor(Date.now() / 1000)),
  };
}

const hasWatchdog = (options: readonly AttributeSet[]): boolean =>
  options.some(({ values }) => values.some(([name, value]) => name === 'have-watchdog' && isTrue(value)));

const nodeOf = (reading: Reading, element: Element): NodeConfig => ({
  id: requiredOf(element, 'id', 'its status names it by that'),
  name: requiredOf(element, 'uname', 'constraints name it by that'),
  type: nodeTypeOf(attributeOf(element, 'type')),
  score: reading.score(element) ?? 0,
  attributes: setsOf(reading, element, 'instance_attributes'),
  utilization: setsOf(reading, element, 'utilization'),
});

/** `normal` is the old word for a member; what is neither member nor remote can run nothing. */
function nodeTypeOf(text: string | null): NodeConfig['type'] {
  const type = text?.toLowerCase() ?? 'member';
  if (type === 'member' || type === 'normal') return 'member';
  return type === 'remote' ? 'remote' : 'ping';
}

function levelOf(element: Element): FencingLevel {
  const text = requiredOf(element, 'index', 'levels are tried in its order');
  const index = wholeOr(text, null);
  if (index === null) throw faultAt(element, `${describe(element)}: index «${text}» is no whole number`);
  const devices = requiredOf(element, 'devices', 'it names the fence devices of the level');
  return {
    id: element.attributes['id'] ?? '',
    index,
    devices: devices
      .split(',')
      .map((device) => device.trim())
      .filter((device) => device !== ''),
    target: targetOf(element),
  };
}

function targetOf(element: Element): FencingLevel['target'] {
  const name = attributeOf(element, 'target');
  if (name !== null) return { kind: 'node', name };
  const pattern = attributeOf(element, 'target-pattern');
  if (pattern !== null) return { kind: 'pattern', pattern };
  const attribute = requiredOf(
    element,
    'target-attribute',
    'it says which nodes the level is for (or target, target-pattern)',
  );
  return { kind: 'attribute', attribute, value: attributeOf(element, 'target-value') ?? '' };
}

/** Of a tag that is written twice, all members. */
function tagsOf(tags: Element | null): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const tag of childrenOf(tags, 'tag')) {
    const id = requiredOf(tag, 'id', 'constraints name it by that');
    const members = childrenOf(tag, 'obj_ref').map((ref) => requiredOf(ref, 'id', 'it names the member'));
    found.set(id, [...(found.get(id) ?? []), ...members]);
  }
  return found;
}

const ticketStateOf = (element: Element): TicketState => ({
  id: requiredOf(element, 'id', 'constraints name it by that'),
  granted: isTrue(attributeOf(element, 'granted')),
  standby: isTrue(attributeOf(element, 'standby')),
  lastGrantedS: wholeOr(attributeOf(element, 'last-granted'), null),
  attributes: attributesBut(element, 'id'),
});

function nodeStateOf(reading: Reading, element: Element, history: HistoryTaker): NodeState {
  const lrm = childOf(element, 'lrm');
  return {
    id: element.attributes['id'] ?? '',
    name: element.attributes['uname'] ?? '',
    isRemote: isTrue(attributeOf(element, 'remote_node')),
    inMembership: attributeOf(element, 'in_ccm'),
    peer: attributeOf(element, 'crmd'),
    join: attributeOf(element, 'join'),
    expected: attributeOf(element, 'expected'),
    hasLrm: lrm !== null,
    fencedRemote: attributeOf(element, 'node_fenced'),
    inMaintenance: attributeOf(element, 'node_in_maintenance'),
    transient: childrenOf(element, 'transient_attributes').flatMap((attributes) =>
      setsOf(reading, attributes, 'instance_attributes'),
    ),
    history: childrenOf(lrm, 'lrm_resources').flatMap((resources) => history.of(resources)),
  };
}
