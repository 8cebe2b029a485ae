/** Whole commands against a daemon of our own making: what they print, where, and how they exit. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Called, Client } from '../api/client.ts';
import type { ApiHost } from '../api/host.ts';
import { route } from '../api/routes.ts';
import { plan, type SampleOptions, sampleHost } from '../api/sample.testing.ts';
import type { Command } from '../core/ports.ts';
import type { Failure } from '../lib/errors.ts';
import type { Context } from './context.ts';
import { run } from './program.ts';
import { plainLook } from './terminal.ts';

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

interface World {
  readonly host?: ApiHost;
  readonly canAsk?: boolean;
  readonly yes?: boolean;
}

/** The API without a socket. */
function clientOf(host: ApiHost | undefined): Client {
  return {
    call: async <T>({ method, path, body }: Parameters<Client['call']>[0]): Promise<Called<T>> => {
      if (host === undefined)
        return { ok: false, failure: { code: 'DAEMON_UNREACHABLE', message: 'nobody listens', next: 'x' } };
      const url = new URL(path, 'http://sempre');
      const text = body === undefined ? '' : JSON.stringify(body);
      const answer = await route(host, { method, path: url.pathname, query: url.searchParams, body: text });
      if (answer.status === 200) return { ok: true, value: answer.body as T };
      return { ok: false, failure: (answer.body as { error: Failure }).error };
    },
    follow: async () => ({ ok: true, value: null }),
  };
}

async function sempre(argv: string[], world: World = {}): Promise<Ran> {
  let out = '';
  let err = '';
  const context: Context = {
    client: clientOf(world.host),
    terminal: {
      look: plainLook,
      isTty: false,
      canAsk: world.canAsk ?? false,
      out: (text) => {
        out += text;
      },
      note: (line) => {
        err += `${line}\n`;
      },
      confirm: async () => world.yes ?? false,
    },
  };
  const code = await run(argv, {}, async () => context);
  return { code, out, err };
}

const stop = {
  id: 0,
  verb: 'stop',
  service: 'site',
  on: 'bal1',
  after: [],
  because: 'asked',
  handFrom: null,
  handTo: null,
  drained: [],
  blocked: null,
} as const;
const busy: SampleOptions = { plan: { ...plan, actions: [stop] } };

function hostThatTakes(commands: Command[], foreseen = plan): ApiHost {
  return sampleHost({
    planFor: () => foreseen,
    command: async (command) => {
      commands.push(command);
      return { ok: true, version: { view: 4, counter: 2 }, changed: true };
    },
  });
}

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), `sempre-cli-${process.pid}-`));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

describe('commands that read', () => {
  it('print data on standard output and nothing else there', async () => {
    const { code, out, err } = await sempre(['status', '-o', 'json'], { host: sampleHost() });
    expect([code, err]).toEqual([0, '']);
    expect(JSON.parse(out)).toMatchObject({ schemaVersion: 1, cluster: 'sample', settled: true });
    expect((await sempre(['status', '-o', 'yaml'], { host: sampleHost() })).out).toMatch(
      /^schemaVersion: 1\ncluster: sample\n/,
    );
    expect((await sempre(['why', 'site', 'bal1'], { host: sampleHost() })).out).toContain('chosen, runs there');
  });

  it('give 69 and the next command without a daemon; health gives 3', async () => {
    const { code, out, err } = await sempre(['status']);
    expect([code, out]).toEqual([69, '']);
    expect(err).toBe('error DAEMON_UNREACHABLE: nobody listens\n  next: x\n');
    expect(await sempre(['health'])).toEqual({ code: 3, out: 'SEMPRE UNKNOWN: nobody listens\n', err: '' });
  });

  it('give the health as a Nagios code', async () => {
    expect((await sempre(['health'], { host: sampleHost() })).code).toBe(0);
    expect((await sempre(['health'], { host: sampleHost({}, { lost: ['bal2'] }) })).code).toBe(1);
    expect((await sempre(['health'], { host: sampleHost({}, { quorum: false }) })).code).toBe(2);
  });

  it('give 105 for what is not there, and 64 for what is no command', async () => {
    expect((await sempre(['why', 'nothing'], { host: sampleHost() })).code).toBe(105);
    expect((await sempre(['why', 'site', 'nowhere'], { host: sampleHost() })).code).toBe(105);
    expect((await sempre(['nonsense'])).code).toBe(64);
    expect((await sempre(['status', '-o', 'xml'])).code).toBe(64);
    expect((await sempre(['node', 'standby'])).code).toBe(64);
    expect((await sempre(['events', '--since', 'yesterday'], { host: sampleHost() })).code).toBe(64);
  });

  it('send who uses a command wrongly to the help of that command', async () => {
    const written = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    await sempre(['node', 'standby']);
    expect(written.mock.calls.join('')).toBe(
      "error USAGE: missing required argument 'node'\n  next: sempre node standby --help\n",
    );
    written.mockRestore();
  });

  it('help of a command is what its --help prints, and of no command is a mistake', async () => {
    const written = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    const codes = [(await sempre(['help', 'node', 'fence'])).code, (await sempre(['help', 'nonsense'])).code];
    const text = written.mock.calls.join('');
    written.mockRestore();
    expect(codes).toEqual([0, 64]);
    expect(text).toMatch(/^Usage: sempre node fence /);
  });

  it('plan --at: asks about another moment, in UTC where it says no zone', async () => {
    const asked: (number | null)[] = [];
    const noted: ApiHost['planFor'] = (_, __, atMs) => {
      asked.push(atMs);
      return plan;
    };
    const host: ApiHost = { ...sampleHost(), planFor: noted };
    for (const at of ['2026-12-24T18:00', '2026-12-24T19:00+01:00', '2026-12-25'])
      expect((await sempre(['plan', '--at', at], { host })).code).toBe(0);
    expect(asked).toEqual([Date.UTC(2026, 11, 24, 18), Date.UTC(2026, 11, 24, 18), Date.UTC(2026, 11, 25)]);
    expect((await sempre(['plan', '--at', '2026-12-24T18:00'], { host })).out).toContain('at 2026-12-24T18:00:00.000Z');
    expect(await sempre(['plan', '--at', 'soon'], { host })).toMatchObject({ code: 64 });
  });

  it('plan: 0 with nothing to do, 1 with actions, 106 without quorum', async () => {
    expect((await sempre(['plan'], { host: sampleHost() })).code).toBe(0);
    const { code, out } = await sempre(['plan'], { host: sampleHost({}, busy) });
    expect(code).toBe(1);
    expect(out).toContain('0  stop site on bal1');
    expect((await sempre(['plan'], { host: sampleHost({}, { quorum: false }) })).code).toBe(106);
  });
});

