import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { OcfResource } from '../../core/model.ts';
import type { AgentOp, Verb } from '../../core/ports.ts';
import { driverContract, testContext, testOp, testService } from '../contract.ts';
import { OcfDriver } from './index.ts';

/** An agent in the manner of Dummy: a state file in HA_RSCTMP says that it runs. */
const agent = `#!/bin/sh
state=$HA_RSCTMP/$OCF_RESOURCE_INSTANCE.state
case $OCF_RESKEY_mood in
  slow) [ $1 = start ] && sleep 60 ;;
  wrong) echo "ocf-exit-reason:mood must not be wrong" >&2; exit 6 ;;
  lost) echo "no program" >&2; exit 5 ;;
esac
case $1 in
  start) echo starting; touch $state ;;
  stop) rm -f $state ;;
  monitor) [ -e $state ] || exit 7 ;;
  *) exit 3 ;;
esac
`;
const resource: OcfResource = { kind: 'ocf', provider: 'test', type: 'dummy', params: {}, paramsOn: {} };
const withMood = (mood: string): OcfResource => ({ ...resource, params: { mood } });

function makeBench() {
  const folder = mkdtempSync(join(tmpdir(), `sempre-ocf-${process.pid}-`));
  const agentPath = join(folder, 'root/resource.d/test/dummy');
  const tempDirectory = join(folder, 'temp');
  mkdirSync(join(agentPath, '..'), { recursive: true });
  writeFileSync(agentPath, agent, { mode: 0o755 });
  const { context, lines } = testContext(join(folder, 'run'));
  const roots = [join(folder, 'other'), join(folder, 'root')];
  return { folder, agentPath, tempDirectory, lines, driver: new OcfDriver(context, { roots, tempDirectory }) };
}

driverContract('ocf', async () => {
  const { driver, folder, tempDirectory } = makeBench();
  return {
    driver,
    resource,
    tellsDigest: true,
    harm: async () => rmSync(join(tempDirectory, 'contract.state')),
    nonsense: [
      withMood('wrong'),
      withMood('lost'),
      withMood('\0'),
      { ...resource, type: 'nothing' },
      { ...resource, type: '../../dummy' },
      { ...resource, provider: '.hidden' },
      { ...resource, params: { '': 'x' } },
      { ...resource, params: { 'a=b': 'x' } },
    ],
    endless: withMood('slow'),
    cleanUp: async () => rmSync(folder, { recursive: true, force: true }),
  };
});

describe('ocf', () => {
  let bench: ReturnType<typeof makeBench>;
  beforeEach(() => {
    bench = makeBench();
  });
  afterEach(() => rmSync(bench.folder, { recursive: true, force: true }));

  const run = (verb: Verb, of = resource, more: Partial<AgentOp> = {}) =>
    bench.driver.perform(testOp(verb, testService('site', of), more), of);

  test('a missing agent says where it was looked for and what to install', async () => {
    const missing = { ...resource, provider: 'heartbeat', type: 'foo' };
    const { folder } = bench;
    expect(await run('start', missing)).toEqual({
      outcome: 'failed',
      because:
        'ocf:heartbeat:foo is not installed on this node: ' +
        `${folder}/other/resource.d/heartbeat/foo does not exist, ${folder}/root/resource.d/heartbeat/foo does not exist` +
        '; apt-get install resource-agents?',
      scope: 'node',
      unknown: false,
    });
  });

  test('an agent that may not be executed is named', async () => {
    chmodSync(bench.agentPath, 0o644);
    expect(await run('start')).toMatchObject({
      scope: 'node',
      because: expect.stringContaining(`${bench.agentPath} may not be executed`),
    });
  });

  test('a node without the agent stops what it never started, but owns up to what it did start', async () => {
    rmSync(bench.agentPath);
    expect(await run('probe')).toMatchObject({ outcome: 'failed', scope: 'node' });
    expect(await run('stop')).toEqual({ outcome: 'ok' });
    writeFileSync(bench.agentPath, agent, { mode: 0o755 });
    expect(await run('start')).toEqual({ outcome: 'ok' });
    rmSync(bench.agentPath);
    expect(await run('probe')).toMatchObject({ outcome: 'failed', scope: 'soft' });
    expect(await run('stop')).toMatchObject({ outcome: 'failed' });
  });

  test('an agent that cannot be asked any more does not pass for stopped', async () => {
    expect(await run('start')).toEqual({ outcome: 'ok' });
    expect(await run('probe', withMood('wrong'))).toMatchObject({ outcome: 'failed', scope: 'soft' });
    expect(await run('stop')).toEqual({ outcome: 'ok' });
    expect(await run('probe', withMood('wrong'))).toMatchObject({ outcome: 'failed', scope: 'cluster' });
  });

  test('remembers the definition in the run directory, until it is stopped', async () => {
    expect(await run('start')).toMatchObject({ outcome: 'ok' });
    expect(JSON.parse(readFileSync(join(bench.folder, 'run/ocf/site.json'), 'utf8'))).toEqual({
      digest: 'digest-1',
    });
    await run('stop');
    expect(existsSync(join(bench.folder, 'run/ocf/site.json'))).toBe(false);
  });

  test('forgets it when a look finds that nothing runs any more, and no longer believes it of what somebody else starts', async () => {
    const noted = join(bench.folder, 'run/ocf/site.json');
    await run('start');
    const note = readFileSync(noted, 'utf8');
    await run('stop');
    writeFileSync(noted, note);
    expect(await run('check')).toEqual({ outcome: 'stopped' });
    expect(existsSync(noted)).toBe(true);
    expect(await run('probe')).toEqual({ outcome: 'stopped' });
    expect(existsSync(noted)).toBe(false);
  });

  test('a look that ends after a start forgets nothing', async () => {
    const looking = run('probe');
    await run('start');
    await looking;
    expect(existsSync(join(bench.folder, 'run/ocf/site.json'))).toBe(true);
  });

  test('what the agent writes goes to the log', async () => {
    await run('start');
    expect(bench.lines).toContain('site: start: starting');
  });

  test('there is nothing to tune and no reload', async () => {
    expect(await run('tune', resource, { drained: ['web1'] })).toEqual({ outcome: 'ok' });
    expect(await run('reload')).toMatchObject({ outcome: 'failed', scope: 'cluster' });
  });
});
