import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { watchServices } from '../monitor/checks.ts';
import type { AgentOp, NodeRecord, OpResult, Order, ServiceRecord } from '../ports.ts';
import { mayBePromoted } from '../roles.ts';
import { plainService } from '../schedule/cases/arbitrary.ts';
import { heardOfMigration } from './migrate.ts';
import { Stage } from './stage.testing.ts';

const promotable = { ...plainService('db', ['a', 'b']), clone: true, instances: 2, promotable: { max: 1, perNode: 1 } };
const virtual = { ...plainService('db', ['a', 'b']), migrates: true };

const broke: OpResult = { outcome: 'failed', because: 'it broke', scope: 'soft', unknown: false };
const silent: OpResult = { outcome: 'failed', because: 'no answer', scope: 'soft', unknown: true };

function running(service = promotable): Stage {
  const stage = new Stage(service);
  stage.carryOut('db', 'probe', { outcome: 'stopped' });
  stage.carryOut('db', 'start');
  expect(stage.record('db')).toMatchObject({ state: 'running', role: 'unpromoted' });
  return stage;
}

function promoted(): Stage {
  const stage = running();
  stage.carryOut('db', 'promote');
  expect(stage.record('db')).toMatchObject({ state: 'running', role: 'promoted' });
  return stage;
}

function check(stage: Stage, result: OpResult): ServiceRecord {
  stage.nowMs += 60_000;
  const [op] = stage.do(watchServices);
  expect(op?.verb).toBe('check');
  if (op !== undefined) stage.answer(op, result);
  return stage.record('db');
}

describe('a promotion', () => {
  test('may have happened from its first moment on', () => {
    const stage = running();
    stage.order('db', 'promote');
    expect(stage.record('db')).toMatchObject({ state: 'promoting', role: 'unknown' });
  });

  test.each([broke, silent])('that failed leaves what is stopped before anything else', (result) => {
    const stage = running();
    expect(stage.carryOut('db', 'promote', result)).toMatchObject({ state: 'failed', role: 'unknown', failures: 1 });
    for (const verb of ['promote', 'start', 'notify', 'migrateTo', 'reload'] as const)
      expect(stage.order('db', verb, { peer: 'b' })).toEqual([]);
    expect(stage.carryOut('db', 'stop')).toMatchObject({ state: 'stopped', role: 'unpromoted' });
    expect(stage.ops.at(-1)).toMatchObject({ verb: 'stop', role: 'unknown' });
  });

  test('is only of what runs and is not promoted', () => {
    expect(promoted().order('db', 'promote')).toEqual([]);
    const stage = running();
    stage.carryOut('db', 'stop');
    expect(stage.order('db', 'promote')).toEqual([]);
    expect(running(virtual as typeof promotable).order('db', 'promote')).toEqual([]);
  });
});

describe('a demotion', () => {
  test('leaves an unpromoted copy', () => {
    expect(promoted().carryOut('db', 'demote')).toMatchObject({ state: 'running', role: 'unpromoted' });
    expect(running().order('db', 'demote')).toEqual([]);
  });

  test.each([broke, silent])('that failed leaves what may be promoted', (result) => {
    expect(promoted().carryOut('db', 'demote', result)).toMatchObject({ state: 'failed', role: 'unknown' });
  });

  test('of what failed does not mend it, unless the file says so', () => {
    const stage = promoted();
    expect(check(stage, broke)).toMatchObject({ state: 'failed', role: 'promoted' });
    expect(stage.carryOut('db', 'demote')).toMatchObject({ state: 'failed', role: 'unpromoted' });
    const mended = running({ ...promotable, onFail: { check: 'demote' } });
    mended.carryOut('db', 'promote');
    check(mended, { ...broke, promoted: true });
    expect(mended.carryOut('db', 'demote')).toMatchObject({ state: 'running', role: 'unpromoted' });
  });
});

