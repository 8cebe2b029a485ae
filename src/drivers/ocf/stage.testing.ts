/**
 * A machine of its own for lab tests of real agents: namespaces with their own /run, /etc/apache2, web root, network and
 * process tree, and in them an `OcfDriver` that takes one order a line and answers with one line.
 *
 * The process tree is needed because agents end what they find by name (`pkill -f`), which reaches over all other namespaces.
 * Its first process is a shell: it collects orphans, without which agents wait for zombies.
 */
import { execFile, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { OcfResource } from '../../core/model.ts';
import type { AgentOp, OpResult } from '../../core/ports.ts';
import type { Driver } from '../driver.ts';
import { OcfDriver } from './index.ts';

type Order =
  | { readonly id: number; readonly op: AgentOp; readonly resource: OcfResource }
  | { readonly id: number; readonly argv: readonly [string, ...string[]] };
type Answer =
  | { readonly id: number; readonly result: OpResult }
  | { readonly id: number; readonly code: number; readonly stdout: string };

export interface Stage {
  readonly driver: Driver<OcfResource>;
  /** Runs a program on the stage; its exit code and what it printed. */
  inside(...argv: readonly [string, ...string[]]): Promise<{ code: number; stdout: string }>;
  end(): Promise<void>;
}

const setUp = `
mount -t tmpfs tmpfs /run && mkdir /run/lock
cp -a /etc/apache2 /run/etc-apache2 && mount --bind /run/etc-apache2 /etc/apache2
printf '127.0.0.1 localhost lab\\n' >/run/hosts && mount --bind /run/hosts /etc/hosts
mount -t tmpfs tmpfs /var/log/apache2
mount -t tmpfs tmpfs /var/www/html && echo ok >/var/www/html/check.txt
hostname lab
ip link set lo up
ip link add lab0 type veth peer name lab1
ip addr add 192.0.2.1/24 dev lab0
ip link set lab0 up && ip link set lab1 up
mkdir -p "$2"
"$1" "$3" "$2"
`;

export function openStage(runDirectory: string): Stage {
  const unshare = ['unshare', '--fork', '--kill-child', '--pid', '--mount-proc', '--net', '--mount', '--uts'];
  const shell = ['/bin/sh', '-ec', setUp, 'sh', process.execPath, runDirectory, fileURLToPath(import.meta.url)];
  // It must not outlive a test run that is killed.
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', ...unshare, ...shell], { stdio: ['pipe', 'pipe', 'inherit'] });
  const waiting = new Map<number, (answer: Answer) => void>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    const answer = JSON.parse(line) as Answer;
    waiting.get(answer.id)?.(answer);
    waiting.delete(answer.id);
  });
  child.stdin.on('error', () => {});
  child.once('exit', () => {
    for (const [id, answer] of waiting) answer({ id, code: -1, stdout: 'the stage has ended' });
  });
  let lastId = 0;
  const ask = (order: (id: number) => Order): Promise<Answer> => {
    lastId += 1;
    const id = lastId;
    child.stdin.write(`${JSON.stringify(order(id))}\n`);
    return new Promise((resolve) => waiting.set(id, resolve));
  };
  return {
    driver: {
      perform: async (op, resource) => {
        const answer = await ask((id) => ({ id, op, resource }));
        if ('result' in answer) return answer.result;
        throw new Error(answer.stdout);
      },
    },
    inside: async (...argv) => {
      const answer = await ask((id) => ({ id, argv }));
      return 'code' in answer ? answer : { code: -1, stdout: '' };
    },
    end: () =>
      new Promise((resolve) => {
        child.once('exit', () => resolve());
        child.kill('SIGKILL');
      }),
  };
}

/** What runs on the stage. */
async function serve(runDirectory: string): Promise<void> {
  const context = { node: 'lab', clusterNodes: () => [], runDirectory, died: () => {}, log: () => {} };
  const driver = new OcfDriver(context);
  for await (const line of createInterface({ input: process.stdin })) {
    const order = JSON.parse(line) as Order;
    void answerTo(driver, order).then((answer) => process.stdout.write(`${JSON.stringify(answer)}\n`));
  }
}

async function answerTo(driver: OcfDriver, order: Order): Promise<Answer> {
  if ('op' in order) return { id: order.id, result: await driver.perform(order.op, order.resource) };
  const [file, ...args] = order.argv;
  try {
    return { id: order.id, code: 0, stdout: (await promisify(execFile)(file, args)).stdout };
  } catch (error) {
    const { code, stdout } = error as { code?: unknown; stdout?: string };
    return { id: order.id, code: typeof code === 'number' ? code : -1, stdout: stdout ?? '' };
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await serve(process.argv[2] ?? '');
