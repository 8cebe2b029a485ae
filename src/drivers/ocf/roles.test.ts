/** Roles and migration, with an agent of our own that can be told to fail. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { OcfResource, Service } from '../../core/model.ts';
import type { AgentOp, Verb } from '../../core/ports.ts';
import { testContext, testOp, testService } from '../contract.ts';
import { OcfDriver } from './index.ts';

const action = (name: string): string => `<action name="${name}" timeout="20"/>`;
const abilities = [
  'start',
  'stop',
  'monitor',
  'promote',
  'demote',
  'migrate_to',
  'migrate_from',
  'notify',
  'reload-agent',
];

/** It refuses to stop while it is promoted, as many do. `mood`: which action fails, hangs, or finds it broken. */
const agent = `#!/bin/sh
state=$HA_RSCTMP/state
[ "$1" = meta-data ] || echo "$1 $OCF_RESKEY_CRM_meta_notify_type" >>$HA_RSCTMP/calls
[ "$OCF_RESKEY_mood" = "$1 fails" ] && exit 1
[ "$OCF_RESKEY_mood" = "$1 hangs" ] && sleep 60
case $1 in
  meta-data) echo '<resource-agent name="db"><actions>ACTIONS</actions></resource-agent>' ;;
  start) echo unpromoted >$state; crm_master -l reboot -v 5 ;;
  promote) echo promoted >$state; "$HA_SBIN_DIR/crm_attribute" --promotion -v 10 ;;
  demote) [ -e $state ] || exit 7; echo unpromoted >$state; crm_master -v 5 ;;
  stop) grep -qx promoted $state 2>/dev/null && exit 8; rm -f $state; crm_master -D ;;
  monitor)
    [ -e $state ] || exit 7
    [ "$OCF_RESKEY_mood" = broken ] && exit 9
    grep -qx promoted $state && exit 8 || exit 0 ;;
  migrate_to) rm $state ;;
  migrate_from) echo unpromoted >$state ;;
  notify | reload-agent) ;;
esac
`;

let folder: string;
let driver: OcfDriver;
let lines: string[];

function install(offered: readonly string[]): void {
  const path = join(folder, 'root/resource.d/test/db');
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, agent.replace('ACTIONS', offered.map(action).join('')), { mode: 0o755 });
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), `sempre-roles-${process.pid}-`));
  install(abilities);
  const made = testContext(join(folder, 'run'));
  lines = made.lines;
  driver = new OcfDriver(made.context, { roots: [join(folder, 'root')], tempDirectory: join(folder, 'temp') });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const promotable: Partial<Service> = { clone: true, instances: 2, promotable: { max: 1, perNode: 1 }, notify: true };

function run(verb: Verb, more: Partial<AgentOp> = {}, mood = '', traits = promotable) {
  const resource: OcfResource = { kind: 'ocf', provider: 'test', type: 'db', params: { mood }, paramsOn: {} };
  return driver.perform(testOp(verb, testService('db', resource, traits), more), resource);
}

const calls = (): string[] =>
  readFileSync(join(folder, 'temp/calls'), 'utf8')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');

test('a life: started, promoted, demoted, stopped; with the score that the agent sets for itself', async () => {
  expect(await run('probe')).toEqual({ outcome: 'stopped', promotion: null });
  expect(await run('start')).toEqual({ outcome: 'ok', promotion: 5 });
  expect(await run('check')).toEqual({ outcome: 'running', digest: 'digest-1', promotion: 5 });
  expect(await run('promote')).toEqual({ outcome: 'ok', promotion: 10 });
  expect(await run('probe')).toEqual({ outcome: 'running', digest: 'digest-1', promoted: true, promotion: 10 });
  expect(await run('demote', { role: 'promoted' })).toEqual({ outcome: 'ok', promotion: 5 });
  expect(await run('stop', { role: 'unpromoted' })).toEqual({ outcome: 'ok', promotion: null });
  expect(calls()).toEqual(['monitor', 'start', 'monitor', 'promote', 'monitor', 'demote', 'stop']);
});

