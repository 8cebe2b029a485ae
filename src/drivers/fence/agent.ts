/** One call of a fence agent, whatever its action: parameters in, how it ended out, with no secret in what it said. */
import { type Ended, runProgram } from '../process/run.ts';
import { type AgentCall, inputFor } from './input.ts';
import type { AgentDescription, Described } from './metadata.ts';
import { parseMetadata } from './metadata.ts';
import { howItEnded } from './outcome.ts';
import { resolveParams, withoutSecrets } from './secrets.ts';

/** Some agents are scripts that look for tools in the folders of administrators. */
const environment = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/root',
  LC_ALL: 'C',
  // Warnings of its own modules are no word of the agent.
  PYTHONWARNINGS: 'ignore',
};

export type Ran = { readonly ok: true; readonly ended: Ended } | { readonly ok: false; readonly because: string };

/** `started`: as of `runProgram`. Not run at all when a parameter cannot be had. */
export async function runAgent(
  path: string,
  call: AgentCall,
  timeoutMs: number,
  started?: (groupId: number) => () => void,
): Promise<Ran> {
  const resolved = await resolveParams(call.params);
  if (!resolved.ok) return resolved;
  const { params, secrets } = resolved.value;
  const input = inputFor({ ...call, params });
  if (!input.ok) return input;
  const program = { argv: [path] as const, env: environment, directory: '/', input: input.text, timeoutMs };
  const ended = await runProgram(started === undefined ? program : { ...program, started });
  return { ok: true, ended: blotted(ended, secrets) };
}

function blotted(ended: Ended, secrets: readonly string[]): Ended {
  if (ended.kind === 'notStarted') return { ...ended, because: withoutSecrets(ended.because, secrets) };
  const { stdout, stderr } = ended;
  return { ...ended, stdout: withoutSecrets(stdout, secrets), stderr: withoutSecrets(stderr, secrets) };
}

const metadataTimeoutMs = 15_000;

/** Asks the agent what it takes; no device is touched. */
export async function describeAgent(path: string): Promise<Described> {
  const ran = await runAgent(path, { action: 'metadata', node: null, plug: null, params: {} }, metadataTimeoutMs);
  if (!ran.ok) return ran;
  const { ended } = ran;
  if (ended.kind !== 'exited' || ended.code !== 0)
    return { ok: false, because: `it does not tell its metadata: ${howItEnded(ended, metadataTimeoutMs)}` };
  return parseMetadata(ended.stdout);
}

export const offers = (agent: AgentDescription, action: string): boolean =>
  agent.actions.some(({ name }) => name === action);
