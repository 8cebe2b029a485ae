import { appendFile, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { service } from '../api/sample.testing.ts';
import { plainCluster, type Resource, type Service } from '../core/model.ts';
import { firstDoc, type NodeEvent } from '../core/ports.ts';
import { NodeLoop } from './loop.ts';
import { quietPorts } from './ports.testing.ts';
import { Recorder } from './recorder.ts';
import { deltaBetween, withDelta } from './recorder-delta.ts';
import { decodeGraph, encodeGraph } from './recorder-graph.ts';
import { Redactor } from './recorder-redact.ts';
import { journalFiles, type Replayed, replayFile } from './recorder-replay.ts';
import { replayJournal } from './recorder-report.ts';

const canary = 'canary-7f3a';
const secretResources: readonly Resource[] = [
  {
    kind: 'ocf',
    provider: 'heartbeat',
    type: 'db',
    params: { password: canary, nested: canary },
    paramsOn: { a: { password: canary } },
  },
  {
    kind: 'command',
    argv: ['/bin/db', `--password=${canary}`],
    env: { TOKEN: canary },
    directory: '/',
    stopSignal: 'SIGTERM',
    checkArgv: ['/bin/check', canary],
  },
  {
    kind: 'balance',
    engine: 'haproxy',
    mode: 'http',
    listen: { address: null, port: 80 },
    algorithm: 'source',
    servers: [],
    check: { kind: 'tcp', method: 'GET', path: '/', everyMs: 1, timeoutMs: 1, rise: 1, fall: 1 },
    connectTimeoutMs: 1,
    idleTimeoutMs: 1,
    forwardFor: false,
    cookie: null,
    stats: { port: 8404, user: canary, password: canary },
  },
];
const services = secretResources.map((resource, index): Service => service(`s${index}`, { resource, on: ['a'] }));
const device = {
  id: 'd',
  agent: 'fence_ipmilan',
  params: { password: canary },
  plugs: {},
  delayMs: 0,
  timeoutMs: 1000,
  verify: true,
  unfence: false,
};
const plain = plainCluster('c', { intervalMs: 200, deadMs: 800, port: 7401 }, [{ id: 'a', links: [] }], services);
const cluster = { ...plain, fencing: { ...plain.fencing, devices: [device] } };
const doc = firstDoc(`password: ${canary}`, cluster);
const init = { self: 'a', boot: 7, doc, reserved: 0, noted: null, ledger: services };

let directory = '';
let remarks: string[] = [];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), `sempre-recorder-${process.pid}-`));
  remarks = [];
});
afterEach(() => rm(directory, { recursive: true, force: true }));

interface Node {
  readonly loop: NodeLoop;
  readonly recorder: Recorder;
  tick(count: number): void;
}

/** A cluster of one node on a clock of our own, whose disk and agents answer at once. */
function launch(folder = directory): Node {
  let nowMs = 1000.5;
  let loop: NodeLoop | null = null;
  const deliver = (event: NodeEvent): void => loop?.deliver(event);
  loop = new NodeLoop(
    init,
    quietPorts(deliver, () => nowMs),
  );
  const complain = (remark: string): void => void remarks.push(remark);
  const recorder = new Recorder({ directory: folder, node: 'a', software: '1', bytesMax: 1, complain });
  recorder.booted(init, loop.state.startedAtMs);
  loop.watch(recorder);
  const tick = (count: number): void => {
    for (let each = 0; each < count; each++) {
      nowMs += 40.1;
      deliver({ kind: 'tick' });
    }
  };
  return { loop, recorder, tick };
}

async function recorded(ticks = 60): Promise<string> {
  const { recorder, loop, tick } = launch();
  tick(ticks);
  loop.deliver({
    kind: 'request',
    requestId: 'r',
    command: { kind: 'apply', source: canary, cluster, ifVersion: null },
  });
  tick(10);
  await recorder.close();
  const [name] = await readdir(directory);
  return join(directory, name ?? '');
}

