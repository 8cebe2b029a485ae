/** What `sempre init` and `sempre join` write on a machine, so that its daemon finds everything. Nothing is overwritten. */
import { createSecretKey, randomBytes } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { NodeId } from '../core/model.ts';
import { authorityOf, issue, validFrom } from '../identity/certificate.ts';
import { type Ring, ringOf, usedOf } from '../identity/ring.ts';
import { failure, type Result, success } from '../lib/errors.ts';
import { makeDirectory } from './directory.ts';
import { hasIdentity, makeIdentityFolder, saveIdentity, showCertificates } from './identity-file.ts';
import { reasonOf } from './reason.ts';

export interface Enrolment {
  readonly node: NodeId;
  readonly clusterName: string;
  /** The cluster file, and where the daemon looks for it. */
  readonly source: string;
  readonly configFile: string;
  readonly stateDirectory: string;
  readonly ring: Ring;
  /** What becomes of another cluster file in its place. A cluster that runs knows its file better: `keepAside`, as FILE.old. */
  readonly otherFile: 'refuse' | 'keepAside';
}

/** A cluster that does not exist yet: its first key. */
export const firstRing = (): Ring => ringOf(createSecretKey(randomBytes(32)), 1, new Date().toISOString());

/** Whether keys can be written here, and nothing is there that they would replace; asked before a token is spent. */
export async function makeRoom(stateDirectory: string): Promise<Result<null>> {
  if (await hasIdentity(stateDirectory)) {
    const message = `this machine is a node of a cluster already: ${stateDirectory}/identity has its keys`;
    return failure('ALREADY_THERE', message, 'sempre status; or move that folder away if the cluster is gone');
  }
  const made = await makeIdentityFolder(stateDirectory);
  return made.ok ? success(null) : failure('STATE_UNUSABLE', made.because);
}

/** Writes the cluster file, then the keys: what is missing after a crash in between is asked for again. */
export async function enrol(enrolment: Enrolment): Promise<Result<{ readonly fingerprint: string }>> {
  const { node, clusterName, ring, stateDirectory } = enrolment;
  const room = await makeRoom(stateDirectory);
  if (!room.ok) return room;
  const file = await placeClusterFile(enrolment);
  if (!file.ok) return file;
  const written = await saveIdentity(stateDirectory, { ring, origin: null, node });
  if (!written.ok) return failure('STATE_UNUSABLE', written.because);
  const authority = authorityOf(usedOf(ring).secret, clusterName);
  const certificate = issue(authority, node, validFrom(Date.now()));
  await showCertificates(stateDirectory, { authority, certificate });
  return success({ fingerprint: authority.fingerprint });
}

async function placeClusterFile({ configFile, source, otherFile }: Enrolment): Promise<Result<null>> {
  try {
    await makeDirectory(dirname(configFile), 0o755);
    const there = await readFile(configFile, 'utf8').catch(() => null);
    if (there === source) return success(null);
    if (there !== null && otherFile === 'refuse') {
      const message = `${configFile} is there already and is another cluster file`;
      return failure('ALREADY_THERE', message, `mv ${configFile} ${configFile}.old`);
    }
    if (there !== null) await rename(configFile, `${configFile}.old`);
    await writeFile(configFile, source, { mode: 0o640, flag: 'wx' });
    return success(null);
  } catch (error) {
    return failure('STATE_UNUSABLE', `${configFile} cannot be written: ${reasonOf(error)}`);
  }
}