describe('commands that change', () => {
  it('are refused with 64 where they interrupt a service and nobody can be asked', async () => {
    const commands: Command[] = [];
    const host = hostThatTakes(commands, { ...plan, actions: [stop] });
    for (const argv of [
      ['node', 'standby', 'bal1'],
      ['service', 'stop', 'site'],
      ['service', 'move', 'site'],
    ]) {
      const { code, err } = await sempre(argv, { host });
      expect([argv[1], code]).toEqual([argv[1], 64]);
      expect(err).toContain('--yes');
    }
    expect(commands).toEqual([]);
  });

  it('show the effect, ask, and do nothing without a yes', async () => {
    const commands: Command[] = [];
    const host = hostThatTakes(commands, { ...plan, actions: [stop] });
    const refused = await sempre(['service', 'stop', 'site'], { host, canAsk: true });
    expect(refused.code).toBe(1);
    expect(refused.err).toContain('stop site on bal1');
    expect(commands).toEqual([]);
    await sempre(['service', 'stop', 'site', '--reason', 'tests'], { host, canAsk: true, yes: true });
    expect(commands).toEqual([
      { kind: 'run', service: 'site', wanted: 'stopped', because: expect.stringMatching(/^tests/) },
    ]);
  });

  it('say how a node is shut down', async () => {
    const commands: Command[] = [];
    const host = hostThatTakes(commands, plan);
    const shutDown = (...options: string[]) =>
      sempre(['node', 'shutdown', 'bal1', '--yes', '--no-wait', ...options], { host });
    await shutDown();
    await shutDown('--keep', '--for', '10m');
    await shutDown('--move');
    expect(commands.map((each) => (each.kind === 'shutdown' ? [each.node, each.keep, each.forMs] : null))).toEqual([
      ['bal1', null, null],
      ['bal1', true, 600_000],
      ['bal1', false, null],
    ]);
    expect((await shutDown('--keep', '--move')).code).toBe(64);
    const { code, err } = await shutDown('--for', 'soon');
    expect([code, err]).toEqual([
      64,
      expect.stringContaining('--for takes a time from 1s to 7d, such as 10m, not soon'),
    ]);
  });

  it('say that what is left without a node is no majority', async () => {
    const shutDown = async (lost: readonly string[]) =>
      (await sempre(['node', 'shutdown', 'bal1', '--dry-run'], { host: sampleHost({}, { lost }) })).out;
    expect(await shutDown([])).not.toContain('no majority');
    expect(await shutDown(['web1'])).toContain('Without it 1 of 3 votes are left, which is no majority');
  });

  it('do nothing in a dry run', async () => {
    const commands: Command[] = [];
    const host = hostThatTakes(commands, { ...plan, actions: [stop] });
    const { code, out } = await sempre(['node', 'standby', 'bal1', '--dry-run'], { host });
    expect(code).toBe(0);
    expect(out).toContain('stop site on bal1');
    expect(commands).toEqual([]);
  });

  it('report what became of it, and not only that it was accepted', async () => {
    const done = await sempre(['node', 'online', 'bal1'], { host: hostThatTakes([]) });
    expect(done).toEqual({ code: 0, out: 'bal1 comes back online: done (version 4.2)\n', err: '' });
    const missed = await sempre(['service', 'move', 'site', '--to', 'bal2', '--yes'], { host: hostThatTakes([]) });
    expect(missed.code).toBe(2);
    expect(missed.out).toContain('it runs on bal1; see: sempre why site bal2');
  });

  it('give 124 when it takes longer than --timeout, and 2 when an operator is needed', async () => {
    const late = sampleHost({}, busy);
    const { code, out } = await sempre(['service', 'start', 'web', '--timeout', '1s'], { host: late });
    expect(code).toBe(124);
    expect(out).toContain('it goes on');
    const stuck = sampleHost({}, { plan: { ...plan, actions: [{ ...stop, blocked: 'bal1 must be fenced' }] } });
    const waiting = await sempre(['service', 'start', 'web'], { host: stuck });
    expect(waiting.code).toBe(2);
    expect(waiting.out).toContain('bal1 must be fenced');
  });

  it('give the refusal of the cluster as an exit code', async () => {
    const refusing = (code: 'NO_QUORUM' | 'CONFLICT' | 'UNSAFE' | 'NO_SUCH_OBJECT') =>
      sampleHost({ command: async () => ({ ok: false, code, because: 'no' }) });
    const codes = [];
    for (const code of ['NO_QUORUM', 'CONFLICT', 'UNSAFE', 'NO_SUCH_OBJECT'] as const) {
      codes.push((await sempre(['service', 'cleanup', 'web'], { host: refusing(code) })).code);
    }
    expect(codes).toEqual([106, 75, 107, 105]);
  });
});

