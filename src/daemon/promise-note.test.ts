/** What a restarted daemon does with what it finds running, with the note of its former life, without it, and with a damaged one. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { service } from '../api/sample.testing.ts';
import { plainCluster } from '../core/model.ts';
import { firstDoc, type NodeEvent, type PromiseNote } from '../core/ports.ts';
import { NodeLoop } from './loop.ts';
import { quietPorts } from './ports.testing.ts';
import { readPromise, writePromise } from './promise-note.ts';

const deadMs = 800;
const held = service('held', { on: ['a', 'b', 'c'], takeover: 'lease' });
const nodes = ['a', 'b', 'c'].map((id) => ({ id, links: [] }));
const cluster = plainCluster('c', { intervalMs: 200, deadMs, port: 7401 }, nodes, [held]);
const version = { view: 7, counter: 0 };
const doc = { ...firstDoc('', cluster), version, content: version };

const note: PromiseNote = {
  joined: true,
  decided: { view: 3, counter: 1 },
  migrations: [{ service: 'vm', peer: 'b', isExpected: true }],
  leaseUntilMs: 1600,
  promised: { number: 7, members: ['a', 'b'], coordinator: 'b' },
  continuous: [{ node: 'b', since: 5 }],
};

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), `sempre-note-${process.pid}-`));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

interface Life {
  readonly stoppedAtMs: number | null;
  /** Number and known members of what it says it promised, in its first beat. */
  readonly firstBeat: { readonly promised: number; readonly continuous: number } | null;
}

/** A daemon that starts at 1000 ms, hears nobody, and finds the service running. */
function restart(noted: PromiseNote | null): Life {
  let nowMs = 1000;
  let stoppedAtMs: number | null = null;
  let firstBeat: Life['firstBeat'] = null;
  let loop: NodeLoop | null = null;
  const deliver = (event: NodeEvent): void => loop?.deliver(event);
  loop = new NodeLoop(
    { self: 'a', boot: 9, doc, reserved: 23, noted, ledger: [held] },
    {
      ...quietPorts(deliver, () => nowMs),
      transport: {
        send: (_to, message) => {
          if (message.kind !== 'beat') return;
          firstBeat ??= { promised: message.promised.number, continuous: message.continuous.length };
        },
        configure: () => undefined,
      },
      agents: {
        run: ({ opId, verb }) => {
          if (verb === 'stop') stoppedAtMs ??= nowMs;
          deliver({
            kind: 'opDone',
            opId,
            result: verb === 'stop' ? { outcome: 'ok' } : { outcome: 'running', digest: 'd1' },
          });
        },
      },
    },
  );
  for (; nowMs < 3000; nowMs += 40) deliver({ kind: 'tick' });
  return { stoppedAtMs, firstBeat };
}

describe('a restarted daemon', () => {
  it('leaves what runs under a lease alone until the lease of its former life is over', () => {
    writePromise(directory, note, 'boot');
    const { stoppedAtMs, firstBeat } = restart(readPromise(directory, 'boot'));
    expect(stoppedAtMs).toBeGreaterThanOrEqual(note.leaseUntilMs);
    expect(stoppedAtMs).toBeLessThan(note.leaseUntilMs + deadMs);
    expect(firstBeat).toEqual({ promised: 7, continuous: 1 });
  });

  it('stops it at once when the note is damaged or gone, and says nothing of what it promised but that it is above all numbers', async () => {
    for (const text of ['torn', '']) {
      await writeFile(join(directory, 'promise.json'), text);
      const { stoppedAtMs, firstBeat } = restart(readPromise(directory, 'boot'));
      expect(stoppedAtMs).toBeLessThan(1000 + deadMs / 4);
      expect(firstBeat).toEqual({ promised: 23, continuous: 0 });
    }
  });
});
