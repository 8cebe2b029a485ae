/**
 * The fences port on a real node: switches machines off and on through any agent of the fence agent API, and asks whether
 * they are off.
 *
 * It never decides: which device, which plug, how often and in what order is the core's matter. Each call is a program of its
 * own with its own time limit, so that calls do not wait for each other.
 */
import type { FenceCall, FenceResult, Fences } from '../../core/ports.ts';
import { endLeftCalls, noteCall } from '../process/left_calls.ts';
import { fileNameOf } from '../process/state_file.ts';
import { describeAgent, offers, runAgent } from './agent.ts';
import { agentFolders, findAgent } from './find.ts';
import { judge } from './outcome.ts';

export interface FenceOptions {
  /** Searched before the fixed list: for labs. */
  readonly extraFolder: string | null;
  /** Where calls that are under way are noted, so that the next life of the daemon can end them. */
  readonly callFolder: string;
  readonly done: (callId: number, result: FenceResult) => void;
  readonly log: (line: string) => void;
}

export class FenceDriver implements Fences {
  readonly #options: FenceOptions;
  readonly #folders: readonly string[];
  /** A former life may have begun to switch off a node that is back by now. */
  readonly #ready: Promise<void>;

  constructor(options: FenceOptions) {
    this.#options = options;
    this.#folders = options.extraFolder === null ? agentFolders : [options.extraFolder, ...agentFolders];
    this.#ready = this.#endLeftCalls();
  }

  call(call: FenceCall): void {
    void this.#answer(call).then((result) => this.#options.done(call.callId, result));
  }

  async #endLeftCalls(): Promise<void> {
    for (const name of await endLeftCalls(this.#options.callFolder))
      this.#options.log(`${name}: a call that the former daemon left under way was ended`);
  }

  async #answer(call: FenceCall): Promise<FenceResult> {
    try {
      await this.#ready;
      const result = await this.#perform(call);
      return result.ok ? result : { ok: false, because: `${call.device.agent} (${naming(call)}): ${result.because}` };
    } catch (error) {
      return { ok: false, because: `the fence driver broke, a bug: ${(error as Error).message}` };
    }
  }

  async #perform(call: FenceCall): Promise<FenceResult> {
    const found = findAgent(call.device.agent, this.#folders);
    if (!found.ok) return found;
    const { action, plug, target, device, timeoutMs } = call;
    const name = fileNameOf(`${device.id} ${action} ${target} ${call.callId}`);
    const wanted = { action, node: target, plug, params: device.params };
    const ran = await runAgent(found.path, wanted, timeoutMs, (groupId) =>
      noteCall(this.#options.callFolder, name, groupId),
    );
    if (!ran.ok) return ran;
    const result = judge(action, ran.ended, timeoutMs);
    return !result.ok && action === 'status' && (await this.#cannotTell(found.path))
      ? { ok: true, power: null }
      : result;
  }

  /** An agent without the action `status` is not at fault when it does not tell. */
  async #cannotTell(path: string): Promise<boolean> {
    const described = await describeAgent(path);
    return described.ok && described.agent.actions.length > 0 && !offers(described.agent, 'status');
  }
}

const naming = (call: FenceCall): string =>
  `${call.action} of ${call.target}${call.plug === null ? '' : `, plug ${call.plug}`}`;