describe('cluster files', () => {
  const good = 'cluster: sample\nnodes:\n  a: 10.0.0.1/24\n  b: 10.0.0.2/24\n  c: 10.0.0.3/24\nservices: {}\n';

  it('that are bad change nothing and are shown with line and column', async () => {
    const file = join(directory, 'bad.yaml');
    await writeFile(file, good.replace('nodes:', 'noodes:'));
    for (const argv of [
      ['apply', file],
      ['validate', file],
      ['plan', file],
    ]) {
      const { code, err } = await sempre(argv, {
        host: sampleHost({ command: () => Promise.reject(new Error('no')) }),
      });
      expect([argv[0], code]).toEqual([argv[0], 78]);
      expect(err).toContain(`${file}:2:1`);
    }
    const { code, out } = await sempre(['validate', file, '-o', 'json']);
    expect(code).toBe(78);
    expect(JSON.parse(out)).toMatchObject({ schemaVersion: 1, valid: false });
  });

  it('that cannot be read give 65', async () => {
    expect((await sempre(['validate', join(directory, 'none.yaml')])).code).toBe(65);
  });

  it('that are not UTF-8 are refused, with the place', async () => {
    const file = join(directory, 'latin1.yaml');
    await writeFile(file, Buffer.from(`${good}# início\n`, 'latin1'));
    const { code, err } = await sempre(['validate', file]);
    expect([code, err]).toEqual([65, expect.stringContaining(`${file}:7:5: bytes that are not UTF-8 text`)]);
  });

  it('take a version only in its form', async () => {
    expect((await sempre(['apply', 'x', '--if-version', '3'], { host: sampleHost() })).code).toBe(64);
  });
});

