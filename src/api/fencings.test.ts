import { describe, expect, it } from 'vitest';
import { renderStatus } from '../cli/render-status.ts';
import { plainLook } from '../cli/terminal.ts';
import { type FencingRecord, noAdmin } from '../core/ports.ts';
import { assess } from './assess.ts';
import { parseCommandBody } from './body.ts';
import { mergeStatus } from './merge.ts';
import { cluster, copy, inputOf, record, type SampleOptions } from './sample.testing.ts';
import { whyAnswer } from './why.ts';

const fencing = (patch: Partial<FencingRecord>): FencingRecord => ({
  target: 'web1',
  because: 'web is taken over',
  device: 'ipmi-web1',
  outcome: 'off',
  verified: true,
  tookMs: 2340,
  failure: null,
  ...patch,
});

const records = (...fencings: FencingRecord[]) => [{ ...record('bal1', { site: copy('running') }), fencings }];

const verdict = (options: SampleOptions) => {
  const { level, findings } = assess(mergeStatus(inputOf(options)));
  return { level, texts: findings.map(({ text }) => text) };
};

describe('fencing', () => {
  it('is critical while it is under way, and while it has failed and nobody knows better', () => {
    const underWay = verdict({ lost: ['web1'], fencing: [fencing({ outcome: 'under way', verified: false })] });
    expect(underWay.level).toBe('critical');
    expect(underWay.texts[0]).toBe('bal2 is switching web1 off: web is taken over');
    const failed = fencing({ outcome: 'failed', failure: 'ipmi-web1 gave no answer' });
    const left = verdict({ lost: ['web1'], records: records(failed) });
    expect(left.texts[0]).toBe(
      'web1 could not be switched off by bal1: ipmi-web1 gave no answer; if it is off: sempre node confirm-off web1',
    );
    const off = { ...noAdmin, off: { web1: { because: 'the fuse is out' } } };
    expect(verdict({ lost: ['web1'], records: records(failed), admin: off }).texts).toContain(
      'web1 is off: the fuse is out',
    );
    expect(verdict({ records: records(failed) }).texts.join()).not.toContain('switched off');
    expect(verdict({ lost: ['web1'], records: records(failed, fencing({})) }).texts.join()).not.toContain(
      'switched off',
    );
  });

  it('says who asked, why, by which device, how long, and whether it was verified', () => {
    const text = renderStatus(
      mergeStatus(
        inputOf({
          records: records(fencing({}), fencing({ outcome: 'failed', verified: false, failure: 'no route' })),
        }),
      ),
      plainLook,
      false,
    );
    expect(text).toContain(
      `Fencing
  TARGET  OUTCOME        BY    DEVICE     TOOK   ASKED FOR
  web1    off, verified  bal1  ipmi-web1  2.3 s  web is taken over
  web1    failed         bal1  ipmi-web1  2.3 s  web is taken over; failed: no route
`,
    );
  });
});

describe('a member that the asked node does not hear', () => {
  const deaf = (input: ReturnType<typeof inputOf>) => {
    const peers = input.report.peers.map((peer) => (peer.node === 'web1' ? { ...peer, state: 'lost' as const } : peer));
    return { ...input, report: { ...input.report, peers } };
  };

  it('is online when another one hears it', () => {
    const status = mergeStatus(deaf(inputOf()));
    expect(status.nodes.find(({ name }) => name === 'web1')?.state).toBe('online');
    expect(status.settled).toBe(true);
  });

  it('is lost when nobody does, and what it ran is not known to have ended', () => {
    const input = deaf(inputOf());
    const own = input.answers.get('bal2');
    if (own === undefined) throw new Error('no answer');
    const status = mergeStatus({ ...input, answers: new Map([['bal2', { ...own, peers: input.report.peers }]]) });
    expect(status.nodes.find(({ name }) => name === 'web1')?.state).toBe('lost');
    expect(status.settled).toBe(false);
    expect(status.services.find(({ name }) => name === 'web')).toMatchObject({
      state: 'unknown',
      because: expect.stringContaining('sempre node confirm-off web1'),
    });
  });
});

const careful = {
  ...noAdmin,
  disarmed: { id: 'x', forMs: 3_600_000, because: 'switches are replaced (by anna)' },
  maintenance: { nodes: { bal2: { because: 'new disk' } }, services: { web: { because: 'upgrade' } } },
  stray: { web1: { because: 'it was away while a vote was taken from it' } },
};

describe('what operators take out of care', () => {
  it('is on every status, until when, and a warning for monitoring', () => {
    const status = mergeStatus(inputOf({ admin: careful }));
    expect(status.disarmed).toEqual({
      because: 'switches are replaced (by anna)',
      leftMs: 3_600_000,
      until: '2026-11-20T22:04:11.000Z',
    });
    const { level, findings } = assess(status);
    expect(level).toBe('warning');
    expect(findings[0]?.text).toMatch(/^DISARMED until 2026-11-20T22:04:11Z: .*switches are replaced \(by anna\)$/);
    const text = renderStatus(status, plainLook, false);
    expect(text).toContain('Maintenance\n  WHAT     NAME  WHY\n  node     bal2  new disk\n  service  web   upgrade\n');
    expect(text).toContain('stray: it was away while a vote was taken from it');
  });

  it('is part of why', () => {
    const web = cluster.services.find(({ id }) => id === 'web');
    if (web === undefined) throw new Error('no web');
    expect(whyAnswer(web, inputOf({ admin: careful })).admin).toEqual([
      'maintenance: nothing is done to web: upgrade',
      'fencing and self-fencing are disarmed for 1h: switches are replaced (by anna)',
      'web1 may run it until it is confirmed off, however long it is away: it was away while a vote was taken from it',
    ]);
  });
});

describe('commands that need a reason', () => {
  it.each([
    [{ kind: 'confirmOff', node: 'a', because: 'seen' }, true],
    [{ kind: 'confirmOff', node: 'a' }, false],
    [{ kind: 'confirmOff', because: 'seen' }, false],
    [{ kind: 'fence', node: 'a', because: ' ' }, false],
    [{ kind: 'disarm', forMs: 60_000, because: 'x' }, true],
    [{ kind: 'disarm', forMs: 60_000, because: '' }, false],
    [{ kind: 'disarm', forMs: 5000, because: 'x' }, false],
    [{ kind: 'disarm', forMs: 1e12, because: 'x' }, false],
    [{ kind: 'arm' }, true],
    [{ kind: 'shutdown', node: 'a', keep: true, forMs: 600_000, because: 'x' }, true],
    [{ kind: 'shutdown', node: 'a' }, true],
    [{ kind: 'shutdown', node: 'a', keep: 'yes' }, false],
    [{ kind: 'shutdown', node: 'a', keep: true, forMs: 0 }, false],
    [{ kind: 'shutdown', node: 'a', keep: true, forMs: 1.5 }, false],
    [{ kind: 'shutdown', keep: true }, false],
    [{ kind: 'maintain', service: 's', on: true, because: 'x' }, true],
    [{ kind: 'maintain', node: 'a', on: false }, true],
    [{ kind: 'maintain', node: 'a', on: true }, false],
    [{ kind: 'maintain', node: 'a', service: 's', on: true, because: 'x' }, false],
    [{ kind: 'maintain', on: true, because: 'x' }, false],
  ])('%j: %s', (body, ok) => {
    expect(parseCommandBody(body).ok).toBe(ok);
  });
});
