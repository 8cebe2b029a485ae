/**
 * The same faults under Keepalived, in the same lab and the same run: what an administrator would put there today. Each host
 * answers requests itself, so that only the address has to move.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { monotonicMs, sleep } from '../lab/clock.ts';
import { bringUp, checkoutDirectory, labDown, labExec, labPowerOff, labProbe } from '../lab/commands.ts';
import { Recorder } from '../lab/demo/recorder.ts';
import { run, toolEnv } from '../lab/run.ts';
import { plainCluster } from '../src/core/model.ts';

const address = '192.168.200.120';
const nodes = ['balancer1', 'balancer2'] as const;
export const keepalivedLab = `bench-keepalived-${process.pid}`;
const limitMs = 200;

const cluster = plainCluster(
  'keepalived',
  { intervalMs: 200, deadMs: 1000, port: 7354 },
  nodes.map((id, i) => ({ id, links: [{ address: `192.168.200.${121 + i}`, prefix: 24 }] })),
  [],
);

/** `advertSeconds`: time between two advertisements; 1 is the default. */
const configuration = (node: string, advertSeconds: number): string => `
global_defs {
  router_id ${node}
}
vrrp_instance vip {
  state ${node === nodes[0] ? 'MASTER' : 'BACKUP'}
  interface eth0
  virtual_router_id 51
  priority ${node === nodes[0] ? 150 : 100}
  advert_int ${advertSeconds}
  ${Number.isInteger(advertSeconds) ? '' : 'version 3'}
  virtual_ipaddress {
    ${address}/24 dev eth0
  }
}
`;

export const hasKeepalived = async (): Promise<boolean> => (await run(['keepalived', '--version'])).code === 0;

export type KeepalivedFault = 'power-off' | 'planned move';

/** One run on hosts that were never used before; the client's outage in ms. */
export async function keepalivedOutage(fault: KeepalivedFault, advertSeconds: number): Promise<number> {
  try {
    const up = await bringUp('keepalived', '', cluster, {
      name: keepalivedLab,
      ephemeral: true,
      daemon: [],
      loopback: false,
    });
    if (!up.ok) throw new Error(up.failure.message);
    for (const node of nodes) await startOn(node, advertSeconds);
    return await measureOutage(fault, advertSeconds);
  } finally {
    await labDown(keepalivedLab);
  }
}

async function startOn(node: string, advertSeconds: number): Promise<void> {
  await run(inHost(node, ['mkdir', '-p', '/etc/keepalived']));
  await run(inHost(node, ['tee', '/etc/keepalived/keepalived.conf']), { input: configuration(node, advertSeconds) });
  launch(inHost(node, ['keepalived', '--vrrp', '--dont-fork', '--log-console']));
  launch(
    inHost(node, [process.execPath, join(checkoutDirectory, 'examples/web/server.ts'), node, `${node}=0.0.0.0:80`]),
  );
}

async function measureOutage(fault: KeepalivedFault, advertSeconds: number): Promise<number> {
  const probe = labProbe(keepalivedLab, `http://${address}/`, ['--lines', '--while-stdin', '--limit', String(limitMs)]);
  if (!probe.ok) throw new Error(probe.failure.message);
  const recorder = new Recorder(probe.value, limitMs);
  try {
    await until(() => recorder.isServing(500), 'Keepalived did not take the address');
    // It may still be announcing itself; and each run hits another moment between two advertisements.
    await sleep(2000 + Math.random() * advertSeconds * 1000);
    const fromMs = monotonicMs() - 250;
    await inject(fault);
    await sleep(300);
    await until(() => recorder.isServing(500), 'The backup did not take the address');
    return Math.round((await recorder.window(fromMs, monotonicMs())).outageMs);
  } finally {
    recorder.stop();
  }
}

async function inject(fault: KeepalivedFault): Promise<void> {
  if (fault === 'power-off') await labPowerOff(keepalivedLab, nodes[0]);
  else await run(inHost(nodes[0], ['pkill', '-TERM', '-o', '-x', 'keepalived']));
}

function inHost(node: string, argv: readonly string[]): string[] {
  const command = labExec(keepalivedLab, node, argv);
  if (!command.ok) throw new Error(command.failure.message);
  return command.value;
}

/** It lives in the host's own process namespace and dies with it. */
function launch(argv: readonly string[]): void {
  const [program = '', ...args] = argv;
  spawn(program, args, { stdio: 'ignore', env: toolEnv }).on('error', () => {});
}

async function until(holds: () => boolean, otherwise: string): Promise<void> {
  for (const endMs = monotonicMs() + 20_000; monotonicMs() < endMs; await sleep(50)) if (holds()) return;
  throw new Error(otherwise);
}
