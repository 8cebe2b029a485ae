/**
 * Runs one program to its end: an agent, a check, a tool. How did it end, and what did it say last?
 *
 * Never through a shell, always in a session and process group of its own, standard input empty or as given, the environment
 * exactly as given. Nothing that the program does makes this throw or wait for longer than the time limit.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { groupMembers, pollMsMin, signalGroup, slower } from './group.ts';
import { whyNotStarted } from './not_started.ts';
import { appendTail, emptyTail, tailText } from './tail.ts';

export interface Program {
  /** The program (a path, or a name to be found in `env.PATH`) and its arguments. */
  readonly argv: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
  readonly directory?: string;
  /** What it reads from standard input: the place for secrets, which nobody sees in a list of processes. */
  readonly input?: string;
  /** It is dead after this time. SIGTERM comes earlier, see `graceMs`. */
  readonly timeoutMs: number;
  /** Called with the id of its process group as soon as it runs; what it returns is called when it has ended. */
  readonly started?: (groupId: number) => () => void;
}

export type Ended =
  | { readonly kind: 'exited'; readonly code: number; readonly stdout: string; readonly stderr: string }
  /** Somebody else ended it. */
  | { readonly kind: 'killed'; readonly signal: string; readonly stdout: string; readonly stderr: string }
  /** We ended it and all that was left of its group. What it had done by then is unknown. */
  | { readonly kind: 'timedOut'; readonly stdout: string; readonly stderr: string }
  /** `missing`: there is no such program, or it must not be executed. */
  | { readonly kind: 'notStarted'; readonly missing: boolean; readonly because: string };

export const outputBytesMax = 64 * 1024;

/** How long after the program's end the last of its output may arrive. */
const drainMs = 100;
const killedMs = 100;

/** Between SIGTERM and SIGKILL: enough to clean up, but never much of a short time limit. */
export const graceMs = (timeoutMs: number): number => Math.min(1000, Math.floor(timeoutMs / 5));

export async function runProgram(program: Program): Promise<Ended> {
  const child = start(program);
  if ('kind' in child) return child;
  // A program that ends without reading its input is no error of ours.
  child.stdin?.on('error', () => {});
  child.stdin?.end(program.input);
  const ended = child.pid === undefined ? undefined : program.started?.(child.pid);
  try {
    return await attend(child, program);
  } finally {
    ended?.();
  }
}

async function attend(child: ChildProcess, program: Program): Promise<Ended> {
  const output = capture(child);
  const exit = exitOf(child);
  const limit = await within(exit, program.timeoutMs - graceMs(program.timeoutMs));
  if (limit === 'late') {
    await endGroup(child, program.timeoutMs);
    await within(exit, killedMs);
    return { kind: 'timedOut', ...output.close() };
  }
  if (limit.kind === 'error') return { kind: 'notStarted', ...whyNotStarted(limit.error, program) };
  // A daemon that the program left behind may hold the pipes open for ever: do not wait for their end. What it writes there
  // later is lost, as under any other cluster manager; daemons close or redirect their output.
  await within(output.ended, drainMs);
  const said = output.close();
  return limit.code === null
    ? { kind: 'killed', signal: limit.signal ?? 'unknown', ...said }
    : { kind: 'exited', code: limit.code, ...said };
}

/** Some refusals come as an exception (a NUL byte, arguments that are too long), others as an `error` event. */
function start(program: Program): ChildProcess | Extract<Ended, { kind: 'notStarted' }> {
  const [file, ...args] = program.argv;
  try {
    return spawn(file, args, {
      cwd: program.directory,
      env: { ...program.env },
      detached: true,
      stdio: [program.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    });
  } catch (error) {
    return { kind: 'notStarted', ...whyNotStarted(error, program) };
  }
}

interface Output {
  readonly ended: Promise<unknown>;
  /** Lets go of the pipes and returns what came so far. */
  close(): { stdout: string; stderr: string };
}

function capture(child: ChildProcess): Output {
  const streams = [child.stdout, child.stderr];
  const tails = streams.map((stream) => {
    const tail = emptyTail(outputBytesMax);
    stream?.on('data', (chunk: Uint8Array) => appendTail(tail, chunk));
    stream?.on('error', () => {});
    return tail;
  });
  return {
    ended: Promise.all(streams.map((stream) => new Promise((resolve) => stream?.once('close', resolve)))),
    close: () => {
      for (const stream of streams) stream?.destroy();
      const [stdout, stderr] = tails.map(tailText);
      return { stdout: stdout ?? '', stderr: stderr ?? '' };
    },
  };
}

type Exit = { kind: 'exit'; code: number | null; signal: string | null } | { kind: 'error'; error: unknown };

const exitOf = (child: ChildProcess): Promise<Exit> =>
  new Promise((resolve) => {
    child.once('exit', (code, signal) => resolve({ kind: 'exit', code, signal }));
    child.once('error', (error) => resolve({ kind: 'error', error }));
  });

async function within<T>(promise: Promise<T>, timeMs: number): Promise<T | 'late'> {
  const timer = new AbortController();
  const late = sleep(timeMs, 'late' as const, { signal: timer.signal }).catch(() => 'late' as const);
  const first = await Promise.race([promise, late]);
  timer.abort();
  return first;
}

/** Asks the whole group to end, and kills what is left of it when the grace is over. */
async function endGroup(child: ChildProcess, timeoutMs: number): Promise<void> {
  const groupId = child.pid;
  if (groupId === undefined) return;
  const killAtMs = performance.now() + graceMs(timeoutMs);
  signalGroup(groupId, 'SIGTERM');
  for (let pauseMs = pollMsMin; performance.now() < killAtMs; pauseMs = slower(pauseMs)) {
    if ((await groupMembers(groupId)).length === 0) return;
    await sleep(Math.min(pauseMs, Math.max(1, killAtMs - performance.now())));
  }
  signalGroup(groupId, 'SIGKILL');
}
