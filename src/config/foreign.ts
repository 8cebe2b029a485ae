/** Answers «what is that called here?» for words that other cluster managers have for the same thing. */

/** Keys of Pacemaker, Corosync, Heartbeat and Keepalived: the first of our keys that is known at the place is meant. */
const keys: Readonly<Record<string, readonly string[]>> = {
  resources: ['services'],
  primitive: ['agent'],
  class: ['agent'],
  type: ['agent'],
  provider: ['agent'],
  property: ['options'],
  rsc_defaults: ['defaults'],
  op_defaults: ['defaults'],
  stonith: ['fencing'],
  nodelist: ['nodes'],
  uname: ['node'],
  ring0_addr: ['addresses'],
  quorum_votes: ['votes'],
  keepalive: ['interval'],
  token: ['dead'],
  deadtime: ['dead'],
  initdead: ['start-wait'],
  udpport: ['port'],
  'no-quorum-policy': ['no-quorum'],
  virtual_ipaddress: ['address'],
  ip: ['address'],
  vip: ['address'],
  instance_attributes: ['params'],
  meta_attributes: ['meta'],
  op: ['check'],
  operations: ['check'],
  monitor: ['check'],
  interval: ['every'],
  clone: ['instances'],
  'clone-max': ['instances'],
  'clone-node-max': ['per-node'],
  'globally-unique': ['unique'],
  'master-max': ['promotable', 'max'],
  'promoted-max': ['promotable', 'max'],
  'allow-migrate': ['migrate'],
  'migration-threshold': ['failures', 'max'],
  'failure-timeout': ['failures', 'forget'],
  'resource-stickiness': ['stickiness'],
  auto_failback: ['stickiness'],
  colocated: ['with'],
  after: ['needs'],
  requires: ['needs', 'takeover'],
  rsc: ['service'],
  'rsc-pattern': ['pattern'],
  'rsc-role': ['role'],
  'with-rsc': ['with'],
  'with-rsc-role': ['with-role'],
  'resource-discovery': ['discovery'],
  rule: ['where', 'while'],
};

/** Words of values, in small letters. */
const values: Readonly<Record<string, readonly string[]>> = {
  master: ['promoted'],
  slave: ['unpromoted'],
  infinity: ['inf', 'stay'],
  '+infinity': ['inf', 'stay'],
  '-infinity': ['-inf'],
  inf: ['stay'],
  yes: ['true'],
  on: ['true'],
  no: ['false'],
  off: ['false'],
};

/** The hint for a key that is unknown at a place where these are known; null when it is no word of theirs. */
export function foreignKey(key: string, known: readonly string[]): string | null {
  const ours = Object.hasOwn(keys, key) ? keys[key]?.find((each) => known.includes(each)) : undefined;
  return ours === undefined ? null : `it is called «${ours}» here`;
}

/** The hint for a value, where `wanted` says in words what may stand there. */
export function foreignValue(value: unknown, wanted: string): string | null {
  if (typeof value !== 'string') return null;
  if (wanted.includes('ocf:PROVIDER:TYPE')) return agentHint(value);
  const word = value.toLowerCase();
  const allowed = wanted.split(/[\s,]+/);
  const ours = Object.hasOwn(values, word) ? values[word]?.find((each) => allowed.includes(each)) : undefined;
  return ours === undefined ? null : `say ${ours}`;
}

function agentHint(agent: string): string | null {
  const [, kind = '', name = ''] = /^(?:(lsb|service|upstart|stonith|ocf):+)?([\w.:@-]+)$/.exec(agent) ?? [];
  if (name === '') return null;
  if (kind === 'stonith') return `a fence device stands under fencing: {devices: {NAME: {agent: ${name}}}}`;
  if (kind === 'ocf') return name.includes(':') ? `write ocf:${name}` : `ocf:heartbeat:${name}, say`;
  // Scripts of OCF begin with a capital as a rule, units with a small letter.
  return kind === '' && /^[A-Z]/.test(name)
    ? `ocf:heartbeat:${name}, say`
    : `systemd:${name}, which wraps init scripts too`;
}
