/** What comes over the cluster's own network: datagrams, frames of the reliable channel, messages, questions. */
import { createSecretKey } from 'node:crypto';
import fc from 'fast-check';
import { Answers, idBytes } from '../../src/transports/udp/answers.ts';
import { FrameReader, frameBytes, frameKind } from '../../src/transports/udp/frames.ts';
import { Keys } from '../../src/transports/udp/keys.ts';
import { type Content, inspectPacket, openPacket, sealPacket } from '../../src/transports/udp/packet.ts';
import { Session } from '../../src/transports/udp/session.ts';
import { beatOf, message } from '../../src/transports/wire/messages.testing.ts';
import { decodeMessage, encodeMessage } from '../../src/transports/wire.ts';
import { firstOf, isSameJson, type Prepared, type Target } from '../target.ts';

const keys = new Keys(createSecretKey(Buffer.from(Array.from({ length: 32 }, (_, i) => i * 7))), 'fuzz');
const key = keys.packetKey('n2', 'n1');

const sealed = (body: Uint8Array, counter: number): Buffer => {
  const content: Content = { challenge: 17, echo: 0, body };
  return sealPacket({ cookie: keys.cookie, senderTag: keys.senderTag('n2'), key, salt: 5, counter }, content);
};

const messages = (): Uint8Array[] => [
  ...[1, 2, 8].map((nodes) => encodeMessage(beatOf(nodes))),
  ...fc.sample(message, { seed: 1, numRuns: 60 }).map(encodeMessage),
];

function datagrams(): Prepared {
  const examples = [Buffer.alloc(0), ...messages().slice(0, 6)].map((body, i) => sealed(body, i));
  const genuine = new Set(examples.map((packet) => packet.toString('latin1')));
  const session = new Session(keys, 'n1', 'n2');
  return {
    examples,
    check: (packet, note) => {
      const header = inspectPacket(keys, packet);
      note(typeof header === 'string' ? header : 'opened');
      if (typeof header === 'string') return null;
      const isGenuine = genuine.has(packet.toString('latin1'));
      const { outcome } = session.open(packet, header);
      return firstOf(
        !isGenuine && openPacket(key, packet) !== null && 'opens a packet that nobody sealed',
        outcome !== (isGenuine ? 'unproven' : 'badTag') && `answers ${outcome} to a packet of a life that is not known`,
      );
    },
  };
}

/** Sealed rightly, so that changes get to what reads the message. */
function sealedMessages(): Prepared {
  return {
    examples: messages(),
    check: (body, note) => {
      const opened = openPacket(key, sealed(body, 1));
      if (opened === null || Buffer.compare(opened.body, body) !== 0) return 'does not open what was sealed';
      const fault = { at: '' };
      const read = decodeMessage(opened.body, fault);
      note(read === null ? fault.at : read.kind);
      if (read === null) return fault.at === '' && body.length === 0 ? 'refuses without a place' : null;
      const again = decodeMessage(encodeMessage(read));
      return isSameJson(again, read) ? null : 'reads back another message than it wrote';
    },
  };
}

function frames(): Prepared {
  const all = Object.values(frameKind).map((kind, i) => frameBytes(kind, Buffer.alloc(i * 40, kind)));
  return {
    examples: [Buffer.concat(all), ...all, frameBytes(frameKind.message, Buffer.alloc(40_000))],
    check: (stream, note) => {
      const whole = framesOf(stream, stream.length + 1);
      note(`${whole.end} ${whole.frames.map(({ kind }) => 'k'.repeat(Math.min(kind, 8))).join(' ')}`);
      const size = 1 + (stream.length % 7);
      const written = Buffer.concat(whole.frames.map(({ kind, body }) => frameBytes(kind, body)));
      return firstOf(
        !isSameJson(framesOf(stream, size), whole) && `reads other frames in chunks of ${size}`,
        written.compare(stream, 0, written.length) !== 0 && 'gives out bytes that did not come in',
        whole.end === 'more' && stream.length - written.length > 4 * 1024 * 1024 && 'keeps more than a frame',
      );
    },
  };
}

function framesOf(stream: Buffer, size: number) {
  const reader = new FrameReader();
  const found: { kind: number; body: Buffer }[] = [];
  for (let at = 0; at < stream.length; at += size) {
    reader.push(stream.subarray(at, at + size));
    for (let next = reader.next(); next !== 'more'; next = reader.next()) {
      if (next === 'broken') return { frames: found, end: next };
      found.push(next);
    }
  }
  return { frames: found, end: 'more' as const };
}

function questions(): Prepared {
  const ask = (question: unknown): Buffer =>
    Buffer.concat([Buffer.alloc(idBytes, 3), Buffer.from(JSON.stringify(question))]);
  return {
    examples: [ask({ kind: 'status' }), ask({ kind: 'events', after: 1, since: '', limit: 10 }), ask(null)],
    check: async (body, note) => {
      const answers = new Answers(async (question) => ({ question }));
      const reply = await answers.take(body);
      const isOurs = reply.kind === frameKind.answer || reply.kind === frameKind.failure;
      const text = reply.body.subarray(Math.min(idBytes, body.length)).toString('utf8');
      note(text.slice(0, 30));
      return firstOf(
        !isOurs && `answers with a frame of kind ${reply.kind}`,
        reply.body.compare(body, 0, Math.min(idBytes, body.length), 0, Math.min(idBytes, body.length)) !== 0 &&
          'answers another question',
        reply.kind === frameKind.answer && JSON.parse(text) === undefined && 'answers with no JSON',
      );
    },
  };
}

export const transportTargets: readonly Target[] = [
  { name: 'datagram', reads: 'UDP packets: header, cookie, seal', form: 'bytes', prepare: datagrams },
  {
    name: 'message',
    reads: 'messages between nodes, rightly sealed: beats, records, orders, documents, requests',
    form: 'json',
    words: ['beat', 'record', 'order', 'doc', 'request', 'answer', 'kind', 'from', 'boot', 'n1', 'running', 'fence'],
    prepare: sealedMessages,
  },
  { name: 'frames', reads: 'frames of a TLS connection, in chunks of any size', form: 'bytes', prepare: frames },
  {
    name: 'question',
    reads: 'question frames of peers',
    form: 'bytes',
    words: ['{"kind":"status"}'],
    prepare: questions,
  },
];
