/** Two versions at once: what a newer one sends has fields that this one does not know, and goes through the real encoding. */
import type { Message } from '../../src/core/ports.ts';
import { decodeMessage, encodeMessage } from '../../src/transports/wire.ts';
import { Violation } from './violation.ts';

const text = new TextDecoder();

/** A beat goes to everybody: read once. */
const known = new WeakMap<Message, Message>();

/** What a node of this version reads of a message that a newer one sent. */
export function asNewer(message: Message, nowMs: number): Message {
  const before = known.get(message);
  if (before !== undefined) return before;
  const bytes = encodeMessage(message);
  // A beat is packed by places; a newer one has more of them at its end.
  const newer = text.decode(bytes).replace(/([\]}])$/, (end) => (end === ']' ? ',"later"]' : ',"later":{"x":[1]}}'));
  const read = decodeMessage(Buffer.from(newer));
  if (read === null)
    throw new Violation('wire', nowMs, `a ${message.kind} of a newer version cannot be read: ${newer}`);
  known.set(message, read);
  return read;
}
