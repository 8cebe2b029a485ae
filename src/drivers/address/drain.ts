/**
 * The old holder's part of a planned move: it no longer answers for the address, but keeps it on `lo` while the connections
 * that began here last.
 *
 * A note in the run directory says that the copy on `lo` is ours, so that a restarted daemon finishes the work and never
 * touches an address that somebody else put there (a real server of direct routing has one).
 */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AddressResource, Ms } from '../../core/model.ts';
import { silenceArp } from './arp_silence.ts';
import { closeConnections, hostPrefix, openConnections, removeAddress } from './commands.ts';
import { countLines } from './parse.ts';
import { runTool } from './tool.ts';

export interface Drain {
  /** Ends the waiting; the address stays on `lo` for whoever takes it from there. */
  cancel(): void;
  /** The address has left `lo`, or the drain was cancelled. */
  readonly ended: Promise<void>;
}

const toolMs = 2000;
/** A neighbour that missed the first announcements of the new holder still comes here. */
const drainMsMin = 1000;
const pollMsMin = 50;
const pollMsMax = 500;

const notePath = (folder: string, resource: AddressResource): string => join(folder, `${resource.address}.drain`);

/** Before the address is put on `lo`. */
export async function noteDrain(folder: string, resource: AddressResource): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(notePath(folder, resource), 'this address is on lo until its connections have ended\n');
}

export async function isDraining(folder: string, resource: AddressResource): Promise<boolean> {
  return readFile(notePath(folder, resource)).then(
    () => true,
    () => false,
  );
}

/** Waits until no connection is left, or the time is over, and takes the address from `lo`. */
export function drain(folder: string, resource: AddressResource, log: (line: string) => void): Drain {
  const abort = new AbortController();
  const release = silenceArp();
  const ended = waitAndRemove(folder, resource, abort.signal, log).finally(release);
  return { cancel: () => abort.abort(), ended };
}

async function waitAndRemove(
  folder: string,
  resource: AddressResource,
  signal: AbortSignal,
  log: (line: string) => void,
): Promise<void> {
  const left = await waitForConnections(resource, signal);
  if (signal.aborted) return;
  if (left > 0) {
    log(`drain time is over: closing ${left} connection(s)`);
    await runTool(closeConnections(resource), toolMs);
  }
  if (!signal.aborted) await unpark(folder, resource, log);
}

/** How many are left at the end. */
async function waitForConnections(resource: AddressResource, signal: AbortSignal): Promise<number> {
  const startMs = performance.now();
  const endMs = startMs + resource.drainMs;
  let everyMs: Ms = pollMsMin;
  for (;;) {
    await sleep(Math.min(everyMs, Math.max(0, endMs - performance.now())), undefined, { signal }).catch(() => {});
    if (signal.aborted) return 0;
    const said = await runTool(openConnections(resource), toolMs);
    const left = said.ok ? countLines(said.stdout) : 0;
    const nowMs = performance.now();
    // Without `ss` nobody knows: then the whole time is waited for.
    if (nowMs >= endMs || (said.ok && left === 0 && nowMs - startMs >= drainMsMin)) return left;
    everyMs = Math.min(pollMsMax, everyMs * 1.2);
  }
}

/** Takes the address from `lo`, where only a drain puts it. */
export async function unpark(folder: string, resource: AddressResource, log: (line: string) => void): Promise<void> {
  const said = await runTool(removeAddress(resource, hostPrefix(resource.family), 'lo'), toolMs);
  if (!said.ok) log(said.result.because);
  await rm(notePath(folder, resource), { force: true });
}
