/** Meta attributes: inherited, defaulted, and as values. */
import type { AgentName, AttributeSet } from '../input.ts';
import { readSets, roleOf } from '../rule/index.ts';
import { booleanOf, intervalMsOf, isTrue, scoreOf, wholeOf } from '../rule/text.ts';
import type { Meta } from '../situation.ts';
import { infinity, type Role } from '../values.ts';
import type { WorkResource, World } from './world.ts';

/** Groups and clones: rules about agents are false for them, but not for want of anything to ask about. */
const noAgent: AgentName = { standard: '', provider: '', type: '' };

/**
 * In this order, the first to name one wins: the resource itself, what its parents say themselves, the defaults of all
 * resources, and at last what the parents have by default or by being what they are.
 */
export function readMeta(
  world: World,
  sets: readonly AttributeSet[],
  agent: AgentName | null,
  parent: WorkResource | null,
): Map<string, string> {
  const context = { nowS: world.input.nowS, agent: agent ?? noAgent };
  const meta = readSets(sets, context);
  const inherited = new Map<string, string>();
  for (let at = parent; at !== null; at = at.parent) readSets(at.config?.meta ?? [], context, inherited);
  addMissing(meta, inherited);
  readSets(world.input.resourceDefaults, context, meta);
  addMissing(meta, parent?.rawMeta ?? new Map());
  return meta;
}

function addMissing(into: Map<string, string>, from: ReadonlyMap<string, string>): void {
  for (const [name, value] of from) if (!into.has(name)) into.set(name, value);
}

/** Where it says nothing itself, `default` stands for no value. */
const given = (raw: ReadonlyMap<string, string>, name: string): string | null => {
  const value = raw.get(name);
  return value === undefined || value.toLowerCase() === 'default' ? null : value;
};

export interface Surroundings {
  /** Of the whole cluster, for the default of `clone-max`. */
  readonly nodeCount: number;
  readonly kind: WorkResource['kind'];
  readonly isInClone: boolean;
  readonly isPromotable: boolean;
  readonly isUnique: boolean;
  readonly isRemoteNode: boolean;
  readonly requires: Meta['requires'];
}

export function metaOf(raw: ReadonlyMap<string, string>, around: Surroundings): Meta {
  const migrate = booleanOf(raw.get('allow-migrate'));
  return {
    priority: scoreOf(raw.get('priority')),
    stickiness: scoreOf(given(raw, 'resource-stickiness')),
    targetRole: targetRoleOf(raw, around.isPromotable),
    requires: around.requires,
    multipleActive: multipleActiveOf(raw.get('multiple-active')),
    maintenance: isTrue(raw.get('maintenance')),
    failureTimeoutMs: intervalMsOf(raw.get('failure-timeout')),
    migrationThreshold: thresholdOf(given(raw, 'migration-threshold')),
    // Connections move as they are, unless told otherwise: what runs behind them need not stop.
    allowMigrate: raw.has('allow-migrate') ? migrate === true : around.isRemoteNode,
    allowUnhealthyNodes: isTrue(raw.get('allow-unhealthy-nodes')),
    critical: raw.has('critical') ? isTrue(raw.get('critical')) : true,
    isUnique: around.isUnique,
    notify: isTrue(raw.get('notify')),
    interleave: isTrue(raw.get('interleave')),
    ordered: booleanOf(raw.get('ordered')) ?? around.kind === 'group',
    promotable: around.isPromotable,
    ...cloneLimits(raw, around),
  };
}

function cloneLimits(raw: ReadonlyMap<string, string>, around: Surroundings) {
  const nodeMax = countOf(raw.get('clone-node-max'), 1);
  return {
    cloneMax: countOf(raw.get('clone-max'), Math.max(around.nodeCount, 1)),
    cloneNodeMax: around.isUnique ? nodeMax : Math.min(nodeMax, 1),
    cloneMin: countOf(raw.get('clone-min'), 0),
    promotedMax: countOf(raw.get('promoted-max') ?? raw.get('master-max'), 1),
    promotedNodeMax: countOf(raw.get('promoted-node-max') ?? raw.get('master-node-max'), 1),
  };
}

/** What is given but cannot be read, or is negative, is 0. */
const countOf = (text: string | undefined, byDefault: number): number =>
  text === undefined ? byDefault : Math.max(wholeOf(text) ?? 0, 0);

/** A negative threshold has always been taken as 1. */
function thresholdOf(text: string | null): number {
  if (text === null) return infinity;
  const threshold = scoreOf(text);
  return threshold < 0 ? 1 : threshold;
}

function multipleActiveOf(text: string | undefined): Meta['multipleActive'] {
  const value = text?.toLowerCase();
  return value === 'stop_only' || value === 'block' || value === 'stop_unexpected' ? value : 'stop_start';
}

/** Null also where the role is what would be done anyhow, or is one that only promotable clones have. */
export function targetRoleOf(raw: ReadonlyMap<string, string>, isPromotable: boolean): Role | null {
  const role = roleOf(raw.get('target-role'));
  if (role === 'unpromoted') return isPromotable ? role : null;
  return role === 'stopped' ? role : null;
}
