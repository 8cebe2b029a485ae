import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { balance, serverAt } from '../engine/balance_bench.ts';
import { alertsOf, blameOf, parseProcesses, parseStat, stateToKeep, workerOfInfo } from './parse.ts';

const capture = (name: string): string =>
  readFileSync(new URL(`captures/${name}.haproxy-2.6.12.txt`, import.meta.url), 'utf8');

describe('show stat', () => {
  it('tells the servers, their state, and the last check in words', () => {
    expect(parseStat(capture('show-stat'))).toEqual([
      { id: 'web1', state: 'up', sessions: 0, weight: 1, lastCheck: 'L7OK 200' },
      { id: 'web2', state: 'down', sessions: 0, weight: 1, lastCheck: 'L4CON Connection refused' },
      { id: 'web3', state: 'drain', sessions: 0, weight: 1, lastCheck: 'L7OK 200' },
    ]);
  });

  it('a server on its way down is up, and one on its way up is down', () => {
    const table = (status: string): string => `# pxname,svname,scur,status,type,uweight\nsempre,web1,0,${status},2,1\n`;
    expect(parseStat(table('UP 1/3'))[0]?.state).toBe('up');
    expect(parseStat(table('DOWN 1/2'))[0]?.state).toBe('down');
    expect(parseStat(table('MAINT (via x/y)'))[0]?.state).toBe('maint');
    expect(parseStat(table('no check'))[0]?.state).toBe('up');
  });

  it('a text with commas in quotes stays one field', () => {
    const table = '# svname,type,last_chk,status\nweb1,2,"said ""no"", twice",UP\n';
    expect(parseStat(table)[0]).toMatchObject({ state: 'up', lastCheck: 'said "no", twice' });
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.string(), (text) => void parseStat(`# ${text}\n${text}\n`)));
  });
});

describe('the master', () => {
  it('tells the worker of the present configuration', () => {
    expect(parseProcesses(capture('show-proc'))).toEqual({ reloads: 0, failedReloads: 0, worker: 17_923 });
  });

  it('tells that a reload failed, and that the former worker goes on', () => {
    expect(parseProcesses(capture('show-proc-failed-reload'))).toEqual({ reloads: 1, failedReloads: 1, worker: null });
  });

  it('is silent while it replaces itself', () => {
    expect(parseProcesses('')).toBeNull();
  });
});

it('finds the worker that answers', () => {
  expect(workerOfInfo(capture('show-info'))).toBe(17_923);
  expect(workerOfInfo('')).toBeNull();
});

describe('states kept over a reload', () => {
  const dump = capture('show-servers-state');
  const named = (text: string): string[] => [...text.matchAll(/ (web\d) /g)].map((match) => match[1] ?? '');

  it('are those of servers that stay the same', () => {
    const next = balance('haproxy', 80, [serverAt('web1', 43_773), serverAt('web2', 20_000), serverAt('web4', 1)]);
    const kept = stateToKeep(dump, next);
    expect(named(kept)).toEqual(['web1']);
    expect(kept.split('\n').slice(0, 2)).toEqual(dump.split('\n').slice(0, 2));
  });
});

describe('alerts', () => {
  it('are what is wrong, without what only says that something is', () => {
    const lines = capture('refused-definition').split('\n');
    expect(alertsOf(lines)).toEqual([
      "config : parsing [/tmp/h.cfg:41] : unknown keyword 'bogus' in 'backend' section",
    ]);
    expect(blameOf(alertsOf(lines))).toBe('cluster');
  });

  it('tell apart the definition, the node and the moment', () => {
    expect(blameOf(['Binding [x.cfg:3] for frontend a: cannot bind socket (Address already in use) for [*:80]'])).toBe(
      'soft',
    );
    expect(blameOf(['Binding [x.cfg:3] for frontend a: cannot bind socket (Permission denied) for [*:80]'])).toBe(
      'node',
    );
    expect(blameOf([])).toBe('soft');
  });
});