describe('the time that an operation has', () => {
  const limitsOf = (service: typeof promotable): number[] => {
    const stage = running(service);
    stage.carryOut('db', 'promote');
    stage.carryOut('db', 'demote');
    stage.carryOut('db', 'stop');
    return stage.ops.map(({ timeoutMs }) => timeoutMs);
  };
  const times = { ...promotable, startTimeoutMs: 3000, stopTimeoutMs: 4000 };

  test('is that of a start or a stop where none is said', () => {
    expect(limitsOf(times)).toEqual([1000, 3000, 3000, 4000, 4000]);
  });

  test('is its own where one is said', () => {
    expect(limitsOf({ ...times, timeouts: { promote: 50, demote: 60 } })).toEqual([1000, 3000, 50, 60, 4000]);
  });

  test('is so for both ends of a migration', () => {
    const stage = running({ ...virtual, timeouts: { migrateTo: 70, migrateFrom: 80 } } as typeof promotable);
    expect(stage.order('db', 'migrateTo', { peer: 'b' })).toMatchObject([{ timeoutMs: 70 }]);
    const there = new Stage({ ...virtual, timeouts: { migrateTo: 70, migrateFrom: 80 } });
    there.carryOut('db', 'probe', { outcome: 'stopped' });
    there.order('db', 'expect', { peer: 'b' });
    expect(there.order('db', 'migrateFrom', { peer: 'b' })).toMatchObject([{ timeoutMs: 80 }]);
  });
});

describe('what a look finds', () => {
  test('a promoted copy', () => {
    const stage = new Stage(promotable);
    const found: OpResult = { outcome: 'running', digest: null, promoted: true, promotion: 10 };
    expect(stage.carryOut('db', 'probe', found)).toMatchObject({ state: 'running', role: 'promoted', promotion: 10 });
  });

  test('nothing that could be told', () => {
    const stage = new Stage(promotable);
    expect(stage.record('db').role).toBe('unknown');
    expect(stage.carryOut('db', 'probe', silent)).toMatchObject({ state: 'unknown', role: 'unknown' });
    expect(new Stage(promotable).carryOut('db', 'probe', broke)).toMatchObject({ state: 'failed', role: 'unknown' });
    const promotedAndBroken = { ...broke, promoted: true };
    expect(new Stage(promotable).carryOut('db', 'probe', promotedAndBroken)).toMatchObject({ role: 'promoted' });
  });

  test('another role than the one that it was given', () => {
    const changed = running();
    expect(check(changed, { outcome: 'running', digest: null, promoted: true })).toMatchObject({
      state: 'running',
      role: 'promoted',
      failures: 0,
    });
    expect(check(promoted(), { outcome: 'running', digest: null })).toMatchObject({
      state: 'running',
      role: 'unpromoted',
      failures: 1,
      lastFailure: 'it is no longer promoted',
    });
  });

  test('is ignored when its role was changed meanwhile', () => {
    const stage = running();
    stage.nowMs += 60_000;
    const [look] = stage.do(watchServices);
    stage.carryOut('db', 'promote');
    if (look !== undefined) stage.answer(look, { outcome: 'running', digest: null });
    expect(stage.record('db')).toMatchObject({ state: 'running', role: 'promoted', failures: 0 });
  });

  test('a score that its agent has set', () => {
    const stage = running();
    expect(stage.record('db').promotion).toBeNull();
    expect(check(stage, { outcome: 'running', digest: null, promotion: 100 }).promotion).toBe(100);
    expect(check(stage, { outcome: 'running', digest: null }).promotion).toBe(100);
    expect(check(stage, { outcome: 'running', digest: null, promotion: null }).promotion).toBeNull();
  });
});

test('news are noted with the record, whatever the agent made of them', () => {
  const nobody = { start: [], stop: [], promote: [], demote: [], promoted: [], unpromoted: [], inactive: [] };
  const notice = {
    ...nobody,
    type: 'pre',
    operation: 'start',
    start: ['b'],
    active: ['a'],
    available: ['a', 'b'],
  } as const;
  const stage = promoted();
  expect(stage.carryOut('db', 'notify', { outcome: 'ok' }, { notice })).toMatchObject({ state: 'running', notice });
  expect(stage.record('db').role).toBe('promoted');
  const post = { ...notice, type: 'post' } as const;
  expect(stage.carryOut('db', 'notify', silent, { notice: post })).toMatchObject({ notice: post, failures: 0 });
  expect(stage.carryOut('db', 'stop').notice).toBeNull();
});

