/** Runs one program to its end and says how it went. Arguments never pass through a shell. */
import { spawn } from 'node:child_process';

export interface Ran {
  /** 128 + signal number when a signal ended it, 127 when it could not be started. */
  readonly code: number;
  /** Of the program while it ran; null: it never did. */
  readonly pid: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly input?: string;
  readonly timeoutMs?: number;
  readonly env?: NodeJS.ProcessEnv;
}

/** More than this of a program's output is not kept: the lab's tools print little. */
const outputMax = 4_000_000;

/** Debian keeps `ip` and `nft` where an ordinary user's PATH does not look. */
export const toolEnv: NodeJS.ProcessEnv = {
  ...process.env,
  PATH: `${process.env.PATH ?? ''}:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin`,
};

export function run(argv: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const [program = '', ...args] = argv;
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], env: options.env ?? toolEnv });
  const pid = child.pid ?? null;
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    if (stdout.length < outputMax) stdout += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    if (stderr.length < outputMax) stderr += chunk;
  });
  // A program that ends without reading its input is no error of ours.
  child.stdin.on('error', () => {});
  child.stdin.end(options.input ?? '');
  const timer = setTimeout(() => child.kill('SIGKILL'), options.timeoutMs ?? 30_000);
  return new Promise((resolve) => {
    child.once('error', (error) => {
      clearTimeout(timer);
      resolve({ code: 127, pid: null, stdout, stderr: `${program}: ${error.message}` });
    });
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ code: code ?? (signal === 'SIGKILL' ? 137 : 143), pid, stdout, stderr });
    });
  });
}
