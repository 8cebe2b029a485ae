/**
 * Real-time class for the process that beats: a machine that is busy with its services must not look dead.
 *
 * Starting a program holds the caller up until the child has executed it. A child of ordinary class waits there for its
 * turn on a busy machine (140 ms at worst with 4 busy loops on 2 cores, 20 ms when it inherits our class), so children do
 * inherit, and are put into the ordinary class as soon as they run: agents and services keep their ordinary share.
 *
 * Memory is not locked, because V8 aborts when it gives locked memory back.
 */
import type { ChildProcess } from 'node:child_process';
import { subscribe } from 'node:diagnostics_channel';
import { readdirSync, readFileSync } from 'node:fs';
import { reasonOf } from './reason.ts';

const ordinary = { policy: 0, priority: 0 } as const;
const roundRobin = { policy: 2, priority: 1 } as const;

type SetClass = (pid: number, wanted: { readonly policy: number; readonly priority: number }) => boolean;

/**
 * Null when this process has it now, otherwise why not: the daemon works without it, but a busy machine may delay it.
 *
 * `process`: all of its threads. Call it when they have loaded what they need: real-time threads take turns of 100 ms, and
 * loading takes that long. Until then, `thread`: only the one that calls, which beats.
 */
export async function becomeRealTime(scope: 'thread' | 'process'): Promise<string | null> {
  const setClass = await loadSetClass();
  if (typeof setClass === 'string') return setClass;
  if (!setClass(0, roundRobin)) return 'the kernel refused it (not root, or no real-time share in this cgroup)';
  if (scope === 'thread') return null;
  // The collector's threads too: this one waits for them, and they would wait for their turn on a busy machine.
  for (const thread of threadsOfThisProcess()) setClass(thread, roundRobin);
  return null;
}

/** What this thread starts from now on runs in the ordinary class, whatever class the thread has. */
export async function startOrdinaryChildren(): Promise<void> {
  const setClass = await loadSetClass();
  if (typeof setClass === 'string') return;
  subscribe('child_process', (message) => {
    const child = (message as { readonly process: ChildProcess }).process;
    child.once('spawn', () => demote(child.pid, setClass));
  });
}

/** For threads that were started by the one that beats and do long work. */
export async function becomeOrdinary(): Promise<void> {
  const setClass = await loadSetClass();
  if (typeof setClass !== 'string') setClass(0, ordinary);
}

const threadsOfThisProcess = (): number[] => readdirSync('/proc/self/task').map(Number);

/** With what it has started in the moment since: those inherited the class from it. */
function demote(pid: number | undefined, setClass: SetClass): void {
  if (pid === undefined) return;
  setClass(pid, ordinary);
  for (const child of childrenOf(pid)) demote(child, setClass);
}

function childrenOf(pid: number): number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
    return text
      .split(' ')
      .filter((part) => part !== '')
      .map(Number);
  } catch {
    // It has ended already, or the kernel does not tell.
    return [];
  }
}

let loaded: Promise<SetClass | string> | null = null;

const loadSetClass = (): Promise<SetClass | string> => {
  loaded ??= load();
  return loaded;
};

/** Calls libc; a text says why that cannot be. */
async function load(): Promise<SetClass | string> {
  try {
    const { default: koffi } = await import('koffi');
    const libc = koffi.load('libc.so.6');
    // One int is all that `struct sched_param` holds.
    const setScheduler = libc.func('int sched_setscheduler(int pid, int policy, int *param)');
    return (pid, { policy, priority }) => setScheduler(pid, policy, [priority]) === 0;
  } catch (error) {
    return reasonOf(error);
  }
}
