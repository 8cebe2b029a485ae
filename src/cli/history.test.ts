/** The history of the cluster file, differences and the way back, as whole commands. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Called, Client } from '../api/client.ts';
import type { HistoryEntry, HistoryLine } from '../api/history.ts';
import type { ApiHost } from '../api/host.ts';
import { route } from '../api/routes.ts';
import { cluster, nodes, sampleHost } from '../api/sample.testing.ts';
import { parseClusterFile } from '../config/parse.ts';
import { type Command, noAdmin, type Version } from '../core/ports.ts';
import type { Failure } from '../lib/errors.ts';
import { run } from './program.ts';
import { plainLook } from './terminal.ts';

const file = (services: string): string =>
  `cluster: sample\nnodes:\n  bal1: 10.1.0.1/24\n  bal2: 10.1.0.2/24\n  web1: 10.1.0.3/24\nservices:\n${services}`;
const old = file('  site:\n    command: /bin/site\n    on: [bal1]\n');
const current = file(
  '  site:\n    command: /bin/site --new\n    on: [bal1]\n  mail:\n    command: /bin/mail\n    on: [bal2]\n',
);

const entry = (version: Version, source: string, patch: Partial<HistoryEntry> = {}): HistoryEntry => ({
  version,
  at: `2026-11-20T21:0${version.counter}:00.000Z`,
  what: [`change ${version.counter}`],
  because: '',
  withdrawn: false,
  source,
  admin: noAdmin,
  ...patch,
});

const own = [
  entry({ view: 4, counter: 2 }, current),
  entry({ view: 4, counter: 1 }, current, { admin: { ...noAdmin, standby: { bal1: { because: 'disk' } } } }),
  entry({ view: 3, counter: 5 }, 'cluster: 7\n', { withdrawn: true }),
];
/** What only a peer remembers: this node was away. */
const theirs = [...own, entry({ view: 3, counter: 4 }, old, { because: 'new site (by ops)' })];

const lineOf = ({ source: _source, admin: _admin, ...line }: HistoryEntry): HistoryLine => line;
const find = (entries: readonly HistoryEntry[], { view, counter }: Version): HistoryEntry | null =>
  entries.find(({ version }) => version.view === view && version.counter === counter) ?? null;

function hostWith(commands: Command[] = []): { host: ApiHost; reasons: string[] } {
  const reasons: string[] = [];
  const host = sampleHost({
    content: () => ({ version: { view: 4, counter: 2 }, source: current, admin: noAdmin }),
    history: {
      lines: () => own.map(lineOf),
      entry: (version) => find(own, version),
      explain: (_version, because) => void reasons.push(because),
    },
    ask: async (node, question) => {
      if (node !== 'bal2') return null;
      if (question.kind === 'history') return { lines: theirs.map(lineOf) };
      return question.kind === 'historyEntry' ? { entry: find(theirs, question.version) } : null;
    },
    parse: async (source) => parseClusterFile(source, 'x'),
    command: async (command) => {
      commands.push(command);
      return { ok: true, version: { view: 4, counter: 3 }, changed: true };
    },
  });
  return { host, reasons };
}

async function sempre(host: ApiHost, ...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const out: string[] = [];
  const err: string[] = [];
  const client: Client = {
    call: async <T>({ method, path, body }: Parameters<Client['call']>[0]): Promise<Called<T>> => {
      const url = new URL(path, 'http://sempre');
      const text = body === undefined ? '' : JSON.stringify(body);
      const answer = await route(host, { method, path: url.pathname, query: url.searchParams, body: text });
      if (answer.status === 200) return { ok: true, value: answer.body as T };
      return { ok: false, failure: (answer.body as { error: Failure }).error };
    },
    follow: async () => ({ ok: true, value: null }),
  };
  const terminal = {
    look: plainLook,
    isTty: false,
    canAsk: false,
    out: (text: string) => void out.push(text),
    note: (line: string) => void err.push(`${line}\n`),
    confirm: async () => false,
    ask: async () => '',
  };
  const code = await run(argv, {}, async () => ({ client, terminal }));
  return { code, out: out.join(''), err: err.join('') };
}

