import { describe, expect, it } from 'vitest';
import { noAdmin } from '../core/ports.ts';
import { assess } from './assess.ts';
import { mergeStatus } from './merge.ts';
import { copy, inputOf, plan, record } from './sample.testing.ts';

const calm = { bal1: record('bal1', { site: copy('running') }), web1: record('web1', { web: copy('running') }) };

describe('mergeStatus', () => {
  it('calls a cluster settled and well when everything runs and nothing is planned', () => {
    const status = mergeStatus(inputOf());
    expect(status.settled).toBe(true);
    expect(assess(status)).toEqual({ level: 'ok', findings: [], summary: '2 of 2 services run, 3 of 3 nodes online' });
    expect(status.nodes.map((node) => node.name)).toEqual(['bal1', 'bal2', 'web1']);
    expect(status.balancers[0]?.servers[0]?.name).toBe('web1');
  });

  it('shows a node that nobody hears as lost, and ignores what it ran', () => {
    const status = mergeStatus(inputOf({ lost: ['bal1'] }));
    expect(status.nodes[0]).toMatchObject({ name: 'bal1', state: 'lost', answered: false, running: [] });
    expect(status.nodes[0]?.links.map((link) => link.up)).toEqual([false, false]);
    expect(status.services[0]).toMatchObject({ name: 'site', state: 'waiting', nodes: [] });
    expect(assess(status).level).toBe('critical');
  });

  it('shows a link as down for the node whose end is cut and not for those who miss it', () => {
    const input = inputOf();
    const cut = [...input.answers].map(([node, answer]) => {
      const peers = answer.peers.map((peer) => ({
        ...peer,
        links: peer.links.map((link) =>
          link.link === 1 && (node === 'web1' || peer.node === 'web1') ? { ...link, up: false } : link,
        ),
      }));
      return [node, { ...answer, peers }] as const;
    });
    const status = mergeStatus({ ...input, answers: new Map(cut) });
    expect(status.nodes.map((node) => node.links.map((link) => link.up))).toEqual([
      [true, true],
      [true, true],
      [true, false],
    ]);
    expect(assess(status).findings.map((finding) => finding.text)).toEqual(['web1 is not heard on 10.2.0.3']);
  });

  it('is not settled while an action is planned, and stuck when only an operator can go on', () => {
    const start = {
      id: 0,
      verb: 'start',
      service: 'site',
      on: 'bal2',
      after: [],
      because: 'x',
      handFrom: null,
      handTo: null,
      drained: [],
    } as const;
    const free = mergeStatus(inputOf({ plan: { ...plan, actions: [{ ...start, blocked: null }] } }));
    expect([free.settled, free.stuck]).toEqual([false, false]);
    const blocked = {
      ...plan,
      actions: [
        { ...start, blocked: 'bal1 must be fenced' },
        { ...start, id: 1, after: [0], blocked: null },
      ],
    };
    const stuck = mergeStatus(inputOf({ plan: blocked }));
    expect([stuck.settled, stuck.stuck]).toEqual([false, true]);
  });

  it('says that nothing can be decided without quorum', () => {
    const status = mergeStatus(inputOf({ quorum: false, lost: ['bal1', 'web1'] }));
    expect(status).toMatchObject({ quorum: false, settled: false, coordinator: null });
    expect(assess(status).findings[0]?.text).toMatch(/^no quorum: it hears 0/);
  });

  it('tells standby, stopped and moved apart from what is broken', () => {
    const admin = {
      ...noAdmin,
      standby: { bal2: { because: 'new disk' } },
      stopped: { web: { because: '' } },
      moves: { site: { to: 'bal1', from: 'bal2', because: '' } },
    };
    const status = mergeStatus(inputOf({ admin, records: [calm.bal1, record('web1', { web: copy('stopped') })] }));
    expect(status.nodes[1]).toMatchObject({ state: 'standby', because: 'new disk' });
    expect(status.services[1]).toMatchObject({ name: 'web', state: 'stopped', wanted: 0 });
    expect(status.wishes).toEqual(['bal2 is in standby: new disk', 'site was moved to bal1', 'web is stopped']);
    expect(assess(status).level).toBe('warning');
    expect(assess(status).findings.map((finding) => finding.text)).toContain('site has no node left to move to');
  });

  it('says what is kept for a node that is shut down, while it is there and when it is gone', () => {
    const shutdown = { id: '4.2', boot: 1, keeps: ['web'], forMs: 600_000 };
    const admin = { ...noAdmin, standby: { bal2: { because: 'new kernel', shutdown } } };
    const status = mergeStatus(inputOf({ admin, records: [calm.bal1, record('web1', { web: copy('stopped') })] }));
    expect(status.nodes[1]).toMatchObject({ state: 'standby', because: 'to be shut down: new kernel' });
    const because = 'kept for bal2, which is shut down: new kernel';
    expect(status.services[1]).toMatchObject({ name: 'web', state: 'stopped', wanted: 0, because });
    const wish = 'bal2 is shut down, and in standby until it is back; kept for it for 10m: web: new kernel';
    expect(status.wishes).toEqual([wish]);
    const lost = { ...noAdmin, standby: { bal1: admin.standby.bal2 } };
    expect(mergeStatus(inputOf({ admin: lost, lost: ['bal1'] })).nodes[0]).toMatchObject({
      state: 'lost',
      because: 'not heard on any link; an operator shut it down: new kernel',
    });
  });

  it('shows a service whose stop failed as blocked, with the reason', () => {
    const blocked = copy('blocked', { failures: 1, lastFailure: 'stop timed out after 20 s' });
    const status = mergeStatus(inputOf({ admin: noAdmin, records: [record('bal1', { site: blocked }), calm.web1] }));
    expect(status.services[0]).toMatchObject({
      state: 'blocked',
      because: 'it could not be stopped on bal1: stop timed out after 20 s',
    });
    expect(status.failures).toMatchObject([{ service: 'site', node: 'bal1', count: 1, max: 3 }]);
  });

  it('calls a clone partly running while a copy is missing', () => {
    const input = inputOf();
    const cluster = {
      ...input.cluster,
      services: input.cluster.services.map((each) =>
        each.id === 'site' ? { ...each, clone: true, instances: 2 } : each,
      ),
    };
    const status = mergeStatus({ ...input, cluster });
    expect(status.services[0]).toMatchObject({ state: 'partly running', nodes: ['bal1'], wanted: 2 });
  });
});