async function replayed(path: string): Promise<Replayed> {
  const result = await replayFile(path);
  if (!result.ok) throw new Error(result.failure.message);
  return result.value;
}

/** Changes one line of a journal. */
async function edit(path: string, change: (lines: string[]) => string[]): Promise<void> {
  await writeFile(path, change((await readFile(path, 'utf8')).split('\n')).join('\n'));
}

describe('the flight recorder', () => {
  it('gives the same decisions again, from the boot on', async () => {
    const path = await recorded();
    const { events, changes, difference, unread, head } = await replayed(path);
    expect([difference, unread, head.node]).toEqual([null, null, 'a']);
    expect(events).toBeGreaterThan(70);
    expect(changes.map(({ change }) => change.what)).toContain('view');
    const lines: string[] = [];
    expect(await replayJournal(directory, (line) => lines.push(line), '2')).toMatchObject({
      ok: true,
      value: { same: true },
    });
    expect(lines[1]).toBe('  recorded by Sempre 1, replayed by 2');
    expect(lines.at(-1)).toBe(`same decisions: ${events} events, ${changes.length} changes`);
  });

  it('writes no secret, neither from a boot nor from a state', async () => {
    const { recorder, loop, tick } = launch();
    tick(60);
    recorder.resume(loop.state, 3500);
    await new Promise((resolve) => setTimeout(resolve, 20));
    loop.deliver({
      kind: 'request',
      requestId: 'r',
      command: { kind: 'apply', source: canary, cluster, ifVersion: null },
    });
    loop.deliver({ kind: 'message', link: 0, message: { kind: 'doc', from: 'b', boot: 1, doc } });
    tick(5);
    await recorder.close();
    const names = await readdir(directory);
    expect(names.length).toBeGreaterThanOrEqual(2);
    for (const name of names) {
      const text = await readFile(join(directory, name), 'utf8');
      expect(text).not.toContain(canary);
      expect(text).toContain('redacted:');
    }
  });

  it('finds the first step that comes out otherwise', async () => {
    const path = await recorded();
    await edit(path, (lines) => lines.filter((line) => !line.includes('"reserved"')));
    const { difference } = await replayed(path);
    expect(difference).not.toBeNull();
    const lines: string[] = [];
    expect(await replayJournal(path, (line) => lines.push(line), '1')).toMatchObject({
      ok: true,
      value: { same: false },
    });
    expect(lines.join('\n')).toMatch(/another decision in line \d+, at 20\d\d-.*\n {2}event: .*\n {2}recorded changes/);
  });

  it('leaves out a torn end and what comes after damage', async () => {
    const path = await recorded();
    const whole = await replayed(path);
    await truncate(path, (await readFile(path)).length - 5);
    expect(await replayed(path)).toMatchObject({
      difference: null,
      unread: 'its last line is torn',
      events: whole.events - 1,
    });
    await edit(path, (lines) => lines.map((line, index) => (index === 20 ? line.replace('"', '') : line)));
    expect((await replayed(path)).unread).toContain('line 21 is damaged');
    await edit(path, (lines) =>
      lines.map((line, index) => (index === 10 ? '["b",1,0,"x",{"o":{"a":{"o":{}}}},""]' : line)),
    );
    expect((await replayed(path)).unread).toContain('line 11 is damaged');
    await edit(path, (lines) => lines.map((line, index) => (index === 5 ? '["e",1,null,""]' : line)));
    expect((await replayed(path)).unread).toContain('line 6 is damaged (it holds no event)');
  });

  it('refuses another format, and what is no journal, with a sentence', async () => {
    const path = await recorded();
    await edit(path, ([head = '', ...rest]) => [head.replace('"format":1', '"format":0'), ...rest]);
    expect(await replayFile(path)).toMatchObject({
      ok: false,
      failure: {
        code: 'UNSUPPORTED',
        message: '00000001.jsonl has format 0 of the flight recorder, this version replays format 1',
      },
    });
    await writeFile(path, 'x');
    expect(await replayFile(path)).toMatchObject({ ok: false, failure: { code: 'FILE_UNREADABLE' } });
    expect(await journalFiles(join(directory, 'none'))).toMatchObject({ ok: false });
  });

  it('knows the event that the node did not survive', async () => {
    const { recorder, loop, tick } = launch();
    tick(60);
    const bad = { kind: 'docSaved', version: null, ok: true, because: '' } as unknown as NodeEvent;
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(() => loop.deliver(bad)).toThrow();
    recorder.flushNow();
    const [name = ''] = await readdir(directory);
    const { crash, difference } = await replayed(join(directory, name));
    expect([crash === null, difference]).toEqual([false, null]);
    await recorder.close();
  });

  it('says once that the disk refuses, drops lines, and begins anew later', async () => {
    const folder = join(directory, 'recorder');
    await writeFile(folder, 'in the way');
    const { recorder, tick } = launch(folder);
    for (let round = 0; round < 3; round++) {
      tick(300);
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    expect(remarks.length).toBe(1);
    expect(remarks[0]).toContain('the flight recorder leaves a gap');
    await rm(folder);
    tick(300);
    await recorder.close();
    const files = await journalFiles(folder);
    expect(files.ok).toBe(true);
    if (files.ok) for (const file of files.value) expect((await replayed(file)).difference).toBeNull();
  });

  it('goes on with a new number in the next life, and keeps eight files', async () => {
    for (let life = 0; life < 10; life++) {
      const { recorder, tick } = launch();
      tick(3);
      await recorder.close();
    }
    const names = await readdir(directory);
    expect(names.length).toBe(8);
    expect(names.at(-1)).toBe('00000010.jsonl');
    await appendFile(join(directory, '00000010.jsonl'), '["t",');
    expect((await replayed(join(directory, '00000010.jsonl'))).unread).toBe('its last line is torn');
  });
});

describe('a delta', () => {
  it('knows a member from what every object has', () => {
    expect(withDelta({ '': '' }, deltaBetween({ '': '' }, { valueOf: false }))).toEqual({ valueOf: false });
  });

  it('gives the new value from the old one', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (before, after) => {
        const old: unknown = JSON.parse(JSON.stringify(before));
        const now: unknown = JSON.parse(JSON.stringify(after));
        const delta = deltaBetween(old, now);
        const sent = delta === undefined ? undefined : (JSON.parse(JSON.stringify(delta)) as typeof delta);
        expect(withDelta(old, sent)).toEqual(now);
        expect(deltaBetween(old, structuredClone(old))).toBeUndefined();
      }),
    );
  });
});