describe('sempre history', () => {
  it('shows the versions of all nodes, the newest first, counted back from the one in force', async () => {
    const { code, out, err } = await sempre(hostWith().host, 'history');
    expect(code).toBe(0);
    const rows = out.split('\n').map((line) =>
      line
        .replace(/\d{4}-\d\d-\d\d \S+/, 'TIME')
        .replace(/\s+/g, ' ')
        .trim(),
    );
    expect(rows).toEqual([
      'Versions of the cluster file',
      'BACK VERSION IN FORCE SINCE ONLY ON WHY WHAT',
      '0 4.2 TIME in force: change 2',
      '1 4.1 TIME change 1',
      '- 3.5 TIME withdrawn: change 5',
      '2 3.4 TIME bal2 new site (by ops) change 4',
      '',
    ]);
    expect(err).toBe('versions that only web1 saw are missing: no answer\n');
  });

  it('gives the same to programs, and one version as it was written', async () => {
    const { host } = hostWith();
    const all = JSON.parse((await sempre(host, 'history', '-o', 'json')).out);
    expect(all).toMatchObject({ schemaVersion: 1, inForce: { view: 4, counter: 2 }, silent: ['web1'] });
    expect(all.versions.map(({ back }: { back: number | null }) => back)).toEqual([0, 1, null, 2]);
    expect((await sempre(host, 'history', 'show', '3.4')).out).toBe(old);
    expect((await sempre(host, 'history', 'show', '2')).out).toBe(old);
    const shown = await sempre(host, 'history', 'show', '2', '-o', 'json');
    expect(JSON.parse(shown.out)).toMatchObject({ schemaVersion: 1, source: old, because: 'new site (by ops)' });
  });

  it('says which version is not there', async () => {
    const { host } = hostWith();
    expect(await sempre(host, 'history', 'show', '9')).toMatchObject({ code: 105, out: '' });
    expect((await sempre(host, 'history', 'show', '9.9')).err).toContain('no node that answers remembers version 9.9');
    expect((await sempre(host, 'history', 'nonsense')).code).toBe(64);
  });
});

describe('sempre diff', () => {
  it('says what differs in words and line by line, and exits as diff does', async () => {
    const { code, out } = await sempre(hostWith().host, 'diff', '3.4');
    expect(code).toBe(1);
    expect(out).toContain('From version 3.4 to 4.2\n  service mail added\n  service site changed (command.argv)\n');
    expect(out).toContain('\n-    command: /bin/site\n+    command: /bin/site --new\n');
    const wishes = await sempre(hostWith().host, 'diff', '1', '0');
    expect(wishes.out).toContain('no longer: bal1 is in standby: disk\n\nThe files are the same.\n');
    expect((await sempre(hostWith().host, 'diff', '0', '4.2')).code).toBe(0);
  });

  it('compares the text alone where a file is not understood any more', async () => {
    const { out, code } = await sempre(hostWith().host, 'diff', '3.5', '-o', 'json');
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ from: '3.5', to: '4.2', changes: null });
  });
});

describe('sempre rollback', () => {
  it('applies the old file as a new version, if the one it counted from is still in force', async () => {
    const commands: Command[] = [];
    const { host, reasons } = hostWith(commands);
    const { code, out, err } = await sempre(host, 'rollback', '2', '--yes', '--no-wait', '--reason', 'mail was wrong');
    expect([code, out]).toEqual([0, 'the file of version 3.4 is applied: accepted, carried out now (version 4.3)\n']);
    expect(err).toContain('From version 4.2 to 3.4\n  service mail removed\n');
    expect(commands).toMatchObject([{ kind: 'apply', source: old, ifVersion: { view: 4, counter: 2 } }]);
    expect(reasons[0]).toMatch(/^rollback to the file of 3\.4: mail was wrong/);
  });

  it('changes nothing in a dry run, nor with a file that this version does not take', async () => {
    const commands: Command[] = [];
    const { host } = hostWith(commands);
    expect((await sempre(host, 'rollback', '2', '--dry-run')).out).toContain('dry run, nothing was changed');
    const refused = await sempre(host, 'rollback', '3.5', '--yes');
    expect(refused.code).toBe(78);
    expect(refused.err).toContain('the file of version 3.5 has mistakes for this version of Sempre');
    expect((await sempre(host, 'rollback', '2', '--if-version', 'x')).code).toBe(64);
    expect(commands).toEqual([]);
  });
});

describe('sempre events --local', () => {
  it('reads what the daemon left on its disk', async () => {
    const directory = await mkdtemp(join(tmpdir(), `sempre-events-${process.pid}-`));
    const event = { seq: 1, at: '2026-11-20T21:00:00.000Z', node: 'bal1', what: 'x', from: 'a', to: 'b', because: 'c' };
    await writeFile(join(directory, 'events.jsonl'), `${JSON.stringify(event)}\n{"seq":2,`);
    const { host } = hostWith();
    expect((await sempre(host, 'events', '--local', '--state', directory)).out).toContain('bal1 x: a => b (c)\n');
    const json = await sempre(host, 'events', '--local', '--state', directory, '-o', 'json');
    expect(JSON.parse(json.out).events).toEqual([event]);
    await rm(directory, { recursive: true });
    const { code, err } = await sempre(host, 'events', '--local', '--state', directory);
    expect(code).toBe(65);
    expect(err).toContain('cannot be read: no such file or directory');
  });
});

it('compares clusters that are the same as the same', async () => {
  const { clusterChanges } = await import('../api/diff-clusters.ts');
  expect(clusterChanges(cluster, structuredClone(cluster))).toEqual([]);
  const fewer = { ...cluster, nodes: cluster.nodes.slice(1), heartbeat: { ...cluster.heartbeat, deadMs: 900 } };
  expect(clusterChanges(cluster, fewer)).toEqual([`node ${nodes[0]} removed`, 'cluster changed (heartbeat.dead)']);
});