describe('a stop', () => {
  test.each(['promoted', 'unknown'] as const)('of what is %s demotes it first', async (role) => {
    await run('start');
    await run('promote');
    expect(await run('stop', { role })).toMatchObject({ outcome: 'ok' });
    expect(calls().slice(2)).toEqual(['demote', 'stop']);
    expect(await run('probe')).toMatchObject({ outcome: 'stopped' });
  });

  test('goes on when the demotion fails or hangs, within its own time', async () => {
    await run('start');
    expect(await run('stop', { role: 'unknown' }, 'demote fails')).toMatchObject({ outcome: 'ok' });
    await run('start');
    const begunMs = performance.now();
    expect(await run('stop', { role: 'unknown', timeoutMs: 2000 }, 'demote hangs')).toMatchObject({ outcome: 'ok' });
    expect(performance.now() - begunMs).toBeLessThan(2000);
  });

  test('of what the agent will not stop fails', async () => {
    await run('start');
    await run('promote');
    expect(await run('stop', { role: 'unknown' }, 'demote fails')).toMatchObject({ outcome: 'failed' });
    expect(lines.some((line) => line.includes('demote before its stop failed'))).toBe(true);
  });

  test.each(['promote', 'notify', 'migrateTo'] as const)('ends a %s that hangs', async (verb) => {
    await run('start');
    const mood = `${verb === 'migrateTo' ? 'migrate_to' : verb} hangs`;
    const hanging = run(verb, { peer: 'n2' }, mood);
    await expect.poll(() => calls().length).toBe(2);
    expect(await run('stop', { role: 'unknown', timeoutMs: 3000 })).toMatchObject({ outcome: 'ok' });
    expect(await hanging).toMatchObject({ outcome: 'failed', unknown: true });
    expect(await run('probe')).toMatchObject({ outcome: 'stopped' });
  });
});

test('what fails is said: a promotion, a copy that is promoted and broken', async () => {
  await run('start');
  expect(await run('promote', {}, 'promote fails')).toMatchObject({ outcome: 'failed', unknown: false });
  expect(await run('promote', { timeoutMs: 500 }, 'promote hangs')).toMatchObject({ outcome: 'failed', unknown: true });
  expect(await run('check', {}, 'broken')).toMatchObject({ outcome: 'failed', scope: 'soft', promoted: true });
});

test('a migration; the target remembers the definition as after a start', async () => {
  await run('start');
  expect(await run('migrateTo', { peer: 'n2' }, '', {})).toEqual({ outcome: 'ok' });
  expect(await run('probe', {}, '', {})).toEqual({ outcome: 'stopped' });
  await run('stop', {}, '', {});
  expect(await run('migrateFrom', { peer: 'n2' }, '', {})).toEqual({ outcome: 'ok' });
  expect(await run('probe', {}, '', {})).toEqual({ outcome: 'running', digest: 'digest-1' });
  expect(await run('migrateTo', { peer: 'n2' }, 'migrate_to fails', {})).toMatchObject({ outcome: 'failed' });
});

test('news reach the agent, and a reload takes over a definition', async () => {
  await run('start');
  const nobody = { start: [], stop: [], promote: [], demote: [], active: [], promoted: [], unpromoted: [] };
  const notice = { ...nobody, type: 'post', operation: 'start', inactive: [], available: [] } as const;
  expect(await run('notify', { notice })).toMatchObject({ outcome: 'ok' });
  expect(calls()).toContain('notify post');
  expect(await run('reload')).toMatchObject({ outcome: 'ok' });
});

describe('an agent that offers none of it', () => {
  beforeEach(() => install(['start', 'stop', 'monitor']));

  test('is not called for it', async () => {
    await run('start');
    expect(await run('promote')).toMatchObject({ outcome: 'failed', scope: 'cluster' });
    expect(await run('migrateTo', { peer: 'n2' })).toMatchObject({ outcome: 'failed', scope: 'soft' });
    expect(await run('notify')).toEqual({ outcome: 'ok' });
    expect(await run('demote')).toEqual({ outcome: 'ok' });
    expect(await run('reload')).toMatchObject({ outcome: 'failed', scope: 'cluster' });
    expect(calls()).toEqual(['start']);
  });

  test('is asked once, and again when it was changed', async () => {
    await run('notify');
    await run('notify');
    const asked = () => readFileSync(join(folder, 'temp/calls'), 'utf8');
    expect(existsSync(join(folder, 'temp/calls'))).toBe(false);
    await new Promise((resolve) => setTimeout(resolve, 20));
    install(abilities);
    expect(await run('notify')).toMatchObject({ outcome: 'ok' });
    expect(asked()).toBe('notify \n');
  });
});

test('a file that is no score says nothing', async () => {
  await run('start');
  writeFileSync(join(folder, 'run/ocf-scores/db'), 'very high\n');
  expect(await run('check')).toEqual({ outcome: 'running', digest: 'digest-1' });
  expect(lines.some((line) => line.includes('holds no promotion score'))).toBe(true);
});