describe('a migration', () => {
  const target = (): Stage => {
    const stage = new Stage(virtual as typeof promotable);
    stage.carryOut('db', 'probe', { outcome: 'stopped' });
    return stage;
  };
  const source = (): Stage => running(virtual as typeof promotable);

  test('on the source: what is left is stopped, and says where it went', () => {
    const stage = source();
    stage.order('db', 'migrateTo', { peer: 'b' });
    expect(stage.record('db')).toMatchObject({ state: 'migrating', peer: 'b' });
    const [op] = stage.ops.slice(-1);
    expect(op).toMatchObject({ verb: 'migrateTo', peer: 'b' });
    if (op !== undefined) stage.answer(op, { outcome: 'ok' });
    expect(stage.record('db')).toMatchObject({ state: 'moved', peer: 'b' });
    expect(stage.carryOut('db', 'stop')).toMatchObject({ state: 'stopped', peer: 'b' });
  });

  test.each([broke, silent])('that failed there may still have reached the target', (result) => {
    const more = { peer: 'b' };
    expect(source().carryOut('db', 'migrateTo', result, more)).toMatchObject({
      state: 'failed',
      peer: 'b',
      failures: 1,
    });
  });

  test('on the target: it may run there from the order to expect it', () => {
    const stage = target();
    expect(stage.order('db', 'expect', { peer: 'b' })).toEqual([]);
    expect(stage.record('db')).toMatchObject({ state: 'arriving', peer: 'b', role: 'unknown' });
    expect(stage.state.local.get('db')?.running?.id).toBe('db');
    expect(stage.order('db', 'start')).toEqual([]);
    expect(stage.carryOut('db', 'migrateFrom', { outcome: 'ok' }, { peer: 'b' })).toMatchObject({
      state: 'running',
      peer: 'b',
    });
  });

  test('that failed on the target is stopped there', () => {
    const stage = target();
    stage.carryOut('db', 'expect', undefined, { peer: 'b' });
    expect(stage.carryOut('db', 'migrateFrom', silent, { peer: 'b' })).toMatchObject({ state: 'failed', peer: null });
    expect(stage.order('db', 'start')).toEqual([]);
    expect(stage.carryOut('db', 'stop')).toMatchObject({ state: 'stopped', peer: null });
  });

  test('that was called off leaves a target that is stopped', () => {
    const stage = target();
    stage.carryOut('db', 'expect', undefined, { peer: 'b' });
    expect(stage.carryOut('db', 'stop')).toMatchObject({ state: 'stopped', peer: null });
  });

  test('is not of a promoted copy, nor to the node itself', () => {
    expect(promoted().order('db', 'migrateTo', { peer: 'b' })).toEqual([]);
    expect(source().order('db', 'migrateTo', { peer: 'a' })).toEqual([]);
    expect(source().order('db', 'migrateTo')).toEqual([]);
  });

  test('that a restarted target hears of is expected, or looked for', () => {
    const recordOf = (state: ServiceRecord['state'], version: number): NodeRecord => {
      const services = { db: { ...target().record('db'), state, peer: 'a' } };
      return { node: 'b', boot: 1, version, services, watchdog: 'none', fencings: [] };
    };
    const stage = target();
    stage.do((turn) => heardOfMigration(turn, undefined, recordOf('migrating', 1)));
    expect(stage.record('db')).toMatchObject({ state: 'arriving', peer: 'b' });
    const late = target();
    late.do((turn) => heardOfMigration(turn, undefined, recordOf('failed', 1)));
    expect(late.record('db')).toMatchObject({ state: 'unknown' });
    late.carryOut('db', 'probe', { outcome: 'stopped' });
    late.do((turn) => heardOfMigration(turn, recordOf('failed', 1), recordOf('failed', 2)));
    expect(late.record('db')).toMatchObject({ state: 'stopped' });
  });
});

describe('without quorum', () => {
  test.each(['promote', 'demote', 'notify'] as const)('a stop does not wait for a %s that hangs', (verb) => {
    const stage = verb === 'demote' ? promoted() : running();
    const nobody = { start: [], stop: [], promote: [], demote: [], promoted: [], unpromoted: [], inactive: [] };
    const notice = { ...nobody, type: 'pre', operation: 'start', active: [], available: [] } as const;
    const [hanging] = stage.order('db', verb, { notice });
    const [stop] = stage.loseQuorum();
    expect(stop).toMatchObject({ verb: 'stop', role: verb === 'notify' ? 'unpromoted' : stop?.role });
    if (verb !== 'notify') expect(stop?.role).not.toBe('unpromoted');
    if (hanging !== undefined) stage.answer(hanging, { outcome: 'ok' });
    expect(stage.record('db').state).toBe('stopping');
    if (stop !== undefined) stage.answer(stop, { outcome: 'ok' });
    expect(stage.record('db')).toMatchObject({ state: 'stopped', role: 'unpromoted' });
  });

  test('what may arrive, and what was given away, is stopped', () => {
    const stage = new Stage(virtual as typeof promotable);
    stage.carryOut('db', 'probe', { outcome: 'stopped' });
    stage.order('db', 'expect', { peer: 'b' });
    expect(stage.loseQuorum()).toMatchObject([{ verb: 'stop' }]);
    for (const op of stage.ops.slice(-1)) stage.answer(op, { outcome: 'ok' });
    expect(stage.record('db').state).toBe('arriving');
    expect(stage.loseQuorum()).toEqual([]);
    stage.nowMs += 1000;
    expect(stage.loseQuorum()).toMatchObject([{ verb: 'stop' }]);
    const source = running(virtual as typeof promotable);
    source.carryOut('db', 'migrateTo', { outcome: 'ok' }, { peer: 'b' });
    expect(source.loseQuorum()).toMatchObject([{ verb: 'stop' }]);
  });

  test('nothing is promoted or taken over while everything is being stopped', () => {
    const stage = running();
    stage.state = { ...stage.state, purging: true };
    expect(stage.order('db', 'promote')).toEqual([]);
    const target = new Stage(virtual as typeof promotable);
    target.carryOut('db', 'probe', { outcome: 'stopped' });
    target.state = { ...target.state, purging: true };
    expect(target.order('db', 'migrateFrom', { peer: 'b' })).toEqual([]);
    expect(target.carryOut('db', 'expect', undefined, { peer: 'b' }).state).toBe('stopped');
  });
});

