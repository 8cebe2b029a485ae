/** What is done in a container that runs: its check, and the operations of an agent that is part of its image. */
import { join } from 'node:path';
import type { OcfResource } from '../../core/model.ts';
import type { AgentOp, OpResult } from '../../core/ports.ts';
import { judge as judgeCheck } from '../command/check.ts';
import { type Failed, failed, failedInCluster } from '../driver.ts';
import { type AskedVerb, actionOf, agentEnvironment } from '../ocf_api/environment.ts';
import { judge } from '../ocf_api/parse.ts';
import type { Ended } from '../process/run.ts';
import { lastLine } from '../process/tail.ts';
import { agentFolder, roleMounts } from './commands.ts';
import { attributesFolder, scoreFile } from './folders.ts';

export interface Inside {
  /** With the time that is left. */
  readonly op: AgentOp;
  readonly node: string;
  /** `names` of `env` are what the program gets beside its environment in the container. */
  readonly exec: (
    names: readonly string[],
    argv: readonly string[],
    env: Readonly<Record<string, string>>,
  ) => Promise<Ended>;
}

/** Null: it works. */
export async function runCheck({ exec, op }: Inside, argv: readonly string[]): Promise<Failed | null> {
  if (argv[0] === undefined || argv[0] === '') return failedInCluster('the check is empty: it names no program');
  const ended = await exec([], argv, {});
  // It is the engine that did not start: that says nothing about the node.
  if (ended.kind === 'notStarted') return failed(`its check: ${ended.because}`);
  return judgeCheck(ended, op.timeoutMs);
}

const root = '/usr/lib/ocf';

/** Of the node, and of no use in there. */
const outside = ['PATH', 'HOME'];
/** Without roles there is nothing that an agent could tell the cluster. */
const ofRoles = ['HA_SBIN_DIR', 'SEMPRE_ATTRIBUTES'];

/** The engine's own codes for a program that is not in the image, or cannot be executed there. */
const notFound = [126, 127];

/** `digest`: that of the definition with which its container was started, where that is known. */
export async function toAgent(
  { exec, op, node }: Inside,
  agent: OcfResource,
  verb: Exclude<AskedVerb, 'migrateTo' | 'migrateFrom' | 'reload'>,
  digest: string | null,
): Promise<OpResult> {
  const hasRoles = op.service.promotable !== null;
  const place = {
    root,
    node,
    tempDirectory: agentFolder,
    scorePath: hasRoles ? join(roleMounts.state, scoreFile) : null,
    attributesDirectory: join(roleMounts.state, attributesFolder),
    tools: roleMounts.tools,
  };
  const all = Object.entries(agentEnvironment({ ...op, verb }, agent, place));
  const hidden = hasRoles ? outside : [...outside, ...ofRoles];
  const env = Object.fromEntries(all.filter(([name]) => !hidden.includes(name)));
  const path = `${root}/resource.d/${agent.provider}/${agent.type}`;
  const argv = [...(hasRoles ? [roleMounts.withTools] : []), path, actionOf(verb)];
  const ended = await exec(Object.keys(env), argv, env);
  if (ended.kind === 'exited' && notFound.includes(ended.code))
    return failed(`${path} cannot be run in the container: ${lastLine(ended.stderr) || `exit code ${ended.code}`}`);
  return judge(verb, ended, Math.round(op.timeoutMs), digest);
}
