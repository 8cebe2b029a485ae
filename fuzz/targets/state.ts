/** What this node wrote before, and a disk or a power cut may have changed. */
import { createHash, createSecretKey } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cluster, service } from '../../src/api/sample.testing.ts';
import { firstDoc, type NodeEvent, noAdmin } from '../../src/core/ports.ts';
import { History } from '../../src/daemon/history.ts';
import { readRing, writtenKey } from '../../src/daemon/identity-file.ts';
import { readEvents } from '../../src/daemon/journal.ts';
import { NodeLoop } from '../../src/daemon/loop.ts';
import { quietPorts } from '../../src/daemon/ports.testing.ts';
import { type NoteFiles, readPromise } from '../../src/daemon/promise-note.ts';
import { Recorder } from '../../src/daemon/recorder.ts';
import { type Replayed, replayText } from '../../src/daemon/recorder-replay.ts';
import { seal, unseal } from '../../src/daemon/sealed-file.ts';
import { readState } from '../../src/daemon/storage.ts';
import { MemoryDisk } from '../../src/daemon/storage-disk.testing.ts';
import { ringOf } from '../../src/identity/ring.ts';
import { firstOf, isSameJson, isTooDeep, jsonOf, type Prepared, type Target } from '../target.ts';

const doc = firstDoc('cluster: sample\n', cluster);
const later = { ...doc, version: { view: 4, counter: 2 }, content: { view: 4, counter: 1 } };
const entry = {
  version: { view: 3, counter: 1 },
  at: '2026-11-20T21:00:00.000Z',
  what: ['node n3 added'],
  because: 'more room',
  withdrawn: false,
  source: 'cluster: sample\n',
  admin: noAdmin,
};

/** The text of a sealed file with this body, whatever it is: what `seal` writes for bodies that it would not write. */
const sealedBody = (body: string): string =>
  `{"format":1,"sha256":"${createHash('sha256').update(body).digest('hex')}","data":${body}}\n`;

const bodyOf = (value: unknown): string => JSON.stringify(value) ?? 'null';

function sealedFiles(): Prepared {
  const examples = [doc, { upTo: 17 }, [], entry].map(seal);
  const genuine = new Set(examples);
  return {
    examples,
    check: (input, note) => {
      const text = input.toString('utf8');
      const found = unseal(text);
      note(found.state === 'bad' ? found.because : found.state);
      return found.state === 'read' && !genuine.has(text) ? 'trusts a file that nobody sealed' : null;
    },
  };
}

const now = new Date(Date.UTC(2026, 10, 20));

/** All with a right checksum. */
function stateFiles(): Prepared {
  const files = { doc: later, reserve: { upTo: 17 }, ledger: [service('a')], entry };
  return {
    examples: [files, { ...files, doc }, { ...files, doc: null }].map(bodyOf),
    check: async (input, note) => {
      const value = isTooDeep(input) ? null : jsonOf(input);
      if (typeof value !== 'object' || value === null) return null;
      const { doc: a, reserve, ledger, entry: b } = value as Record<string, unknown>;
      const disk = MemoryDisk.holding({
        '/s/doc.json': sealedBody(bodyOf(a)),
        '/s/reserve.json': sealedBody(bodyOf(reserve)),
        '/s/ledger.json': sealedBody(bodyOf(ledger)),
        '/s/history/3.1.json': sealedBody(bodyOf(b)),
      });
      const state = await readState('/s', now, disk, () => 1000);
      for (const remark of state.remarks) note(remark);
      const history = new History({ stateDirectory: '/s', complain: note, disk });
      await history.flush();
      history.take(later, now);
      await history.flush();
      return firstOf(
        !Number.isSafeInteger(state.reserved) && `reserves up to ${state.reserved}`,
        history.lines().length > 2 && 'history: more entries than there are',
        history.lines().some(({ version }) => history.entry(version) === null) && 'history: an entry that is none',
      );
    },
  };
}

function promiseNotes(): Prepared {
  const note = {
    promised: { number: 17, members: ['n1', 'n2'], coordinator: 'n1' },
    continuous: [{ node: 'n1', since: 4 }],
    leaseUntilMs: 1234.5,
  };
  return {
    examples: [bodyOf({ bootId: 'b', note }), bodyOf({ bootId: 'c', note })],
    check: (input, note) => {
      const text = sealedBody(input.toString('utf8'));
      const files: NoteFiles = {
        read: () => text,
        write: () => undefined,
        rename: () => undefined,
        unlink: () => undefined,
      };
      const read = readPromise('/r', 'b', files);
      note(`${read === null} ${read?.continuous.length}`);
      const again =
        read === null ? null : readPromise('/r', 'b', { ...files, read: () => seal({ bootId: 'b', note: read }) });
      return isSameJson(read, again) ? null : 'reads back another note than it wrote';
    },
  };
}