describe('a graph', () => {
  it('comes back with its maps, sets, odd numbers and identities', () => {
    const shared = { name: 'one' };
    const root = {
      map: new Map<unknown, unknown>([['a', shared]]),
      set: new Set(['x']),
      list: [shared, undefined, Number.NEGATIVE_INFINITY, null, true],
    };
    const text = JSON.stringify([...encodeGraph(root, (_name, value) => value)]);
    const back = decodeGraph(JSON.parse(text)) as typeof root;
    expect(back).toEqual(root);
    expect(back.map.get('a')).toBe(back.list[0]);
  });

  it('refuses what no state holds', () => {
    expect(() => [...encodeGraph({ run: () => undefined }, (_name, value) => value)]).toThrow(
      'a state holds no function',
    );
  });
});

describe('a redaction', () => {
  it('is the same for the same text within one life, and another one in the next', () => {
    const [first, second] = [new Redactor(), new Redactor()];
    const params = { a: 'x', b: 'x', c: 'y' };
    const hidden = first.member('params', params) as typeof params;
    expect(hidden.a).toBe(hidden.b);
    expect(hidden.a).not.toBe(hidden.c);
    expect(first.member('params', params)).toBe(hidden);
    expect((second.member('params', params) as typeof params).a).not.toBe(hidden.a);
  });
});
