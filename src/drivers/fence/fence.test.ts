import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it, test } from 'vitest';
import type { FenceDevice } from '../../core/model.ts';
import type { FenceCall, FenceResult } from '../../core/ports.ts';
import { processNow } from '../process/group.ts';
import { findAgent, listAgents } from './find.ts';
import { FenceDriver } from './index.ts';
import { inputFor } from './input.ts';
import { parseMetadata } from './metadata.ts';
import { howItEnded } from './outcome.ts';
import { resolveParams, withoutSecrets } from './secrets.ts';

const folder = mkdtempSync(join(tmpdir(), 'fence-'));
const agents = join(folder, 'agents');
mkdirSync(agents);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, text: string, mode: number): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

/** An agent that is a shell script; `$input` is what it read. */
const agent = (name: string, script: string): void =>
  void write(
    `agents/${name}`,
    `#!/bin/sh\ninput=$(cat)\nprintf '%s\\n' "$input" >${folder}/${name}.input\n${script}\n`,
    0o755,
  );

const device = (agentName: string, params: Record<string, string> = {}): FenceDevice => ({
  id: 'd1',
  agent: agentName,
  params,
  plugs: {},
  delayMs: 0,
  timeoutMs: 5000,
  verify: true,
  unfence: false,
});

const logged: string[] = [];
let nextId = 1;

function run(action: FenceCall['action'], wanted: FenceDevice, more: Partial<FenceCall> = {}): Promise<FenceResult> {
  const callId = nextId++;
  return new Promise((resolve) => {
    const driver = new FenceDriver({
      extraFolder: agents,
      callFolder: join(folder, 'calls'),
      done: (id, result) => id === callId && resolve(result),
      log: (line) => logged.push(line),
    });
    driver.call({ callId, action, device: wanted, target: 'n2', plug: null, timeoutMs: 5000, ...more });
  });
}

const because = (result: FenceResult): string => (result.ok ? '' : result.because);

describe('a call', () => {
  test('says all of it on standard input, under both names, and nothing among the arguments', async () => {
    agent('fence_see', `echo "$#" >${folder}/args; env >${folder}/env`);
    const params = { ip: '10.0.0.9', login: 'admin', password: 'a=b c$d', lanplus: '1' };
    expect(await run('off', device('fence_see', params), { plug: '7' })).toEqual({ ok: true, power: null });
    const lines = readFileSync(join(folder, 'fence_see.input'), 'utf8').trim().split('\n').sort();
    expect(lines).toEqual([
      'action=off',
      'ip=10.0.0.9',
      'ipaddr=10.0.0.9',
      'lanplus=1',
      'login=admin',
      'nodename=n2',
      'option=off',
      'passwd=a=b c$d',
      'password=a=b c$d',
      'plug=7',
      'port=7',
      'username=admin',
    ]);
    expect(readFileSync(join(folder, 'args'), 'utf8')).toBe('0\n');
    expect(readFileSync(join(folder, 'env'), 'utf8')).not.toContain('a=b c$d');
  });

  test('without a plug names the node alone', async () => {
    agent('fence_alone', 'exit 0');
    await run('on', device('fence_alone'));
    expect(readFileSync(join(folder, 'fence_alone.input'), 'utf8')).toBe('nodename=n2\naction=on\noption=on\n');
  });

  test.each([
    [0, { ok: true, power: 'on' }],
    [2, { ok: true, power: 'off' }],
  ])('status with exit code %i', async (code, result) => {
    agent('fence_status', `exit ${code}`);
    expect(await run('status', device('fence_status'))).toEqual(result);
  });

  test('that fails says which agent, which node, why, and no password', async () => {
    agent(
      'fence_fail',
      `echo "2026-11-20 ERROR: Failed: login as root with geheim refused" >&2
echo "2026-11-20 ERROR: Please use '-h' for usage" >&2; exit 3`,
    );
    const text = because(await run('off', device('fence_fail', { passwd: 'geheim' }), { plug: '7' }));
    expect(text).toBe(
      'fence_fail (off of n2, plug 7): exit code 3 (the device refused the login): login as root with *** refused',
    );
  });

  test('off is never taken for done when the agent says 2', async () => {
    agent('fence_two', 'exit 2');
    expect((await run('off', device('fence_two'))).ok).toBe(false);
  });

  test('ends at its time limit, with all that it started', async () => {
    agent('fence_hang', `trap '' TERM; sleep 60 & echo $! >${folder}/child; wait; wait`);
    const begunMs = performance.now();
    const result = await run('off', device('fence_hang'), { timeoutMs: 1000 });
    expect(performance.now() - begunMs).toBeLessThan(4000);
    expect(because(result)).toContain('no answer within 1000 ms');
    await sleep(50);
    expect(processNow(Number(readFileSync(join(folder, 'child'), 'utf8')))).toBeNull();
  });

  test('does not wait for another one', async () => {
    agent('fence_slow', 'sleep 2');
    const begunMs = performance.now();
    await Promise.all([1, 2, 3, 4].map(() => run('off', device('fence_slow'))));
    expect(performance.now() - begunMs).toBeLessThan(7000);
  });

  test('of an agent that is not there', async () => {
    expect(because(await run('off', device('fence_nowhere')))).toContain('there is no fence agent fence_nowhere in');
  });

  test('of an agent that never tells the power is no failure', async () => {
    agent(
      'fence_mute',
      `case $input in *action=metadata*) echo '<resource-agent name="x"><actions><action name="off"/></actions></resource-agent>'; exit 0;; esac; exit 1`,
    );
    expect(await run('status', device('fence_mute'))).toEqual({ ok: true, power: null });
  });

  test('that a former life left under way is ended first', async () => {
    agent('fence_left', `echo $$ >${folder}/left; sleep 60`);
    void run('off', device('fence_left'), { timeoutMs: 30_000 });
    while (!existsSync(join(folder, 'left')) || readFileSync(join(folder, 'left'), 'utf8') === '') await sleep(20);
    await run('status', device('fence_status'));
    expect(processNow(Number(readFileSync(join(folder, 'left'), 'utf8')))).toBeNull();
    expect(logged.at(-1)).toContain('was ended');
  });
});

