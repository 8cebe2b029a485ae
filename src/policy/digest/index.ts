/**
 * Digests of parameters: whether what an action was given differs from what it would be given today. Pacemaker records an MD5 over
 * the parameters as one line of XML, so the same line is written here.
 */
import type { AttributeSet, HistoryOperation, OperationConfig } from '../input.ts';
import { readSets } from '../rule/index.ts';
import { compareVersions, durationMsOf } from '../rule/text.ts';
import type { Node, Resource, Situation } from '../situation.ts';
import { digestOf } from './line.ts';
import { operationOf } from './operations.ts';

/** `other`: changed, but nothing says that it needs a restart; `unknown`: the record has no digest. */
export type Change = 'none' | 'unknown' | 'other' | 'restart';

type Values = ReadonlyMap<string, string>;

/**
 * The configuration against the record of an operation that ran on the node. Values that were blotted out in a copy of the
 * configuration are no change: the digest without the secret ones shows it. `address`: of a connection that has none of its own
 * (see `followsContainer`).
 */
export function changeOf(
  situation: Situation,
  resource: Resource,
  node: Node,
  record: HistoryOperation,
  address: string | null = null,
): Change {
  if (record.definition !== undefined) return known[record.definition];
  const { change, own, all } = compare(situation, resource, node, record, address);
  if (change === 'none' || record.secureDigest === null) return change;
  const isOld = isOldVersion(situation, record.version);
  const secrets = record.secureParameters ?? '';
  const secure = isOld
    ? withoutSecrets(filtered(own), secrets, resource.isFenceDevice)
    : withoutSecrets(all, secrets, false);
  secure.delete('CRM_meta_timeout');
  return digestOf(secure) === record.secureDigest ? 'none' : change;
}

const known: Readonly<Record<NonNullable<HistoryOperation['definition']>, Change>> = {
  current: 'none',
  changed: 'restart',
  reloadable: 'other',
};

interface Compared {
  readonly change: Change;
  /** Parameters of the resource, and all that the digest is made of. */
  readonly own: Values;
  readonly all: Values;
}

function compare(
  situation: Situation,
  resource: Resource,
  node: Node,
  record: HistoryOperation,
  address: string | null,
): Compared {
  const operation = operationOf(resource, record.operation, record.intervalMs, true);
  const own = parametersOf(situation, resource, node);
  const extra = operationParameters(situation, operation, node);
  const all = digested(situation, resource, record, [extra, own], address);
  return { change: judge(record, all, extra.size > 0), own, all };
}

/** What a node would record of an operation that is begun there now. */
export function digestNow(
  situation: Situation,
  resource: Resource,
  node: Node,
  begun: Begun,
  address: string | null = null,
): string {
  const operation = operationOf(resource, begun.operation, begun.intervalMs, true);
  const layers = [operationParameters(situation, operation, node), parametersOf(situation, resource, node)];
  return digestOf(digested(situation, resource, begun, layers, address));
}

type Begun = Pick<HistoryOperation, 'operation' | 'intervalMs'>;

/** Of the layers the last one that has a name counts. */
function digested(
  situation: Situation,
  resource: Resource,
  begun: Begun,
  layers: readonly Values[],
  address: string | null,
): Map<string, string> {
  const all = new Map<string, string>();
  for (const layer of layers) for (const [name, value] of layer) if (!isInternal(name)) all.set(name, value);
  if (address !== null) all.set('addr', address);
  if (begun.intervalMs > 0) all.set('CRM_meta_timeout', String(timeoutMs(situation, resource, begun)));
  return all;
}

/** Up to then only parameters that the agent declares were part of the digest without secrets. */
const isOldVersion = ({ input }: Situation, version: string | null): boolean =>
  compareVersions(version ?? input.featureSet ?? '3.16.2', '3.16.0') < 0;

/**
 * The last failure there was one with other parameters than those of today: its count is to be cleared, and does not forbid the
 * node. Here blotted out values count as changed.
 */
export const outgrewFailure = (
  situation: Situation,
  resource: Resource,
  node: Node,
  address: string | null = null,
): boolean => {
  const failures = resource.history.get(node.index)?.filter(isLastFailure) ?? [];
  if (failures.length === 0 || (address === null && followsContainer(situation, resource))) return false;
  return failures.some((record) => {
    const { change } = compare(situation, resource, node, record, address);
    return change === 'other' || change === 'restart';
  });
};

const isLastFailure = ({ id, operation, status }: HistoryOperation): boolean =>
  status >= 0 &&
  status !== notInstalled &&
  (operation === 'start' || operation === 'monitor') &&
  id.endsWith('_last_failure_0');

/** Of `status`: the agent is not there, which no parameter mends. */
const notInstalled = 7;

