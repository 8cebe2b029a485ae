import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { groupMembers, processNow, signalGroup } from './group.ts';
import { graceMs, outputBytesMax, type Program, runProgram } from './run.ts';

const folder = mkdtempSync(join(tmpdir(), `sempre-run-${process.pid}-`));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const path = '/usr/local/bin:/usr/bin:/bin';
const shell = (line: string, more: Partial<Program> = {}): Program => ({
  argv: ['/bin/sh', '-c', line],
  env: { PATH: path },
  timeoutMs: 10_000,
  ...more,
});
const pidIn = (name: string): number => Number(readFileSync(join(folder, name), 'utf8'));

describe('a program that ends', () => {
  test('answers with its exit code and what it said', async () => {
    const ended = await runProgram(shell('echo out; echo err >&2; exit 7'));
    expect(ended).toEqual({ kind: 'exited', code: 7, stdout: 'out\n', stderr: 'err\n' });
  });

  test('gets the environment as given, no more', async () => {
    const ended = await runProgram({ argv: ['env'], env: { PATH: path, ONE: 'a b $c `d`' }, timeoutMs: 5000 });
    expect(ended).toMatchObject({ stdout: `PATH=${path}\nONE=a b $c \`d\`\n` });
  });

  test('leads a group and a session of its own, reads nothing', async () => {
    const ended = await runProgram(shell('cat; cut -d" " -f1,5,6 /proc/$$/stat'));
    const [pid, group, session] = ended.kind === 'exited' ? ended.stdout.trim().split(' ') : [];
    expect([group, session]).toEqual([pid, pid]);
  });

  test('reads what it is given, and may leave it unread', async () => {
    expect(await runProgram(shell('cat', { input: 'a=1\nb=2\n' }))).toMatchObject({ stdout: 'a=1\nb=2\n' });
    expect(await runProgram(shell('exec <&-; exit 3', { input: 'x'.repeat(500_000) }))).toMatchObject({ code: 3 });
  });

  test('runs in its directory', async () => {
    expect(await runProgram(shell('pwd', { directory: '/proc' }))).toMatchObject({ stdout: '/proc\n' });
  });

  test('keeps the end of a flood', async () => {
    const ended = await runProgram(shell('head -c 3000000 /dev/zero | tr "\\0" x; echo THE END'));
    expect(ended).toMatchObject({ kind: 'exited', code: 0 });
    const stdout = ended.kind === 'exited' ? ended.stdout : '';
    expect(stdout.length).toBe(outputBytesMax);
    expect(stdout.endsWith('xTHE END\n')).toBe(true);
  });

  test('says which signal ended it when that was not us', async () => {
    expect(await runProgram(shell('kill -SEGV $$'))).toMatchObject({ kind: 'killed', signal: 'SIGSEGV' });
  });
});

describe('a daemon that the program leaves behind', () => {
  test('is neither waited for, though it holds the pipes, nor killed', async () => {
    const begunMs = performance.now();
    const ended = await runProgram(shell(`echo begun; sleep 60 & echo $! >${folder}/daemon`));
    expect(ended).toMatchObject({ kind: 'exited', code: 0, stdout: 'begun\n' });
    expect(performance.now() - begunMs).toBeLessThan(2000);
    const pid = pidIn('daemon');
    expect(processNow(pid)?.name).toBe('sleep');
    process.kill(pid, 'SIGKILL');
  });
});

describe('the time limit', () => {
  test('ends the program and its children, also when they hold the pipes', async () => {
    const begunMs = performance.now();
    const ended = await runProgram(
      shell(`sleep 60 & echo $! >${folder}/child; echo $$ >${folder}/leader; wait`, { timeoutMs: 1000 }),
    );
    expect(ended.kind).toBe('timedOut');
    expect(performance.now() - begunMs).toBeLessThan(5000);
    expect(await groupMembers(pidIn('leader'))).toEqual([]);
    expect(processNow(pidIn('child'))).toBeNull();
  });

  test('kills who does not listen to SIGTERM, within the limit', async () => {
    const begunMs = performance.now();
    const ended = await runProgram(
      shell(`trap "" TERM; echo $$ >${folder}/deaf; echo said; while :; do sleep 0.05; done`, { timeoutMs: 1000 }),
    );
    expect(ended).toMatchObject({ kind: 'timedOut', stdout: 'said\n' });
    expect(performance.now() - begunMs).toBeLessThan(5000);
    expect(await groupMembers(pidIn('deaf'))).toEqual([]);
  });

  test('gives time to clean up', async () => {
    const ended = await runProgram(shell('trap "echo cleaned; exit 0" TERM; sleep 60 & wait', { timeoutMs: 2500 }));
    expect(ended).toMatchObject({ kind: 'timedOut', stdout: 'cleaned\n' });
  });

  test('the grace is a part of the limit', () => {
    expect(graceMs(500)).toBe(100);
    expect(graceMs(60_000)).toBe(1000);
  });
});

describe('a program that cannot start is a value', () => {
  const notStarted = async (program: Partial<Program>) => {
    const ended = await runProgram({ ...shell('exit 0'), ...program });
    return ended.kind === 'notStarted' ? ended : expect.fail(`ended as ${ended.kind}`);
  };

  test('no such file', async () =>
    expect(await notStarted({ argv: ['/no/such/program'] })).toEqual({
      kind: 'notStarted',
      missing: true,
      because: 'cannot start /no/such/program: /no/such/program does not exist',
    }));

  test('no such name in PATH', async () =>
    expect((await notStarted({ argv: ['no-such-program'] })).because).toBe(
      `cannot start no-such-program: there is no program of this name in PATH (${path})`,
    ));

  test('no such directory', async () =>
    expect((await notStarted({ directory: '/no/such' })).because).toBe(
      'cannot start /bin/sh: the directory /no/such does not exist',
    ));

  test('not executable', async () => {
    const file = join(folder, 'plain');
    writeFileSync(file, 'exit 0');
    expect(await notStarted({ argv: [file] })).toMatchObject({
      missing: true,
      because: `cannot start ${file}: ${file} may not be executed (chmod +x ${file}?)`,
    });
  });

  test('no interpreter', async () => {
    const file = join(folder, 'orphan');
    writeFileSync(file, '#!/no/such/interpreter\n', { mode: 0o755 });
    expect((await notStarted({ argv: [file] })).because).toContain('the interpreter that it asks for does not exist');
  });

  test('nonsense that Node refuses to pass on', async () => {
    expect((await notStarted({ env: { PATH: path, BAD: 'a\0b' } })).missing).toBe(false);
    expect((await notStarted({ argv: ['/bin/sh', '\0'] })).missing).toBe(false);
    expect((await notStarted({ argv: ['/bin/sh', 'x'.repeat(3_000_000)] })).missing).toBe(false);
    expect((await notStarted({ argv: [''] })).missing).toBe(true);
  });
});

test('no signal ever reaches every process, our own group, or nonsense', () => {
  for (const groupId of [-1, 0, 1, 1.5, Number.NaN]) expect(signalGroup(groupId, 0)).toBe(false);
});