describe('a value', () => {
  const call = { action: 'off', node: 'n1', plug: null };

  test.each(['a\nb', 'a\rb', 'a\0b'])('with a line end is refused and not shown: %j', (value) => {
    const input = inputFor({ ...call, params: { passwd: value } });
    expect(input).toEqual({
      ok: false,
      because: 'the value of passwd holds a line end: a fence agent reads one parameter a line',
    });
  });

  test.each(['action', 'option', 'nodename'])('named %s is refused', (key) =>
    expect(inputFor({ ...call, params: { [key]: 'reboot' } }).ok).toBe(false),
  );

  test.each(['', 'a b', 'a=b', '#a', 'ä'])('named %j is refused', (key) =>
    expect(inputFor({ ...call, params: { [key]: 'x' } }).ok).toBe(false),
  );

  test('of a plug with a line end is refused', () =>
    expect(inputFor({ ...call, plug: '1\naction=on', params: {} }).ok).toBe(false));
});

describe('file:', () => {
  it('is read when the call is made, without its last line end', async () => {
    const path = write('secret', 'geheim\n', 0o600);
    expect(await resolveParams({ passwd: `file:${path}` })).toEqual({
      ok: true,
      value: { params: { passwd: 'geheim' }, secrets: ['geheim'] },
    });
  });

  it('is refused when everybody may read it, without showing it', async () => {
    const path = write('open-secret', 'geheim\n', 0o644);
    const read = await resolveParams({ passwd: `file:${path}` });
    expect(read).toMatchObject({ ok: false });
    expect(JSON.stringify(read)).toContain(`chmod 600 ${path}`);
    expect(JSON.stringify(read)).not.toContain('geheim');
  });

  it('is refused when it is missing, no file, too large or no whole path', async () => {
    const large = write('large', 'x'.repeat(5000), 0o600);
    for (const path of [join(folder, 'none'), folder, large, 'secret', ''])
      expect((await resolveParams({ x: `file:${path}` })).ok).toBe(false);
  });
});

test('secrets are blotted out, the longer one first', () =>
  expect(withoutSecrets('geheim2 geheim', ['geheim', 'geheim2', ''])).toBe('*** ***'));

describe('an agent is found', () => {
  test('by name in the folders, or by its whole path', () => {
    agent('fence_here', '');
    expect(findAgent('fence_here', [agents])).toEqual({ ok: true, path: join(agents, 'fence_here') });
    expect(findAgent(join(agents, 'fence_here'), [])).toMatchObject({ ok: true });
  });

  test.each(['', '../fence_here', './fence_here', 'a/b', '.fence', '-x'])('but never as %j', (name) =>
    expect(findAgent(name, [agents]).ok).toBe(false),
  );

  test('in a list, once each, in order', () => {
    symlinkSync(join(agents, 'fence_here'), join(agents, 'fence_again'));
    write('agents/fence_plain', '', 0o644);
    const names = listAgents([agents, agents, '/no/such']).map(({ name }) => name);
    expect(names).toContain('fence_again');
    expect(names).not.toContain('fence_plain');
    expect(names).toEqual([...new Set(names)].sort());
  });
});

describe('metadata', () => {
  test('of an agent of the shared library', async () => {
    const text = `<?xml version="1.0" ?>
<resource-agent name="fence_x" shortdesc="Some &amp; more">
<parameters>
  <parameter name="ip" unique="0" required="1" obsoletes="ipaddr"><getopt mixed="-a"/><content type="string"/>
    <shortdesc lang="en">Where</shortdesc></parameter>
  <parameter name="auth" required="0"><content type="select"><option value="md5"/><option value="none"/></content></parameter>
</parameters>
<actions><action name="on" automatic="1" on_target="1"/><action name="off"/></actions>
</resource-agent>`;
    expect(await parseMetadata(text)).toMatchObject({
      ok: true,
      agent: {
        about: 'Some & more',
        parameters: [
          { name: 'ip', required: true, replaces: 'ipaddr', about: 'Where' },
          { name: 'auth', options: ['md5', 'none'], default: null },
        ],
        actions: [
          { name: 'on', automatic: true, onTarget: true },
          { name: 'off', automatic: false },
        ],
      },
    });
  });

  test.each(['', 'usage: nothing', '<a><b></a>', '<a', '<!DOCTYPE a [<!ENTITY x "y">]><a>&z;</a>'])(
    'that is none: %j',
    async (text) => expect((await parseMetadata(text)).ok).toBe(false),
  );
});

test('what an agent prints is read in time, however often it says the same', () => {
  const stderr = `${'ERROR: '.repeat(9000)}\u2028x`;
  const { user } = process.threadCpuUsage();
  expect(howItEnded({ kind: 'exited', code: 1, stdout: '', stderr }, 1000)).toContain('exit code 1');
  expect(process.threadCpuUsage().user - user).toBeLessThan(200_000);
});
