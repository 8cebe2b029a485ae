/**
 * Who holds an address of 127.0.0.0/8? A stand-in for real addresses, for clusters whose nodes are all on one machine and run
 * without root: `lo` owns that whole network already, so «holding» is a file in a folder that the nodes share.
 */
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { processNow } from '../process/group.ts';
import { fieldsOf } from '../process/state_file.ts';

/** The node, and the one process of this boot that speaks for it. */
export interface Holder {
  readonly node: string;
  readonly pid: number;
  readonly startTicks: string;
}

export const isLoopback = (address: string): boolean => /^127\.\d+\.\d+\.\d+$/.test(address);

/** The folder that the nodes of this machine share. */
export const holderFolder = (): string =>
  process.env['SEMPRE_LOOPBACK_DIR'] ?? join(tmpdir(), `sempre-loopback-${process.getuid?.() ?? 0}`);

export const holderPath = (address: string): string => join(holderFolder(), `${address}.holder`);

/** Null: nobody, or a file that nobody of ours wrote. */
export function readHolder(path: string): Holder | null {
  try {
    const { node, pid, startTicks } = fieldsOf(JSON.parse(readFileSync(path, 'utf8'))) ?? {};
    const whole = typeof node === 'string' && typeof pid === 'number' && typeof startTicks === 'string';
    return whole ? { node, pid, startTicks } : null;
  } catch {
    return null;
  }
}

export function isLive(held: Holder): boolean {
  return processNow(held.pid)?.startTicks === held.startTicks;
}

/** Takes the address for this process. Null when that went well, else the live holder that is not one of `mayTakeFrom`. */
export function takeHold(path: string, node: string, mayTakeFrom: readonly string[]): Holder | null {
  mkdirSync(holderFolder(), { recursive: true, mode: 0o700 });
  const own = `${path}.${process.pid}`;
  writeFileSync(own, JSON.stringify({ node, pid: process.pid, startTicks: processNow(process.pid)?.startTicks ?? '' }));
  try {
    return place(own, path, [...mayTakeFrom, node]);
  } finally {
    rmSync(own, { force: true });
  }
}

const attemptsMax = 5;

/** A link fails when the name is taken; an old file is moved away only if it is still the one that was looked at. */
function place(own: string, path: string, mayTakeFrom: readonly string[]): Holder | null {
  for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
    if (attemptTo(() => linkSync(own, path))) return null;
    const held = readHolder(path);
    if (held !== null && isLive(held) && !mayTakeFrom.includes(held.node)) return held;
    moveAway(path, `${own}.old`, held);
  }
  return readHolder(path);
}

function moveAway(path: string, aside: string, expected: Holder | null): void {
  attemptTo(() => renameSync(path, aside));
  const moved = readHolder(aside);
  // Another node was quicker and this is its fresh file: give it back.
  if (JSON.stringify(moved) !== JSON.stringify(expected)) attemptTo(() => linkSync(aside, path));
  rmSync(aside, { force: true });
}

function attemptTo(act: () => void): boolean {
  try {
    act();
    return true;
  } catch {
    return false;
  }
}

/** Gives it up if it is this node's. The file stays, naming nobody: an address without a file was never taken by anyone. */
export function releaseHold(path: string, node: string): void {
  if (readHolder(path)?.node !== node) return;
  const nobody: Holder = { node: '', pid: 0, startTicks: '' };
  writeFileSync(`${path}.${process.pid}`, JSON.stringify(nobody));
  renameSync(`${path}.${process.pid}`, path);
}