function rings(): Prepared {
  const ring = ringOf(
    createSecretKey(Buffer.from(Array.from({ length: 32 }, (_, i) => i * 5))),
    3,
    '2026-11-20T21:00:00Z',
  );
  return {
    examples: [bodyOf({ keys: ring.keys.map(writtenKey), using: ring.using })],
    check: (input, note) => {
      const { keys, using } = (jsonOf(input) ?? {}) as Record<string, unknown>;
      const read = readRing(keys, using);
      note(`keys ${'k'.repeat(read?.keys.length ?? 0)}`);
      if (read === null) return null;
      const again = readRing(read.keys.map(writtenKey), read.using);
      return firstOf(
        again === null && 'does not read what it wrote',
        read.keys.length > 8 && 'holds more keys than a ring has room for',
        !read.keys.some(({ id }) => id === read.using) && 'sends with a key that it does not have',
      );
    },
  };
}

function eventFiles(): Prepared {
  const directory = mkdtempSync(join(tmpdir(), 'sempre-fuzz-events-'));
  const line = (seq: number): string =>
    JSON.stringify({ seq, at: '2026-11-20T21:00:00Z', node: 'n1', what: 'a', from: 'b', to: 'c', because: 'd' });
  return {
    examples: [`${line(1)}\n${line(2)}\n`, `${line(1)}\n${line(2).slice(0, 20)}\n${line(3)}\n`],
    check: async (input, note) => {
      writeFileSync(join(directory, 'events.jsonl'), input);
      const events = await readEvents(directory);
      note('e'.repeat(Math.min(8, events.length)));
      const broken = events.find(({ seq, because }) => !Number.isSafeInteger(seq) || typeof because !== 'string');
      return broken === undefined ? null : 'gives out a line that is no event';
    },
    close: async () => rmSync(directory, { recursive: true, force: true }),
  };
}

async function recordings(): Promise<Prepared> {
  const text = await recorded();
  const lines = text.split('\n');
  return {
    examples: [text, lines.slice(0, 12).join('\n'), lines.slice(0, -3).join('\n')],
    check: (input, note) => {
      const replayed = replayText('f', input.toString('utf8'));
      note(replayed.ok ? wordsOf(replayed.value) : replayed.failure.message);
      return replayed.ok && replayed.value.events > lines.length * 30 ? 'replays more events than there are' : null;
    },
  };
}

const wordsOf = ({ unread, crash, difference }: Replayed): string =>
  `${unread} ${crash} ${difference?.crash} ${difference?.event.kind}`;

/** A journal of a node that is alone in its cluster, whose disk and agents answer at once. */
async function recorded(): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'sempre-fuzz-recorder-'));
  const init = { self: cluster.nodes[0]?.id ?? '', boot: 7, doc, reserved: 0, noted: null, ledger: [] };
  let nowMs = 1000.5;
  let loop: NodeLoop | null = null;
  const deliver = (event: NodeEvent): void => loop?.deliver(event);
  loop = new NodeLoop(
    init,
    quietPorts(deliver, () => nowMs),
  );
  const recorder = new Recorder({ directory, node: init.self, software: '1', bytesMax: 1, complain: () => undefined });
  recorder.booted(init, loop.state.startedAtMs);
  loop.watch(recorder);
  for (let i = 0; i < 40; i++) {
    nowMs += 40;
    deliver({ kind: 'tick' });
  }
  await recorder.close();
  const [name = ''] = readdirSync(directory).sort();
  const text = readFileSync(join(directory, name), 'utf8');
  rmSync(directory, { recursive: true, force: true });
  // The only thing in it that differs from run to run.
  return text.replace(/"at":"[^"]*"/, '"at":"2026-11-20T21:00:00.000Z"');
}

export const stateTargets: readonly Target[] = [
  { name: 'sealed-file', reads: 'sealed files: head, format, checksum', form: 'text', prepare: sealedFiles },
  {
    name: 'state-files',
    reads: 'document, promised numbers, ledger and history under a right checksum',
    form: 'json',
    words: ['version', 'content', 'admin', 'cluster', 'view', 'counter', 'upTo', 'withdrawn'],
    prepare: stateFiles,
  },
  {
    name: 'promise-note',
    reads: 'the note of the last promise',
    form: 'json',
    words: ['b', 'promised'],
    prepare: promiseNotes,
  },
  {
    name: 'key-ring',
    reads: "a node's keys, from its disk and from the member that it joins",
    form: 'json',
    prepare: rings,
  },
  { name: 'event-files', reads: "the node's own events", form: 'jsonLines', inputMsMax: 200, prepare: eventFiles },
  {
    name: 'recording',
    reads: 'journals of the flight recorder',
    form: 'jsonLines',
    words: ['boot', 'objects', 'state', 't', 'b', 'e', 'message', 'tick', 'opDone'],
    inputMsMax: 2000,
    prepare: recordings,
  },
];
