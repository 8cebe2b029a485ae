/**
 * The new holder's part of a planned move: rules at ingress that send the old holder's connections on to it, see
 * `handoverRules`. Where they cannot be had the move still works, and only open connections are lost.
 */
import type { ServiceId } from '../../core/model.ts';
import { type Handover, handoverRules, removeHandoverRules } from './commands.ts';
import { runTool } from './tool.ts';

export interface HandoverRules {
  /** Removes them now. */
  remove(): Promise<void>;
  /** Leaves them to the kernel, which stops forwarding by itself, and to the next daemon. */
  forget(): void;
}

const toolMs = 2000;
/** After the kernel has stopped to forward. */
const removeAfterMs = 1000;

/** Null when this machine has no nftables or refuses the rules. */
export async function installHandover(handover: Handover, log: (line: string) => void): Promise<HandoverRules | null> {
  const said = await runTool(handoverRules(handover), toolMs);
  if (!said.ok) {
    log(`open connections will be lost in this move: ${said.result.because}`);
    return null;
  }
  const { serviceId, resource } = handover;
  let timer: NodeJS.Timeout | null = setTimeout(() => void remove(), resource.drainMs + removeAfterMs).unref();
  const forget = (): void => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
  };
  const remove = async (): Promise<void> => {
    if (timer === null) return;
    forget();
    await removeLeftRules(serviceId);
  };
  return { remove, forget };
}

/** Also for rules that a former daemon installed. Not having any is no failure. */
export async function removeLeftRules(serviceId: ServiceId): Promise<void> {
  await runTool(removeHandoverRules(serviceId), toolMs);
}