describe('commands that take the hands of the cluster off', () => {
  const reason = ['--reason', 'power is being moved'];

  it('are not taken without a reason', async () => {
    const commands: Command[] = [];
    const host = hostThatTakes(commands);
    for (const argv of [
      ['node', 'confirm-off', 'web1'],
      ['node', 'fence', 'web1'],
      ['disarm', '--until', '2h'],
      ['disarm', '--until', '2h', '--reason', ' '],
      ['maintenance', 'on', '--node', 'web1'],
    ])
      expect((await sempre([...argv, '--yes', '--no-wait'], { host })).code).toBe(64);
    expect(commands).toEqual([]);
  });

  it('confirm-off says what it means, and goes on after a yes only', async () => {
    const commands: Command[] = [];
    const host = hostThatTakes(commands);
    const refused = await sempre(['node', 'confirm-off', 'web1', ...reason], { host });
    expect(refused.code).toBe(64);
    expect(refused.err).toContain('If it still runs there, both write to the same data.');
    expect((await sempre(['node', 'confirm-off', 'web1', ...reason], { host, canAsk: true })).code).toBe(1);
    expect(commands).toEqual([]);
    const { code } = await sempre(['node', 'confirm-off', 'web1', ...reason, '--yes', '--no-wait'], { host });
    expect(code).toBe(0);
    expect(commands).toMatchObject([{ kind: 'confirmOff', node: 'web1' }]);
    expect(commands[0]).toHaveProperty('because', expect.stringMatching(/^power is being moved \(by .+\)$/));
  });

  it('confirm-off works where no side has quorum: that is what it is for', async () => {
    const commands: Command[] = [];
    const host = sampleHost(
      {
        command: async (command) => {
          commands.push(command);
          return { ok: true, version: { view: 4, counter: 2 }, changed: true };
        },
      },
      { quorum: false },
    );
    const argv = ['node', 'confirm-off', 'web1', ...reason, '--yes', '--no-wait'];
    expect((await sempre(argv, { host })).code).toBe(0);
    expect(commands).toMatchObject([{ kind: 'confirmOff' }]);
    expect((await sempre(['node', 'standby', 'web1', '--yes', '--no-wait'], { host })).code).toBe(106);
  });

  it('disarm takes a duration or a moment, and says until when', async () => {
    const commands: Command[] = [];
    const host = hostThatTakes(commands);
    expect((await sempre(['disarm', '--until', 'tomorrow', ...reason, '--yes'], { host })).code).toBe(64);
    expect((await sempre(['disarm', '--until', '2000-01-01T00:00:00Z', ...reason, '--yes'], { host })).code).toBe(64);
    expect((await sempre(['disarm', '--until', '2h', ...reason, '--yes', '--no-wait'], { host })).code).toBe(0);
    const later = new Date(Date.now() + 600_000).toISOString();
    expect((await sempre(['disarm', '--until', later, ...reason, '--yes', '--no-wait'], { host })).code).toBe(0);
    expect((await sempre(['arm', '--no-wait'], { host })).code).toBe(0);
    expect(commands).toMatchObject([{ kind: 'disarm', forMs: 7_200_000 }, { kind: 'disarm' }, { kind: 'arm' }]);
    expect(commands[1]).toHaveProperty('forMs', expect.closeTo(600_000, -4));
  });

  it('maintenance is of a node or of a service', async () => {
    const commands: Command[] = [];
    const host = hostThatTakes(commands);
    expect((await sempre(['maintenance', 'on', ...reason], { host })).code).toBe(64);
    expect((await sempre(['maintenance', 'on', '--service', 'site', ...reason, '--no-wait'], { host })).code).toBe(0);
    expect((await sempre(['maintenance', 'off', '--node', 'bal1', '--no-wait'], { host })).code).toBe(0);
    expect(commands).toMatchObject([
      { kind: 'maintain', service: 'site', node: null, on: true },
      { kind: 'maintain', service: null, node: 'bal1', on: false },
    ]);
  });

  it('a refusal of the cluster is told with its reason', async () => {
    const because = 'this version cannot do that yet';
    const host = sampleHost({ command: async () => ({ ok: false, code: 'UNSAFE', because }) });
    const { code, err } = await sempre(['node', 'fence', 'web1', ...reason, '--yes'], { host });
    expect([code, err]).toEqual([107, expect.stringContaining(because)]);
  });
});

describe('validate', () => {
  const file = join(import.meta.dirname, '../../examples/two-node-ping/cluster.yaml');

  it('says what happens when, for two nodes by itself, and in JSON', async () => {
    const { code, out } = await sempre(['validate', file]);
    expect(code).toBe(0);
    expect(out).toContain('What happens when');
    expect((await sempre(['validate', '--no-what-if', file])).out).not.toContain('What happens when');
    const data = JSON.parse((await sempre(['validate', file, '-o', 'json'])).out) as Record<string, unknown>;
    expect(data).toMatchObject({
      valid: true,
      bounds: { lossMs: 1000 },
      whatIf: { rows: [{ fault: 'power' }, {}, {}, {}, {}] },
    });
  });

  it('for more nodes when asked to', async () => {
    const pair = join(import.meta.dirname, '../../examples/web-server-pair/cluster.yaml');
    expect((await sempre(['validate', pair])).out).not.toContain('What happens when');
    expect((await sempre(['validate', '--what-if', pair])).out).toContain('all links between nodes fail');
  });

  it('prints the bounds where something has to be certain', async () => {
    const witness = join(import.meta.dirname, '../../examples/two-node-witness/cluster.yaml');
    const { out } = await sempre(['validate', '--no-what-if', witness]);
    expect(out).toContain('slowest stop  35 s');
    expect(out).toMatch(/database {2}lost, and has stopped it or was reset {2}within 46.9 s/);
  });
});
