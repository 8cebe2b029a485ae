/** Meta attributes and options of Pacemaker: which of them the cluster file takes, with what values, and why it takes no others. */

export type Known =
  | { readonly kind: 'flag' }
  | { readonly kind: 'score' }
  /** A score that speaks for something, and never against it. */
  | { readonly kind: 'points' }
  | { readonly kind: 'count' }
  | { readonly kind: 'time' }
  | { readonly kind: 'word'; readonly words: readonly string[] }
  /** It is said in another way, or has no meaning here. */
  | { readonly kind: 'refused'; readonly because: string };

const flag: Known = { kind: 'flag' };
const score: Known = { kind: 'score' };
const words = (...all: readonly string[]): Known => ({ kind: 'word', words: all });
const refused = (because: string): Known => ({ kind: 'refused', because });
const say = (what: string): Known => refused(`say ${what}`);

const promotedPerNode = say('promotable: {per-node: N}, with unique: true');
const asNode = say('guest: SERVICE at a node under «nodes», with its addresses');

const everywhere = {
  critical: flag,
  'multiple-active': words('stop_start', 'stop_only', 'block', 'stop_unexpected'),
  'target-role': words('Started', 'Stopped', 'Promoted', 'Unpromoted'),
  'is-managed': flag,
  maintenance: flag,
  'allow-unhealthy-nodes': flag,
} satisfies Readonly<Record<string, Known>>;

/** Of `meta` of a service. */
export const knownMeta: Readonly<Record<string, Known>> = {
  ...everywhere,
  'clone-min': { kind: 'count' },
  priority: say('priority: beside «meta»'),
  'resource-stickiness': say('stickiness: beside «meta»'),
  'migration-threshold': say('failures: {max: N}'),
  'failure-timeout': say('failures: {forget: TIME}'),
  'allow-migrate': say('migrate: true'),
  requires: say('takeover: fencing, lease or nothing'),
  provides: refused('a fence device with «unfence: true» provides unfencing'),
  'clone-max': say('instances: N'),
  promotable: say('promotable: true'),
  'promoted-max': say('promotable: {max: N}'),
  'master-max': say('promotable: {max: N}'),
  notify: say('notify: true'),
  interleave: say('interleave: true'),
  ordered: say('ordered: true'),
  'clone-node-max': say('unique: true and per-node: N'),
  'promoted-node-max': promotedPerNode,
  'master-node-max': promotedPerNode,
  'globally-unique': say('unique: true'),
  'remote-node': asNode,
  'remote-addr': asNode,
  'remote-port': asNode,
  'remote-connect-timeout': asNode,
  'container-attribute-target': refused('a promotion score is that of the copy'),
};

/** Of `meta` under `rules`: what has a key of its own beside `meta` may change while a rule holds. */
export const knownRuleMeta: Readonly<Record<string, Known>> = {
  ...knownMeta,
  ...everywhere,
  'resource-stickiness': { kind: 'points' },
  priority: score,
  'migration-threshold': score,
  'failure-timeout': { kind: 'time' },
};

const ofFencing = refused('fencing and its times stand under «fencing» and «quorum»');
const always = (what: string): Known => refused(`${what}: there is no choice`);
const notYours = refused('the cluster finds it out by itself');

export const knownOptions: Readonly<Record<string, Known>> = {
  'placement-strategy': words('default', 'utilization', 'minimal', 'balanced'),
  'node-health-strategy': words('none', 'migrate-on-red', 'only-green', 'progressive', 'custom'),
  'node-health-base': score,
  'node-health-red': score,
  'node-health-yellow': score,
  'node-health-green': score,
  'start-failure-is-fatal': flag,
  'stop-all-resources': flag,
  'symmetric-cluster': refused('a service runs on the nodes of its «on», and on all nodes if it says none'),
  'no-quorum-policy': say('quorum: {no-quorum: stop, freeze or ignore}'),
  'stonith-enabled': refused('each service says in «takeover» what must be certain about a lost node'),
  'stonith-action': say('fencing: {power-on: true or false}'),
  'stonith-timeout': say('timeout: at each device under «fencing»'),
  'stonith-max-attempts': say('fencing: {tries: N}'),
  'stonith-watchdog-timeout': say('watchdog: {device, timeout}'),
  'priority-fencing-delay': say('quorum: {prefer: NODE, head-start: TIME}'),
  'concurrent-fencing': ofFencing,
  'startup-fencing': ofFencing,
  'fence-reaction': ofFencing,
  'have-watchdog': notYours,
  'dc-version': notYours,
  'dc-deadtime': notYours,
  'cluster-infrastructure': notYours,
  'cluster-name': say('cluster: NAME'),
  'last-lrm-refresh': notYours,
  'maintenance-mode': refused('an operator says it: sempre maintenance'),
  'default-resource-stickiness': say('defaults: {stickiness: N}'),
  'is-managed-default': say('defaults: {meta: {is-managed: true or false}}'),
  'default-action-timeout': say('start-timeout and stop-timeout under «defaults»'),
  'stop-orphan-resources': always('a service that has left the file is stopped'),
  'stop-orphan-actions': always('checks that have left the file end'),
  'remove-after-stop': always('nothing is kept of a service that has left the file'),
  'enable-startup-probes': always('nothing is started before it was looked for'),
  'cluster-recheck-interval': always('what changes with the time is looked at when it changes'),
  'shutdown-lock': flag,
  'shutdown-lock-limit': { kind: 'time' },
  'batch-limit': refused('how much happens at once follows from what waits for what'),
  'migration-limit': refused('how much happens at once follows from what waits for what'),
  'node-action-limit': refused('how much happens at once follows from what waits for what'),
  'load-threshold': refused('how much happens at once follows from what waits for what'),
  'cluster-delay': say('heartbeat: {interval, dead}'),
  'crmd-transition-delay': refused('plans are made at once'),
  'transition-delay': refused('plans are made at once'),
  'node-pending-timeout': refused('a node that does not answer while it joins is lost like any other'),
};

/** Null: the value is one of those that are allowed; otherwise what it must be. */
export function whyUnfit(known: Exclude<Known, { readonly kind: 'refused' }>, value: string): string | null {
  switch (known.kind) {
    case 'flag':
      return /^(true|false)$/.test(value) ? null : 'must be true or false';
    case 'score':
      return /^([+-]?\d{1,7}|[+-]?(inf|INFINITY))$/.test(value) ? null : 'must be a whole number, inf or -inf';
    case 'points':
      return /^(\+?\d{1,7}|\+?(inf|INFINITY))$/.test(value) ? null : 'must be a whole number from 0, or inf';
    case 'count':
      return /^\d{1,4}$/.test(value) ? null : 'must be a whole number';
    case 'time':
      return /^\d{1,9}(ms|s|m|h)?$/.test(value) ? null : 'must be a time such as 10s or 5m';
    case 'word':
      return known.words.includes(value) ? null : `must be one of ${known.words.join(', ')}`;
  }
}
