/** The lab's fence device: one JSON line in, one out, on each host's own socket. */
import type { Socket } from 'node:net';
import { sleep } from '../clock.ts';
import { fenceFaultFor } from './faults.ts';
import type { Power } from './power.ts';

export interface FenceRequest {
  readonly action: 'off' | 'on' | 'status' | 'list';
  /** Of `list`: empty. */
  readonly node: string;
}

export type FenceAnswer =
  | { readonly ok: true; readonly power: 'on' | 'off' | null; readonly nodes: readonly string[] }
  | { readonly ok: false; readonly because: string };

export interface FenceDeviceParts {
  readonly lab: string;
  readonly hosts: readonly string[];
  readonly power: Power;
  readonly note: (line: Record<string, unknown>) => void;
}

/** `from`: the host whose socket it is. */
export const fenceServer =
  (parts: FenceDeviceParts, from: string) =>
  (socket: Socket) =>
  (line: string): void => {
    void answerTo(parts, from, line).then((answer) => socket.end(`${JSON.stringify(answer)}\n`));
  };

async function answerTo(parts: FenceDeviceParts, from: string, line: string): Promise<FenceAnswer> {
  const request = requestIn(line);
  if (request === null) return no('it is no request');
  if (request.action === 'list') return { ok: true, power: null, nodes: parts.hosts };
  if (!parts.hosts.includes(request.node)) return no(`the lab has no host ${request.node}`);
  const beginMs = performance.now();
  const answer = await carryOut(parts, from, request);
  const tookMs = Math.round(performance.now() - beginMs);
  if (request.action !== 'status') parts.note({ kind: 'fence', from, ...request, ...answer, tookMs });
  return answer;
}

async function carryOut(parts: FenceDeviceParts, from: string, { action, node }: FenceRequest): Promise<FenceAnswer> {
  const fault = fenceFaultFor(parts.lab, from, node);
  if (fault !== null) await sleep(fault.delayMs);
  if (fault?.mode === 'fail') return no('the device was told to fail');
  if (fault?.mode === 'idle' && action !== 'status') return { ok: true, power: null, nodes: [] };
  if (fault?.mode === 'dark' && action === 'on') return { ok: true, power: null, nodes: [] };
  if (fault?.mode === 'lie') return { ok: true, power: action === 'on' ? 'on' : 'off', nodes: [] };
  const done = action === 'on' || action === 'off' ? await parts.power.set(node, action) : null;
  if (done !== null && !done.ok) return no(done.failure.message);
  return { ok: true, power: parts.power.init(node) === null ? 'off' : 'on', nodes: [] };
}

const no = (because: string): FenceAnswer => ({ ok: false, because });

function requestIn(line: string): FenceRequest | null {
  try {
    const { action, node } = JSON.parse(line) as Partial<FenceRequest>;
    const known = action === 'off' || action === 'on' || action === 'status' || action === 'list';
    return known && typeof node === 'string' ? { action, node } : null;
  } catch {
    return null;
  }
}
