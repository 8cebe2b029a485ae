/** `sempre key show|rotate`: the cluster key, without ever showing it. */
import type { IdentityStatus, RotateAnswer } from '../api/identity.ts';
import { exit } from '../lib/exit.ts';
import { type Context, type Format, fail, isForMachines, print } from './context.ts';
import { paint } from './terminal.ts';

export async function keyShow(context: Context, output: Format): Promise<number> {
  const answer = await context.client.call<IdentityStatus>({ method: 'GET', path: '/v1/identity' });
  if (!answer.ok) return fail(context, answer.failure);
  const { key, certificate } = answer.value;
  if (isForMachines(output)) {
    await print(context, output, { schemaVersion: 1, key, certificate });
    return exit.ok;
  }
  const { out } = context.terminal;
  out(`cluster key ${key.generation} (${key.id}), ${ageOf(key.madeAt, Date.now())}\n`);
  if (key.next !== null) {
    const missing = key.next.missing.length === 0 ? 'going on' : `waiting for ${key.next.missing.join(', ')}`;
    out(`a change to key ${key.next.generation} (${key.next.id}) is under way: ${missing}\n`);
  }
  if (certificate !== null)
    out(`certificate of this node until ${certificate.notAfter}, renewed before; authority ${certificate.authority}\n`);
  return exit.ok;
}

export async function keyRotate(context: Context, output: Format): Promise<number> {
  const answer = await context.client.call<RotateAnswer>({ method: 'POST', path: '/v1/key/rotate', timeoutMs: 30_000 });
  if (!answer.ok) return fail(context, answer.failure);
  const { generation, id, done, missing } = answer.value;
  const code = done ? exit.ok : exit.partly;
  if (isForMachines(output)) await print(context, output, { ...answer.value, exitCode: code });
  else if (done)
    context.terminal.out(
      `${paint(context.terminal.look, 'good', `all nodes have cluster key ${generation} (${id}); the old one does not hold any more`)}\n`,
    );
  else {
    const waits = `cluster key ${generation} (${id}) was made, but ${missing.join(', ')} did not take it over yet`;
    context.terminal.out(`${paint(context.terminal.look, 'warn', waits)}\n`);
    context.terminal.note('Both keys hold until they are back; it goes on by itself. Look again: sempre key show');
    context.terminal.note('Is a node gone for good? sempre node forget NODE');
  }
  return code;
}

export function ageOf(madeAt: string | null, nowMs: number): string {
  const ms = madeAt === null ? Number.NaN : nowMs - Date.parse(madeAt);
  if (Number.isNaN(ms)) return 'of unknown age';
  const hours = Math.max(0, ms) / 3_600_000;
  if (hours < 1) return `${Math.floor(hours * 60)} minutes old`;
  return hours < 48 ? `${Math.floor(hours)} hours old` : `${Math.floor(hours / 24)} days old`;
}
