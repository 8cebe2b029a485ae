/** `sempre node forget NODE`: takes a node that will not come back out of the cluster file, wherever it is named. */
import { type Document, isMap, isScalar, isSeq, parseDocument, type YAMLMap, YAMLSeq } from 'yaml';
import type { Version } from '../core/ports.ts';
import { showVersion } from '../core/state.ts';
import { type ChangeOptions, change } from './change.ts';
import { type Context, fail } from './context.ts';

interface ClusterAnswer {
  readonly version: Version;
  readonly source: string;
}

export async function nodeForget(context: Context, node: string, options: ChangeOptions): Promise<number> {
  const read = await context.client.call<ClusterAnswer>({ method: 'GET', path: '/v1/cluster' });
  if (!read.ok) return fail(context, read.failure);
  const source = withoutNode(read.value.source, node);
  if (source === null) {
    const message = `the cluster file has no node ${node}`;
    return fail(context, { code: 'NO_SUCH_OBJECT', message, next: 'sempre status' });
  }
  const code = await change(
    context,
    {
      command: { kind: 'apply', source, ifVersion: read.value.version, because: options.reason },
      foresee: { source },
      title: `${node} is forgotten (cluster file ${showVersion(read.value.version)} without it)`,
      needsYes: () => true,
      missed: () => null,
    },
    options,
  );
  if (code !== 0 || options.dryRun) return code;
  context.terminal.note('Its certificate is refused from now on. It still has the cluster key: sempre key rotate');
  context.terminal.note(
    `Should its machine boot again, it goes by the file that it has, and may fence others: empty ${node}:/var/lib/sempre first`,
  );
  return code;
}

/**
 * The cluster file without the node, with all its comments; null where it has no such node. What then makes no sense any
 * more, such as a service that could run nowhere else, is left for the checks of `apply` to say. Pure.
 */
export function withoutNode(source: string, node: string): string | null {
  const file = parseDocument(source);
  if (!removeNode(file, node)) return null;
  const constraints = file.get('constraints');
  if (isMap(constraints)) removeFrom(constraints, 'location', node);
  for (const holder of ['services', 'groups', 'templates'].flatMap((part) => mapsIn(file.get(part)))) {
    removeFrom(holder, 'on', node);
    removeFrom(holder, 'location', node);
  }
  for (const service of mapsIn(file.get('services'))) {
    const balance = service.get('balance');
    if (isMap(balance)) removeFrom(balance, 'servers', node);
  }
  const quorum = file.get('quorum');
  if (isMap(quorum) && quorum.get('prefer') === node) quorum.delete('prefer');
  removeFromFencing(file, node);
  return file.toString({ lineWidth: 0 });
}

function removeNode(file: Document, node: string): boolean {
  const [nodes, witness] = [file.get('nodes'), file.get('witness')];
  if (isMap(nodes) && nodes.delete(node)) return true;
  return isMap(witness) && (witness.get('name') ?? 'witness') === node && file.delete('witness');
}

function removeFromFencing(file: Document, node: string): void {
  const fencing = file.get('fencing');
  const devices = isMap(fencing) ? fencing.get('devices') : null;
  if (!isMap(devices)) return;
  const idle: unknown[] = [];
  for (const { key, value } of devices.items) {
    if (!isMap(value)) continue;
    const plugs = value.get('plugs');
    const had = removeFrom(value, 'for', node) || (isMap(plugs) && plugs.delete(node));
    if (had && !serves(value)) idle.push(isScalar(key) ? key.value : key);
  }
  for (const device of idle) {
    devices.delete(device);
    for (const other of mapsIn(file.get('nodes'))) removeFromLevels(other.get('fence'), device);
  }
}

/** A device that switches nobody any more. */
function serves(device: YAMLMap): boolean {
  const [served, plugs] = [device.get('for'), device.get('plugs')];
  return isSeq(served) ? served.items.length > 0 : served !== undefined || (isMap(plugs) && plugs.items.length > 0);
}

function removeFromLevels(levels: unknown, device: unknown): void {
  if (!isSeq(levels)) return;
  for (const level of levels.items) if (isSeq(level)) level.items = level.items.filter((item) => !names(item, device));
  levels.items = levels.items.filter((item) => !names(item, device) && !(isSeq(item) && item.items.length === 0));
}

/** From a list, or as the one name that stands there. True: it was named. */
function removeFrom(map: YAMLMap, key: string, node: string): boolean {
  const value = map.get(key, true);
  if (isSeq(value)) {
    const before = value.items.length;
    value.items = value.items.filter((item) => !names(item, node));
    return value.items.length < before;
  }
  if (!names(value, node)) return false;
  map.set(key, new YAMLSeq());
  return true;
}

const mapsIn = (section: unknown): YAMLMap[] =>
  isMap(section) ? section.items.map(({ value }) => value).filter((value) => isMap(value)) : [];

/** A server of a balancer may be written as a mapping that says on which node it is. */
const names = (item: unknown, name: unknown): boolean =>
  isScalar(item) ? item.value === name : isMap(item) && item.get('node') === name;
