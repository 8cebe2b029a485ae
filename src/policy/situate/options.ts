/** Cluster options with their defaults, as the scheduler of Pacemaker 2.1 has them. A value that is not allowed counts as not given. */
import type { AttributeSet, Input } from '../input.ts';
import { readSets } from '../rule/index.ts';
import { booleanOf, durationMsOf, isTrue, scoreOf } from '../rule/text.ts';
import type { Options } from '../situation.ts';
import { infinity } from '../values.ts';

export type Settings = ReadonlyMap<string, string>;

export const readSettings = (input: Input): Settings => readSets(input.options, { nowS: input.nowS });

export function optionsOf(input: Input, settings: Settings): Options {
  const fencingEnabled = flag(settings, 'stonith-enabled', true);
  const healthStrategy = healthStrategyOf(settings);
  return {
    quorate: input.quorate,
    noQuorum: noQuorumOf(input, settings, fencingEnabled),
    symmetric: flag(settings, 'symmetric-cluster', true),
    maintenance: flag(settings, 'maintenance-mode', false),
    managedByDefault: booleanOf(settings.get('is-managed-default')),
    defaultStickiness: settings.has('default-resource-stickiness')
      ? scoreOf(settings.get('default-resource-stickiness'))
      : null,
    startFailureIsFatal: flag(settings, 'start-failure-is-fatal', true),
    fencingEnabled,
    hasFenceDevice: input.hasWatchdog || isTrue(settings.get('have-watchdog')),
    fencingAction: /^(off|poweroff)$/i.test(settings.get('stonith-action') ?? '') ? 'off' : 'reboot',
    fencingTimeoutMs: time(settings, 'stonith-timeout', 60_000),
    concurrentFencing: flag(settings, 'concurrent-fencing', false),
    startupFencing: fencingEnabled && flag(settings, 'startup-fencing', true),
    priorityFencingDelayMs: time(settings, 'priority-fencing-delay', 0),
    pendingTimeoutMs: time(settings, 'node-pending-timeout', 0),
    placementStrategy: oneOf(settings, 'placement-strategy', ['default', 'utilization', 'balanced', 'minimal']),
    nodeHealthStrategy: healthStrategy,
    nodeHealthBase: scoreOf(settings.get('node-health-base')),
    nodeHealthScores: healthScoresOf(settings, healthStrategy),
    stopAllResources: flag(settings, 'stop-all-resources', false),
    stopOrphanResources: flag(settings, 'stop-orphan-resources', true),
    stopOrphanActions: flag(settings, 'stop-orphan-actions', true),
    stopRemovedOrphans: flag(settings, 'stop-orphan-resources', true),
    removeAfterStop: flag(settings, 'remove-after-stop', false),
    enableStartupProbes: flag(settings, 'enable-startup-probes', true),
    shutdownLock: flag(settings, 'shutdown-lock', false),
    shutdownLockLimitMs: time(settings, 'shutdown-lock-limit', 0),
    clusterDelayMs: time(settings, 'cluster-delay', 60_000),
    quorumNeeded: !input.quorate,
    unfencing: asksForUnfencing(input),
  };
}

const flag = (settings: Settings, name: string, byDefault: boolean): boolean =>
  booleanOf(settings.get(name)) ?? byDefault;

function time(settings: Settings, name: string, byDefaultMs: number): number {
  const ms = durationMsOf(settings.get(name));
  return ms === null || ms < 0 ? byDefaultMs : ms;
}

/** The first choice is the default. */
function oneOf<T extends string>(settings: Settings, name: string, choices: readonly [T, ...T[]]): T {
  const value = settings.get(name)?.toLowerCase();
  return choices.find((choice) => choice === value) ?? choices[0];
}

/** Without fencing, or if the cluster never had quorum, «suicide» would kill for nothing: then it is «stop». */
function noQuorumOf(input: Input, settings: Settings, fencingEnabled: boolean): Options['noQuorum'] {
  const policy = oneOf(settings, 'no-quorum-policy', ['stop', 'freeze', 'ignore', 'demote', 'suicide']);
  const mayPanic = fencingEnabled && (input.quorate || input.noQuorumPanic);
  return policy === 'suicide' && !mayPanic ? 'stop' : policy;
}

const healthStrategyOf = (settings: Settings): Options['nodeHealthStrategy'] =>
  oneOf(settings, 'node-health-strategy', ['none', 'migrate-on-red', 'only-green', 'progressive', 'custom']);

function healthScoresOf(settings: Settings, strategy: Options['nodeHealthStrategy']): Options['nodeHealthScores'] {
  switch (strategy) {
    case 'none':
      return { red: 0, yellow: 0, green: 0 };
    case 'migrate-on-red':
      return { red: -infinity, yellow: 0, green: 0 };
    case 'only-green':
      return { red: -infinity, yellow: -infinity, green: 0 };
    default:
      return {
        red: scoreOf(settings.get('node-health-red') ?? '-INFINITY'),
        yellow: scoreOf(settings.get('node-health-yellow')),
        green: scoreOf(settings.get('node-health-green')),
      };
  }
}

/** Said anywhere in the meta attributes, whether its rule holds or not: unfencing must be known before nodes and resources are. */
function asksForUnfencing(input: Input): boolean {
  const asks = (sets: readonly AttributeSet[]): boolean =>
    sets.some((set) =>
      set.values.some(([name, value]) => (name === 'provides' || name === 'requires') && value === 'unfencing'),
    );
  return (
    asks(input.resourceDefaults) ||
    input.resources.some((resource) => {
      if (asks(resource.meta)) return true;
      if (resource.kind === 'group') return resource.members.some((member) => asks(member.meta));
      if (resource.kind === 'primitive') return false;
      const { child } = resource;
      if (child === null) return false;
      return asks(child.meta) || (child.kind === 'group' && child.members.some((member) => asks(member.meta)));
    })
  );
}
