import { describe, expect, it } from 'vitest';
import { findSelf, parseOptions } from './options.ts';

describe('parseOptions', () => {
  it('has defaults for everything', () => {
    expect(parseOptions([])).toEqual({
      ok: true,
      value: {
        configFile: '/etc/sempre/cluster.yaml',
        keyFile: '/etc/sempre/cluster.key',
        stateDirectory: '/var/lib/sempre',
        runDirectory: '/run/sempre',
        node: null,
        debug: false,
        agentFolder: null,
        watchdog: null,
        recorderMb: 32,
      },
    });
  });

  it('refuses what it does not know', () => {
    expect(parseOptions(['--confg', 'x'])).toMatchObject({ ok: false, failure: { code: 'USAGE' } });
    expect(parseOptions(['stray'])).toMatchObject({ ok: false });
    expect(parseOptions(['-h'])).toEqual({ ok: true, value: null });
  });
});

describe('findSelf', () => {
  it('takes the name of the machine, with or without its domain', () => {
    expect(findSelf(null, ['a', 'b'], 'b.example.org')).toEqual({ ok: true, value: 'b' });
    expect(findSelf(null, ['a', 'b.example.org'], 'b.example.org')).toEqual({ ok: true, value: 'b.example.org' });
    expect(findSelf('a', ['a', 'b'], 'b')).toEqual({ ok: true, value: 'a' });
  });

  it('says who it is and who there is when it is nobody', () => {
    expect(findSelf(null, ['a', 'b'], 'c')).toMatchObject({
      ok: false,
      failure: { code: 'NOT_IN_CLUSTER', message: 'this machine is called c, but the nodes of the cluster are a, b' },
    });
  });
});
