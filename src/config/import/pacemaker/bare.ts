/**
 * A configuration without its status and without what a cluster file says elsewhere: fence devices, which are no services here, and
 * what operators and agents say while the cluster runs (standby, maintenance, promotion scores).
 */
import type {
  AttributeSet,
  GroupConfig,
  Input,
  NodeConfig,
  PrimitiveConfig,
  ResourceConfig,
} from '../../../policy/input.ts';
import { firstOptionSet } from '../../../policy/rule/index.ts';

/** What operators say with commands here. */
const said = ['standby', 'maintenance'];

export function bareOf(input: Input): Input {
  return {
    ...input,
    options: [...input.options, set(firstOptionSet, ['stonith-enabled', 'false'], ['maintenance-mode', 'false'])],
    nodes: input.nodes.map((node) => withoutSaid(node, input)),
    resources: input.resources.flatMap(withoutDevices),
    topology: [],
    nodeStates: [],
    quorate: true,
    coordinatorId: null,
    hasWatchdog: false,
  };
}

const set = (id: string, ...values: AttributeSet['values']): AttributeSet => ({ id, score: null, rule: null, values });

const withoutSaid = (node: NodeConfig, input: Input): NodeConfig => ({
  ...node,
  attributes: node.attributes.map((each) => ({
    ...each,
    values: each.values.filter(([name]) => !said.includes(name) && !isPromotionScore(name, input)),
  })),
});

/** What an agent has said of its copy on the node, for good: it says that anew, with each start and check. */
export function isPromotionScore(name: string, { resources }: Pick<Input, 'resources'>): boolean {
  const [, id] = /^(?:master|promotion)-(.+?)(?::\d+)?$/.exec(name) ?? [];
  return id !== undefined && resources.flatMap(primitivesIn).some((primitive) => primitive.id === id);
}

function primitivesIn(resource: ResourceConfig): readonly PrimitiveConfig[] {
  switch (resource.kind) {
    case 'primitive':
      return [resource];
    case 'group':
      return resource.members;
    case 'clone':
      return primitivesIn(resource.child);
    case 'bundle':
      return resource.child === null ? [] : [resource.child];
  }
}

export const isDevice = ({ agent }: PrimitiveConfig): boolean => agent.standard === 'stonith';

/** Of what is left empty, nothing stays. */
function withoutDevices(resource: ResourceConfig): readonly ResourceConfig[] {
  switch (resource.kind) {
    case 'primitive':
      return isDevice(resource) ? [] : [resource];
    case 'group':
      return membersLeft(resource);
    case 'clone': {
      const [child] = resource.child.kind === 'group' ? membersLeft(resource.child) : withoutDevices(resource.child);
      return child === undefined ? [] : [{ ...resource, child: child as PrimitiveConfig | GroupConfig }];
    }
    case 'bundle':
      return [resource];
  }
}

function membersLeft(group: GroupConfig): readonly GroupConfig[] {
  const members = group.members.filter((member) => !isDevice(member));
  return members.length === 0 ? [] : [members.length === group.members.length ? group : { ...group, members }];
}

// ---------------------------------------------------------------- sets with rules

/** Whose sets they are: the id of a node or resource, or the name of a section. */
export type OnRuled = (owner: string, kind: Kind, set: AttributeSet) => void;

/** `values`: whoever says them says them with their rules. */
type Kind = 'meta' | 'values' | 'other';

/** Only sets that hold always; the others are told of. */
export function withoutRules(input: Input, onRuled: OnRuled): Input {
  const plain = (owner: string, kind: Kind, sets: readonly AttributeSet[]): readonly AttributeSet[] =>
    sets.filter((each) => {
      if (each.rule !== null) onRuled(owner, kind, each);
      return each.rule === null;
    });
  const primitive = (config: PrimitiveConfig): PrimitiveConfig => ({
    ...config,
    meta: plain(config.id, 'meta', config.meta),
    parameters: plain(config.id, 'values', config.parameters),
    utilization: plain(config.id, 'values', config.utilization),
  });
  const group = (config: GroupConfig): GroupConfig => ({
    ...config,
    meta: plain(config.id, 'meta', config.meta),
    parameters: plain(config.id, 'values', config.parameters),
    members: config.members.map(primitive),
  });
  const resource = (config: ResourceConfig): ResourceConfig => {
    if (config.kind === 'primitive') return primitive(config);
    if (config.kind === 'group') return group(config);
    if (config.kind === 'bundle') return config;
    return {
      ...config,
      meta: plain(config.id, 'meta', config.meta),
      parameters: plain(config.id, 'values', config.parameters),
      child: config.child.kind === 'group' ? group(config.child) : primitive(config.child),
    };
  };
  return {
    ...input,
    options: plain('crm_config', 'other', input.options),
    resourceDefaults: plain('rsc_defaults', 'meta', input.resourceDefaults),
    operationDefaults: plain('op_defaults', 'values', input.operationDefaults),
    nodes: input.nodes.map((node) => ({
      ...node,
      attributes: plain(node.name, 'values', node.attributes),
      utilization: plain(node.name, 'values', node.utilization),
    })),
    resources: input.resources.map(resource),
  };
}