function judge(record: HistoryOperation, all: Map<string, string>, hasExtra: boolean): Change {
  if (record.restartDigest !== null) {
    const names = record.restartParameters;
    const kept = names === null ? all : [...all].filter(([name]) => isNamed(names, name));
    if (digestOf(new Map(kept)) !== record.restartDigest) return 'restart';
  }
  if (record.digest === null) return 'unknown';
  if (record.digest === digestOf(all)) return 'none';
  return record.intervalMs === 0 && hasExtra ? 'restart' : 'other';
}

/** Lists in the history have blanks around every name. */
const isNamed = (names: string, name: string): boolean => names.includes(` ${name} `);

function withoutSecrets(values: Values, secrets: string, isFenceDevice: boolean): Map<string, string> {
  return new Map(
    [...values].filter(([name]) => !isNamed(secrets, name) && !(isFenceDevice && isFencingParameter(name))),
  );
}

/** Parameters of the fencing service itself, which agents do not know. */
function isFencingParameter(name: string): boolean {
  if (name === 'provides' || name === 'stonith-timeout') return true;
  if (!name.startsWith('pcmk_')) return false;
  const rest = name.slice('pcmk_'.length);
  return (
    /^(action_limit|delay_(base|max)|host_(argument|check|list|map))$/.test(rest) ||
    /^[^_]*_(action|timeout|retries)$/.test(rest)
  );
}

const internal = new Set(['id', 'crm_feature_set', 'op-digest', 'on_node', 'on_node_uuid', 'pcmk_external_ip']);

const isInternal = (name: string): boolean => internal.has(name) || name.startsWith('CRM_meta_');

function filtered(values: Values): Map<string, string> {
  const kept = new Map<string, string>();
  for (const [name, value] of values) if (!isInternal(name)) kept.set(name, value);
  return kept;
}

/** The connection to the inside of a container whose address is wherever the container runs: known only after placing. */
export const followsContainer = (situation: Situation, resource: Resource): boolean =>
  resource.connects !== null && parametersOf(situation, resource, null).get('addr') === '#uname';

/** Of the resource itself, then of what holds it; rules are judged for the node. */
export function parametersOf(situation: Situation, resource: Resource, node: Node | null): Map<string, string> {
  const context = { nowS: situation.input.nowS, nodeAttributes: node?.attributes ?? null };
  const values = new Map<string, string>();
  for (const sets of parameterLayers(situation, resource)) readSets(sets, context, values);
  return values;
}

function parameterLayers(situation: Situation, resource: Resource): readonly (readonly AttributeSet[])[] {
  const { config } = resource;
  const own = config !== null && 'parameters' in config ? [config.parameters] : [];
  const parent = resource.parent === null ? undefined : situation.resources[resource.parent];
  return parent === undefined ? own : [...own, ...parameterLayers(situation, parent)];
}

function operationParameters(situation: Situation, operation: OperationConfig | null, node: Node): Map<string, string> {
  if (operation === null) return new Map();
  return readSets(operation.parameters, { nowS: situation.input.nowS, nodeAttributes: node.attributes });
}

const defaultTimeoutMs = 20_000;

/** What stands at the operation counts most, then its meta attributes, then the defaults for all operations. */
function timeoutMs(situation: Situation, resource: Resource, { operation: name, intervalMs }: Begun): number {
  const { nowS } = situation.input;
  const context = { nowS, agent: resource.agent, operation: { name, intervalMs } };
  const operation = operationOf(resource, name, intervalMs, true);
  const values = readSets(operation?.meta ?? [], context);
  readSets(situation.input.operationDefaults, context, values);
  const found = durationMsOf(operation?.attributes.get('timeout') ?? values.get('timeout'));
  return found === null || found < 0 ? defaultTimeoutMs : found;
}

/** Devices that unfence and whose definition is another one than when the node was unfenced, as far as the node knows. */
export function changedFenceDevices(situation: Situation, node: Node): readonly Resource[] {
  const known = node.attributes.get('#digests-all');
  if (known === undefined) return [];
  const knownSecure = node.attributes.get('#digests-secure') ?? '';
  const isOld = isOldVersion(situation, null);
  return situation.resources.filter((device) => {
    if (device.kind !== 'primitive' || !device.isFenceDevice || !unfences(device)) return false;
    const all = filtered(parametersOf(situation, device, node));
    const secure = withoutSecrets(all, ' passwd password user ', isOld);
    const summary = (values: Values): string => `${device.id}:${device.agent?.type ?? ''}:${digestOf(values)}`;
    return !known.includes(summary(all)) && !knownSecure.includes(summary(secure));
  });
}

const unfences = (device: Resource): boolean =>
  device.meta.requires === 'unfencing' || device.rawMeta.get('provides')?.toLowerCase() === 'unfencing';
