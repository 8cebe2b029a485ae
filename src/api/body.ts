/** Reads what a client sent: nonsense ends here, with words on what was expected. Pure. */
import type { Command, Version } from '../core/ports.ts';
import { failure, type Result, success } from '../lib/errors.ts';

/** A command as a client sends it: the cluster file of `apply` is still text. */
export type CommandBody =
  | Exclude<Command, { kind: 'apply' }>
  | {
      readonly kind: 'apply';
      readonly source: string;
      readonly ifVersion: Version | null;
      /** Kept in the history of the node that was asked. */
      readonly because: string;
    };

export interface PlanBody {
  /** Another cluster file; null: the one that runs. */
  readonly source: string | null;
  /** What if this were asked for, too? */
  readonly command: Exclude<Command, { kind: 'apply' | 'cleanup' }> | null;
  /** What if it were this date already, in milliseconds since 1970? Null: as it is. */
  readonly atMs: number | null;
}

const nameMax = 255;
const becauseMax = 500;
/** Shorter than anybody needs it is a slip of the unit; nobody remembers a longer one. */
export const disarmMsMin = 10_000;
export const disarmMsMax = 7 * 86_400_000;
/** How long something is kept for a node that is shut down. */
export const keepMsMin = 1000;
export const keepMsMax = 7 * 86_400_000;

export function parseJson(text: string): Result<unknown> {
  try {
    return success(JSON.parse(text));
  } catch {
    return failure('BAD_REQUEST', 'the body of the request is no JSON');
  }
}

export function parsePlanBody(body: unknown): Result<PlanBody> {
  if (!isRecord(body)) return expected('an object');
  const { source = null, command = null, at = null } = body;
  if (source !== null && typeof source !== 'string') return expected('`source` as text');
  const atMs = typeof at === 'string' ? Date.parse(at) : null;
  if (at !== null && (atMs === null || !(atMs >= 0))) return expected('`at` as a time such as 2026-12-24T18:00:00Z');
  if (command === null) return success({ source, command: null, atMs });
  const parsed = parseCommandBody(command);
  if (!parsed.ok) return parsed;
  const { value } = parsed;
  if (value.kind === 'apply' || value.kind === 'cleanup')
    return expected('`command` of another kind than apply and cleanup');
  return success({ source, command: value, atMs });
}

export function parseCommandBody(body: unknown): Result<CommandBody> {
  if (!isRecord(body)) return expected('an object');
  switch (body.kind) {
    case 'apply':
      return parseApply(body);
    case 'standby':
      if (!isName(body.node)) return expected('`node` as a name');
      if (typeof body.on !== 'boolean') return expected('`on` as true or false');
      return withReason(body, { kind: 'standby', node: body.node, on: body.on });
    case 'shutdown':
      return parseShutdown(body);
    case 'move':
      if (!isName(body.service)) return expected('`service` as a name');
      if (!isNameOrNull(body.to)) return expected('`to` as a name or null');
      return withReason(body, { kind: 'move', service: body.service, to: body.to ?? null });
    case 'clear':
      if (!isName(body.service)) return expected('`service` as a name');
      return withReason(body, { kind: 'clear', service: body.service });
    case 'run':
      if (!isName(body.service)) return expected('`service` as a name');
      if (body.wanted !== 'started' && body.wanted !== 'stopped') return expected('`wanted` as started or stopped');
      return withReason(body, { kind: 'run', service: body.service, wanted: body.wanted });
    case 'cleanup':
      if (!isName(body.service)) return expected('`service` as a name');
      if (!isNameOrNull(body.node)) return expected('`node` as a name or null');
      return success({ kind: 'cleanup', service: body.service, node: body.node ?? null });
    case 'confirmOff':
    case 'fence':
      if (!isName(body.node)) return expected('`node` as a name');
      return explained(body, { kind: body.kind, node: body.node });
    case 'disarm':
      if (!isCount(body.forMs) || body.forMs < disarmMsMin || body.forMs > disarmMsMax)
        return expected(`\`forMs\` as milliseconds from ${disarmMsMin} to ${disarmMsMax}`);
      return explained(body, { kind: 'disarm', forMs: body.forMs });
    case 'arm':
      return withReason(body, { kind: 'arm' });
    case 'maintain':
      return parseMaintain(body);
    default:
      return expected(
        '`kind` as one of apply, standby, shutdown, move, clear, run, cleanup, confirmOff, fence, disarm, arm, maintain',
      );
  }
}

function parseApply(body: Record<string, unknown>): Result<CommandBody> {
  const { source, ifVersion = null } = body;
  if (typeof source !== 'string') return expected('`source` as the text of a cluster file');
  if (ifVersion === null) return withReason(body, { kind: 'apply', source, ifVersion: null });
  if (!isRecord(ifVersion) || !isCount(ifVersion.view) || !isCount(ifVersion.counter)) {
    return expected('`ifVersion` as {view, counter} or null');
  }
  return withReason(body, { kind: 'apply', source, ifVersion: { view: ifVersion.view, counter: ifVersion.counter } });
}

function parseShutdown(body: Record<string, unknown>): Result<CommandBody> {
  const { node, keep = null, forMs = null } = body;
  if (!isName(node)) return expected('`node` as a name');
  if (keep !== null && typeof keep !== 'boolean') return expected('`keep` as true, false or null');
  if (forMs !== null && (!isCount(forMs) || forMs < keepMsMin || forMs > keepMsMax))
    return expected(`\`forMs\` as milliseconds from ${keepMsMin} to ${keepMsMax}, or null`);
  return withReason(body, { kind: 'shutdown', node, keep, forMs });
}

function parseMaintain(body: Record<string, unknown>): Result<CommandBody> {
  const { node = null, service = null, on } = body;
  if (typeof on !== 'boolean') return expected('`on` as true or false');
  if (!isNameOrNull(node) || !isNameOrNull(service) || (node === null) === (service === null))
    return expected('either `node` or `service` as a name');
  const command = { kind: 'maintain', node: node ?? null, service: service ?? null, on } as const;
  return on ? explained(body, command) : withReason(body, command);
}

/** For what others have to understand later: it is not taken without a word on why. */
function explained(body: Record<string, unknown>, command: WithoutReason<Explained>): Result<CommandBody> {
  const { because } = body;
  return typeof because === 'string' && because.trim() !== ''
    ? withReason(body, command)
    : expected('`because`: the reason');
}

type Explained = Extract<CommandBody, { because: string }>;
type WithoutReason<C> = C extends Explained ? Omit<C, 'because'> : never;

function withReason(body: Record<string, unknown>, command: WithoutReason<Explained>): Result<CommandBody> {
  const because = body.because ?? '';
  if (typeof because !== 'string' || because.length > becauseMax)
    return expected(`\`because\` as text of at most ${becauseMax} characters`);
  // Event lines are made of it: it stays on one line.
  return success({ ...command, because: because.replace(/\s+/g, ' ').trim() });
}

const expected = (what: string) => failure('BAD_REQUEST', `the request must hold ${what}`);

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isName = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && value.length <= nameMax;

const isNameOrNull = (value: unknown): value is string | null | undefined =>
  value === null || value === undefined || isName(value);

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;
