/**
 * Real-time class for the heartbeat: a machine that is busy with its services must not look dead.
 *
 * Only this thread gets it, and what it starts does not inherit it: agents and services keep their ordinary share.
 * Memory is not locked, because V8 aborts when it gives locked memory back.
 */
import { reasonOf } from './reason.ts';

const roundRobin = 2;
const resetOnFork = 0x40000000;
const lowestPriority = 1;

/** Null when the thread has it now, otherwise why not: the daemon works without it, but a full machine may delay it. */
export async function becomeRealTime(): Promise<string | null> {
  try {
    const { default: koffi } = await import('koffi');
    const libc = koffi.load('libc.so.6');
    koffi.struct('sched_param', { sched_priority: 'int' });
    const setScheduler = libc.func('int sched_setscheduler(int pid, int policy, sched_param *param)');
    const result: unknown = setScheduler(0, roundRobin | resetOnFork, { sched_priority: lowestPriority });
    return result === 0
      ? null
      : 'the kernel refused the real-time class (not root, or no real-time share in this cgroup)';
  } catch (error) {
    return reasonOf(error);
  }
}