// ---------------------------------------------------------------- any orders, any honest answers

/** What runs in truth, and what an agent makes of it: it does its work or not, and says so, says that it failed, or says nothing. */
interface Truth {
  runs: boolean;
  isPromoted: boolean;
}

type Behaviour = 'works' | 'fails' | 'lies' | 'hangs before' | 'hangs after';

function act(truth: Truth, { verb }: AgentOp, behaviour: Behaviour): OpResult {
  const does = behaviour === 'works' || behaviour === 'lies' || behaviour === 'hangs after';
  if (verb === 'probe' || verb === 'check') return does ? look(truth) : behaviour === 'fails' ? broke : silent;
  if (does) perform(truth, verb);
  if (behaviour === 'works') return { outcome: 'ok' };
  return behaviour.startsWith('hangs') ? silent : broke;
}

const look = ({ runs, isPromoted }: Truth): OpResult =>
  runs ? { outcome: 'running', digest: null, promoted: isPromoted } : { outcome: 'stopped' };

function perform(truth: Truth, verb: AgentOp['verb']): void {
  if (verb === 'start' || verb === 'migrateFrom') truth.runs = true;
  if (verb === 'stop' || verb === 'migrateTo') truth.runs = truth.isPromoted = false;
  if (verb === 'promote') truth.isPromoted = truth.runs;
  if (verb === 'demote') truth.isPromoted = false;
}

const verbs = [
  'probe',
  'start',
  'stop',
  'promote',
  'demote',
  'notify',
  'expect',
  'migrateTo',
  'migrateFrom',
  'forget',
] as const;
const steps = fc.array(
  fc.record({
    verb: fc.constantFrom<(Order['verb'] | 'check' | 'arrive')[]>(...verbs, 'check', 'arrive', 'promote', 'start'),
    behaviour: fc.constantFrom<Behaviour[]>('works', 'works', 'works', 'fails', 'lies', 'hangs before', 'hangs after'),
    isLate: fc.boolean(),
  }),
  { minLength: 1, maxLength: 40 },
);

test('no record says that a copy is stopped or unpromoted that is not', () => {
  fc.assert(
    fc.property(steps, (all) => {
      const stage = new Stage({ ...promotable, migrates: true });
      const truth: Truth = { runs: false, isPromoted: false };
      for (const { verb, behaviour, isLate } of all) {
        // The source may bring it at any moment after it is expected.
        if (verb === 'arrive' && stage.record('db').state === 'arriving') truth.runs = true;
        stage.nowMs += verb === 'check' ? 60_000 : 100;
        const begun =
          verb === 'check' ? stage.do(watchServices) : verb === 'arrive' ? [] : stage.order('db', verb, { peer: 'b' });
        agrees(stage, truth);
        for (const op of begun) {
          // A later order meets it while it is under way, and must change nothing.
          if (isLate && op.verb !== 'check') expect(stage.order('db', 'stop')).toEqual([]);
          const result = act(truth, op, behaviour);
          agrees(stage, truth);
          stage.answer(op, result);
          agrees(stage, truth);
        }
      }
    }),
    { numRuns: 500 },
  );
});

function agrees(stage: Stage, truth: Truth): void {
  const record = stage.record('db');
  if (truth.runs) expect(record.state).not.toBe('stopped');
  if (truth.isPromoted) expect(mayBePromoted(record)).toBe(true);
}
