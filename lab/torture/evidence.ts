/** Keeps what tells of a failed round: what the daemons printed and wrote down, what the keeper did, the stamps. */
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { labDirectory } from '../record.ts';
import { keptFolder, onDisk, type Stage } from './stage.ts';

/** Returns the folder. What cannot be read is left out. */
export function keepEvidence(stage: Stage, seed: number, round: number, story: string): string {
  const folder = keptFolder(seed, round);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'story.txt'), story);
  copy(stage.stamps, join(folder, 'stamps'));
  copy(join(labDirectory(stage.lab), 'keeper.log'), join(folder, 'keeper.log'));
  for (const node of stage.nodes) {
    copy(onDisk(stage, node, '/var/log/sempre'), join(folder, node, 'log'));
    copy(onDisk(stage, node, '/var/lib/sempre'), join(folder, node, 'state'));
  }
  return folder;
}

function copy(from: string, to: string): void {
  try {
    cpSync(from, to, { recursive: true, filter: (path) => !/\.(key|pem)$|ballast$/.test(path) });
  } catch {
    // A host that never had it.
  }
}
