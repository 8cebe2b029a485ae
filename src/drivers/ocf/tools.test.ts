/** The programs that agents call by the names of Pacemaker's tools. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readScore } from '../ocf_api/score.ts';

const tools = join(import.meta.dirname, 'tools');
let folder: string;
let scorePath: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), `sempre-tools-${process.pid}-`));
  scorePath = join(folder, 'db');
  mkdirSync(join(folder, 'attributes'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function call(program: string, args: readonly string[], more: Record<string, string> = {}) {
  const env = {
    PATH: '/usr/bin:/bin',
    SEMPRE_NODE: 'n1',
    SEMPRE_SCORE: scorePath,
    SEMPRE_ATTRIBUTES: join(folder, 'attributes'),
    OCF_RESOURCE_INSTANCE: 'db',
    ...more,
  };
  const { status, stdout, stderr } = spawnSync(join(tools, program), args, { env, encoding: 'utf8' });
  return { code: status, out: stdout.trim(), err: stderr.trim() };
}

describe('promotion scores', () => {
  test('are set, asked for and taken back, in all the ways that agents use', () => {
    expect(readScore(scorePath)).toBeNull();
    for (const [program, args, score] of [
      ['crm_attribute', ['--promotion', '-v', '10'], 10],
      ['crm_attribute', ['-p', '-v', '5'], 5],
      ['crm_attribute', ['--promotion=db', '--update=-7', '-N', 'n1'], -7],
      ['crm_attribute', ['-n', 'master-db', '-l', 'reboot', '-v', '6'], 6],
      ['crm_master', ['-Q', '-l', 'reboot', '-v', '10000'], 10_000],
      ['crm_master', ['-l', 'reboot', '-v', 'INFINITY'], 1_000_000],
      ['crm_master', ['-N', 'n1', '-l', 'reboot', '-v', '-INFINITY'], -1_000_000],
      ['crm_master', ['-r', 'db', '-v', '+0042'], 42],
      ['crm_master', ['-v', '99999999999999999999'], 1_000_000],
    ] as const) {
      expect(call(program, args), args.join(' ')).toMatchObject({ code: 0, err: '' });
      expect(readScore(scorePath), args.join(' ')).toBe(score);
    }
    expect(call('crm_master', ['-v', '5'])).toMatchObject({ code: 0 });
    expect(call('crm_master', ['-q', '-l', 'reboot', '-G'])).toMatchObject({ code: 0, out: '5' });
    expect(call('crm_attribute', ['--promotion', '--get', '-Q'])).toMatchObject({ code: 0, out: '5' });
    expect(call('crm_attribute', ['-p', '-G'])).toMatchObject({ out: 'scope=status  name=master-db value=5' });
    expect(call('crm_master', ['-l', 'reboot', '-D'])).toMatchObject({ code: 0 });
    expect(readScore(scorePath)).toBeNull();
    expect(call('crm_master', ['-G', '-q'])).toMatchObject({ code: 105, out: '' });
    expect(call('crm_master', ['-D'])).toMatchObject({ code: 0 });
    expect(readdirSync(folder)).toEqual(['attributes']);
  });

  test.each([
    ['no number', ['-v', 'high'], 64],
    ['no whole number', ['-v', '1.5'], 64],
    ['nothing', ['-v', ''], 64],
    ['a change of what is there', ['-v', '+=5'], 64],
    ['an option that does not exist', ['--frobnicate'], 64],
    ['words that are left over', ['-v', '5', 'more'], 64],
    ['another service', ['--promotion=web', '-v', '5'], 69],
    ['another node', ['-N', 'n2', '-v', '5'], 69],
    ['the configuration', ['-t', 'crm_config', '-n', 'x', '-v', '5'], 69],
  ])('refuse %s', (_, args, code) => {
    writeFileSync(scorePath, '3\n');
    const result = call('crm_attribute', args.some((arg) => arg.startsWith('--promotion')) ? args : ['-p', ...args]);
    expect(result.code).toBe(code);
    expect(result.err).not.toBe('');
    expect(readScore(scorePath)).toBe(3);
  });

  test('of a service without roles there are none', () => {
    expect(call('crm_master', ['-v', '5'], { SEMPRE_SCORE: '' })).toMatchObject({ code: 69 });
    expect(call('crm_master', ['-v', '5'], { SEMPRE_NODE: '' })).toMatchObject({ code: 69 });
  });

  test.each(['', 'high\n', '1e3\n', '5', '5\n6\n', '12345678\n', '9999999\n'])('%j in the file is none', (text) => {
    writeFileSync(scorePath, text);
    expect(readScore(scorePath)).toMatchObject({ because: expect.stringContaining(scorePath) });
  });
});

describe('attributes of this node', () => {
  test('last until it boots', () => {
    const value = 'normal (master)';
    expect(call('attrd_updater', ['-n', 'pgsql-status', '-v', value])).toMatchObject({ code: 0 });
    const asked = `name="pgsql-status" host="n1" value="${value}"`;
    expect(call('attrd_updater', ['-Q', '-n', 'pgsql-status', '-N', 'n1'])).toMatchObject({ code: 0, out: asked });
    const query = ['-N', 'n1', '-l', 'reboot', '-n', 'pgsql-status', '-G', '-q'];
    expect(call('crm_attribute', query)).toMatchObject({ code: 0, out: value });
    expect(call('attrd_updater', ['-D', '-n', 'pgsql-status'])).toMatchObject({ code: 0 });
    expect(call('crm_attribute', query)).toMatchObject({ code: 105 });
    expect(call('crm_attribute', [...query, '-d', 'none'])).toMatchObject({ code: 0, out: 'none' });
  });

  test('stay in their folder, and what is for ever stands in the cluster file', () => {
    for (const name of ['../db', '.hidden', '', 'a/b', 'a\nb', '$(id)'])
      expect(call('crm_attribute', ['-l', 'reboot', '-n', name, '-v', '1']), name).toMatchObject({ code: 64 });
    expect(call('crm_attribute', ['-l', 'forever', '-n', 'x', '-v', '1'])).toMatchObject({ code: 69 });
    expect(existsSync(scorePath)).toBe(false);
    expect(readdirSync(join(folder, 'attributes'))).toEqual([]);
  });

  test('are written whole or not at all', () => {
    for (let i = 0; i < 3; i++) call('crm_attribute', ['-l', 'reboot', '-n', 'x', '-v', `value ${i}`]);
    expect(readdirSync(join(folder, 'attributes'))).toEqual(['x']);
    expect(readFileSync(join(folder, 'attributes', 'x'), 'utf8')).toBe('value 2\n');
  });
});

test('the name of this node, and nothing of others', () => {
  expect(call('crm_node', ['-n'])).toMatchObject({ code: 0, out: 'n1' });
  expect(call('crm_node', ['-l'])).toMatchObject({ code: 69, out: '' });
  expect(call('crm_resource', ['-W', '-r', 'db'])).toMatchObject({ code: 69, out: '' });
});
