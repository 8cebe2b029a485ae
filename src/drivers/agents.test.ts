import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { OpResult } from '../core/ports.ts';
import { RealAgents } from './agents.ts';
import { testOp, testService } from './contract.ts';
import type { Driver, Drivers } from './driver.ts';
import { failed, ok, running } from './driver.ts';

const service = testService('web', { kind: 'systemd', unit: 'web.service' });

function bench(perform: Driver['perform'], more: Partial<Driver> = {}) {
  const never: Driver = { perform: () => expect.fail('another driver was called') };
  const drivers: Drivers = {
    ocf: never,
    systemd: { ...more, perform },
    command: never,
    address: never,
    haproxy: never,
    proxy: never,
    container: never,
  };
  const answers: [number, OpResult][] = [];
  return { answers, agents: new RealAgents(drivers, (id, result) => answers.push([id, result])) };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('run', () => {
  test('passes the result of the right driver on, once, and never before it returns', async () => {
    const { agents, answers } = bench(async () => ok);
    agents.run(testOp('start', service, { opId: 7 }));
    expect(answers).toEqual([]);
    await vi.runAllTimersAsync();
    expect(answers).toEqual([[7, ok]]);
  });

  test('answers "nobody knows" for a driver that hangs, and ignores what it says later', async () => {
    let finish: (result: OpResult) => void = () => {};
    const { agents, answers } = bench(
      () =>
        new Promise((resolve) => {
          finish = resolve;
        }),
    );
    agents.run(testOp('start', service, { opId: 1, timeoutMs: 2000 }));
    await vi.advanceTimersByTimeAsync(2499);
    expect(answers).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    const because = 'start of web gave no answer within 2000 ms';
    expect(answers).toEqual([[1, { ...failed(because), unknown: true }]]);
    finish(ok);
    await vi.runAllTimersAsync();
    expect(answers.length).toBe(1);
  });

  test('stops once more what a start that was overtaken has started behind its back', async () => {
    const calls: string[] = [];
    const { agents, answers } = bench(async ({ verb, timeoutMs }) => {
      calls.push(`${verb} ${timeoutMs}`);
      await new Promise((resolve) => setTimeout(resolve, verb === 'start' ? 1000 : 100));
      calls.push(`${verb} done`);
      return ok;
    });
    agents.run(testOp('start', service, { opId: 1, timeoutMs: 5000 }));
    await vi.advanceTimersByTimeAsync(500);
    agents.run(testOp('stop', service, { opId: 2, timeoutMs: 2000 }));
    await vi.runAllTimersAsync();
    expect(calls).toEqual(['start 5000', 'stop 2000', 'stop done', 'start done', 'stop 1500', 'stop done']);
    expect(answers.map(([id]) => id)).toEqual([1, 2]);
    agents.run(testOp('stop', service, { opId: 3, timeoutMs: 2000 }));
    await vi.runAllTimersAsync();
    expect(calls.slice(6)).toEqual(['stop 2000', 'stop done']);
  });

  test("believes a driver's own answer at its time limit", async () => {
    const late = failed('killed at its time limit');
    const { agents, answers } = bench(() => new Promise((resolve) => setTimeout(resolve, 2100, late)));
    agents.run(testOp('start', service, { opId: 1, timeoutMs: 2000 }));
    await vi.runAllTimersAsync();
    expect(answers).toEqual([[1, late]]);
  });

  test.each([
    [
      'throws',
      () => {
        throw new Error('oops');
      },
    ],
    [
      'rejects',
      async () => {
        throw new Error('oops');
      },
    ],
  ])('turns a bug into a failure: a driver that %s', async (_, perform) => {
    const { agents, answers } = bench(perform);
    agents.run(testOp('stop', service, { opId: 3 }));
    await vi.runAllTimersAsync();
    expect(answers).toEqual([[3, failed('stop of web: the driver broke, a bug: oops')]]);
  });

  test.each([
    ['check', ok],
    ['start', running(null)],
    ['stop', { outcome: 'conflict', because: '' }],
    ['probe', { outcome: 'whatever' } as unknown as OpResult],
  ] as const)('does not pass on an answer that does not fit: %s', async (verb, result) => {
    const { agents, answers } = bench(async () => result);
    agents.run(testOp(verb, service));
    await vi.runAllTimersAsync();
    expect(answers[0]?.[1]).toMatchObject({ outcome: 'failed', scope: 'soft' });
  });
});

describe('details', () => {
  test('come from the driver', async () => {
    expect(await bench(async () => ok, { details: async () => ({ pid: 7 }) }).agents.details(service)).toEqual({
      pid: 7,
    });
  });

  test('are null when the driver has none, breaks or hangs', async () => {
    expect(await bench(async () => ok).agents.details(service)).toBeNull();
    const broken = {
      details: async () => {
        throw new Error('oops');
      },
    };
    expect(await bench(async () => ok, broken).agents.details(service)).toBeNull();
    const hung = bench(async () => ok, { details: () => new Promise(() => {}) }).agents.details(service);
    await vi.advanceTimersByTimeAsync(1000);
    expect(await hung).toBeNull();
  });
});

test('close reaches the drivers and outlives one that breaks', async () => {
  const close = vi.fn(async () => {
    throw new Error('oops');
  });
  await bench(async () => ok, { close }).agents.close();
  expect(close).toHaveBeenCalledOnce();
});
