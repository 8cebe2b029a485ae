/**
 * What a node needs before it can run, in the order in which something can be wrong (lock, state, cluster file, keys,
 * name), so that the first message is the one to mend.
 */
import type { Cluster, NodeId } from '../core/model.ts';
import { failure, type Result, success } from '../lib/errors.ts';
import { findDesired } from './desired.ts';
import { makeDirectory } from './directory.ts';
import { loadIdentity } from './identity-file.ts';
import { Journal } from './journal.ts';
import { lockRunDirectory } from './lock.ts';
import type { Log } from './log.ts';
import { type DaemonOptions, findSelf } from './options.ts';
import { reasonOf } from './reason.ts';
import type { Start } from './run.ts';
import { readState } from './storage.ts';

export async function prepare(options: DaemonOptions, log: Log, role: 'node' | 'witness'): Promise<Result<Start>> {
  const lock = await lockRunDirectory(options.runDirectory);
  if (!lock.ok) return lock;
  const start = await prepareLocked(options, log, role);
  if (!start.ok) lock.value.close();
  return start;
}

async function prepareLocked(options: DaemonOptions, log: Log, role: 'node' | 'witness'): Promise<Result<Start>> {
  const made = await makeStateDirectory(options.stateDirectory);
  if (!made.ok) return made;
  const saved = await readState(options.stateDirectory, new Date());
  const desired = await findDesired(saved, options.configFile);
  if (!desired.ok) return desired;
  const { doc, remarks } = desired.value;
  for (const remark of [...saved.remarks, ...remarks]) log.line('warning', remark);
  const loaded = await loadIdentity(options.stateDirectory, options.keyFile, new Date());
  if (!loaded.ok) return loaded;
  const { identity } = loaded.value;
  for (const remark of loaded.value.remarks) log.line('warning', remark);
  const asked = options.node ?? identity.node;
  const self = role === 'witness' ? findWitness(asked, doc.cluster) : findNode(asked, doc.cluster);
  if (!self.ok) return self;
  const journal = await Journal.open(options.stateDirectory, self.value, (remark) => log.line('warning', remark));
  const drivers = role === 'node';
  return success({ options, self: self.value, doc, saved, identity, drivers, journal, log });
}

const findNode = (asked: NodeId | null, { nodes }: Cluster): Result<NodeId> =>
  findSelf(
    asked,
    nodes.map(({ id }) => id),
  );

/** The one of the cluster file, unless it is told which. */
function findWitness(asked: NodeId | null, { name, nodes }: Cluster): Result<NodeId> {
  const witnesses = nodes.filter(({ witness }) => witness).map(({ id }) => id);
  const found = asked === null ? witnesses[0] : witnesses.find((id) => id === asked);
  if (found !== undefined) return success(found);
  const there = witnesses.length === 0 ? 'names no witness' : `names ${witnesses.join(', ')} as its witness`;
  const who = asked === null ? '' : `, and this is ${asked}`;
  return failure('NOT_IN_CLUSTER', `the cluster file of ${name} ${there}${who}`, 'sempre apply FILE, on a member');
}

async function makeStateDirectory(directory: string): Promise<Result<null>> {
  try {
    await makeDirectory(directory, 0o750);
    return success(null);
  } catch (error) {
    return failure('STATE_UNUSABLE', `the state directory ${directory} cannot be made: ${reasonOf(error)}`);
  }
}
