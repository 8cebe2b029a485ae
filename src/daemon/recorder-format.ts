/**
 * The journal of the flight recorder, line by line: each is a JSON list that begins with its kind. See docs/internals/state.md.
 *
 * Every file stands alone: a head, then where it begins (a boot, or the whole state in pieces), then one line an event.
 */
import type { Ms, NodeId } from '../core/model.ts';
import type { Change, Message, NodeEffect, NodeEvent } from '../core/ports.ts';
import { showVersion } from '../core/state.ts';
import type { Delta } from './recorder-delta.ts';
import type { GraphNode } from './recorder-graph.ts';

/** Another number means that this version cannot read it, nor older ones what it writes. */
export const recorderFormat = 1;

export interface Head {
  readonly format: number;
  readonly node: NodeId;
  readonly software: string;
  /** The life of the daemon. */
  readonly boot: number;
  /** One instant on both clocks, so that a reader can be shown the time of day. */
  readonly at: string;
  readonly nowMs: Ms;
}

/** What a step decided: a fingerprint of all its effects, with its changes of state in full; null: it did not end. */
export type Decided = string | readonly [digest: string, changes: readonly Change[]] | null;

export type Line =
  | readonly ['sempre-recorder', Head]
  | readonly ['boot', Ms, unknown]
  /** Pieces of the state that the next `state` is made of. */
  | readonly ['objects', readonly GraphNode[]]
  | readonly ['state', Ms]
  | readonly ['t', Ms, Decided]
  /** A beat: link, sender, and what is new in it since the former one of that sender in this file. */
  | readonly ['b', Ms, number, NodeId, Delta, Decided]
  | readonly ['e', Ms, NodeEvent, Decided];

/** What a step decided, short enough to be written each time: two that decide the same have the same. */
export function decidedBy(effects: readonly NodeEffect[]): NonNullable<Decided> {
  const changes = effects.flatMap((effect) => (effect.kind === 'change' ? [effect.change] : []));
  const digest = effects.length === 0 ? '' : fingerprint(effects.map(inShort).join('\n'));
  return changes.length === 0 ? digest : [digest, changes];
}

/** An effect in one line, without what a redaction would change. */
export function inShort(effect: NodeEffect): string {
  switch (effect.kind) {
    case 'send':
      return `send ${effect.to} ${messageInShort(effect.message)}`;
    case 'run':
      return `run ${effect.op.opId} ${effect.op.verb} ${effect.op.service.id} ${effect.op.service.digest} ${effect.op.timeoutMs}`;
    case 'saveDoc':
      return `saveDoc ${showVersion(effect.doc.version)} ${showVersion(effect.doc.content)}`;
    case 'reserve':
      return `reserve ${effect.upTo}`;
    case 'notePromise':
      return `notePromise ${effect.note.promised.number} ${effect.note.promised.members.join(' ')} ${effect.note.leaseUntilMs}`;
    case 'saveLedger':
      return `saveLedger ${effect.services.map(({ id, digest }) => `${id} ${digest}`).join(' ')}`;
    case 'fence':
      return `fence ${effect.call.callId} ${effect.call.action} ${effect.call.target} ${effect.call.device.id} ${effect.call.plug}`;
    case 'ping':
      return `ping ${effect.addresses.join(' ')}`;
    case 'watch':
      return `watch ${effect.watchdog?.device ?? 'none'}`;
    case 'reply':
      return `reply ${effect.requestId} ${effect.answer.ok ? showVersion(effect.answer.version) : effect.answer.code}`;
    case 'change':
      return `change ${effect.change.what}: ${effect.change.from} => ${effect.change.to} (${effect.change.because})`;
    default:
      return effect.kind;
  }
}

function messageInShort(message: Message): string {
  switch (message.kind) {
    case 'beat': {
      const { seq, sentAtMs, promised, installed, recordVersion, docOnDisk } = message;
      return `beat ${seq} ${sentAtMs} ${promised.number} ${installed} ${recordVersion} ${showVersion(docOnDisk)}`;
    }
    case 'record':
      return `record ${message.record.version}`;
    case 'order': {
      const { id, verb, serviceId } = message.order;
      return `order ${id.view}.${id.plan}.${id.action} ${verb} ${serviceId}`;
    }
    case 'doc':
      return `doc ${showVersion(message.doc.version)}`;
    case 'request':
      return `request ${message.requestId}`;
    case 'answer':
      return `answer ${message.requestId} ${message.answer.ok}`;
    default:
      return (message as Message).kind;
  }
}

/** FNV-1a with 32 bits over UTF-16 units: it tells decisions apart, nothing more. */
function fingerprint(text: string): string {
  let sum = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) sum = Math.imul(sum ^ text.charCodeAt(index), 0x01000193);
  return (sum >>> 0).toString(16).padStart(8, '0');
}
