/**
 * The suite that every driver passes (imported by tests only): what the core may rely on, whatever the driver drives.
 *
 * A driver's test makes a bench: a driver, a service that works on this machine, and the means to harm it from outside.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { plainTraits, type Resource, type Service } from '../core/model.ts';
import type { AgentOp, OpResult, Verb } from '../core/ports.ts';
import { RealAgents } from './agents.ts';
import type { Driver, DriverContext, Drivers } from './driver.ts';

export interface Bench<R extends Resource> {
  readonly driver: Driver<R>;
  /** Starts and stops on this machine, now. */
  readonly resource: R;
  /** The driver remembers the definition that the running copy was started with. */
  readonly tellsDigest: boolean;
  /** Ends or breaks what runs, behind the driver's back. */
  readonly harm: () => Promise<void>;
  /** Definitions that cannot work; the driver must say so. */
  readonly nonsense: readonly R[];
  /** A definition whose start takes for ever; null where there is none. */
  readonly endless: R | null;
  /** Removes everything, also what a failed test left running. */
  readonly cleanUp: () => Promise<void>;
}

/** A service with the given resource and the defaults of a test. */
export function testService(id: string, resource: Resource, more: Partial<Service> = {}): Service {
  return {
    id,
    resource,
    on: ['n1', 'n2'],
    instances: 1,
    clone: false,
    needs: [],
    with: [],
    stickiness: 0,
    check: { everyMs: 1000, timeoutMs: 5000 },
    startTimeoutMs: 20_000,
    stopTimeoutMs: 20_000,
    failures: { max: 3, forgetMs: null },
    takeover: 'nothing',
    ...plainTraits,
    digest: 'digest-1',
    ...more,
  };
}

export function testOp(verb: Verb, service: Service, more: Partial<AgentOp> = {}): AgentOp {
  const plain = { handFrom: null, handTo: null, drained: [], role: 'unknown', peer: null, notice: null } as const;
  return { opId: 1, verb, service, timeoutMs: 20_000, ...plain, ...more };
}

/** A context that keeps what drivers say; `clusterNodes` is empty. */
export function testContext(runDirectory: string, more: Partial<DriverContext> = {}) {
  const died: { readonly serviceId: string; readonly because: string }[] = [];
  const lines: string[] = [];
  const context: DriverContext = {
    node: 'n1',
    clusterNodes: () => [],
    runDirectory,
    died: (serviceId, because) => died.push({ serviceId, because }),
    log: (serviceId, line) => lines.push(`${serviceId}: ${line}`),
    ...more,
  };
  return { context, died, lines };
}

/** Only the driver under test may be reached. */
const onlyThis = (driver: Driver<never>): Drivers => {
  const it = driver as Driver;
  return { ocf: it, systemd: it, command: it, address: it, haproxy: it, proxy: it, container: it };
};

export function driverContract<R extends Resource>(name: string, make: () => Promise<Bench<R>>): void {
  describe(`${name}: driver contract`, () => {
    let bench: Bench<R>;
    let answers: Map<number, OpResult[]>;
    let agents: RealAgents;

    beforeEach(async () => {
      bench = await make();
      answers = new Map();
      agents = new RealAgents(onlyThis(bench.driver), (id, result) =>
        answers.set(id, [...(answers.get(id) ?? []), result]),
      );
    });
    afterEach(async () => {
      await bench.driver.close?.();
      await bench.cleanUp();
    });

    const service = (more: Partial<Service> = {}): Service => testService('contract', bench.resource, more);

    /** Through `RealAgents`, as the daemon does; `perform` must neither throw nor answer for another verb. */
    let lastOpId = 0;
    async function run(verb: Verb, of: Service, timeoutMs = 20_000): Promise<OpResult> {
      lastOpId += 1;
      const opId = lastOpId;
      agents.run(testOp(verb, of, { opId, timeoutMs }));
      await expect.poll(() => answers.get(opId), { timeout: timeoutMs + 5000, interval: 10 }).toBeDefined();
      expect(answers.get(opId)).toHaveLength(1);
      const result = answers.get(opId)?.[0] ?? expect.fail('no answer');
      if (result.outcome === 'failed') expect(result.because).not.toContain('a bug');
      return result;
    }
    const isRunning = (digest: string): OpResult => ({ outcome: 'running', digest: bench.tellsDigest ? digest : null });

    test('a service that was never started is stopped', async () => {
      expect(await run('probe', service())).toEqual({ outcome: 'stopped' });
    });

    test('start, probe, check, stop', async () => {
      expect(await run('start', service())).toEqual({ outcome: 'ok' });
      expect(await run('probe', service())).toEqual(isRunning('digest-1'));
      expect(await run('check', service())).toEqual(isRunning('digest-1'));
      expect(await run('stop', service())).toEqual({ outcome: 'ok' });
      expect(await run('probe', service())).toEqual({ outcome: 'stopped' });
    });

    test('start of what runs, and stop of what is stopped, change nothing and are fine', async () => {
      expect(await run('stop', service())).toEqual({ outcome: 'ok' });
      expect(await run('start', service())).toEqual({ outcome: 'ok' });
      expect(await run('start', service())).toEqual({ outcome: 'ok' });
      expect(await run('check', service())).toEqual(isRunning('digest-1'));
      expect(await run('stop', service())).toEqual({ outcome: 'ok' });
      expect(await run('stop', service())).toEqual({ outcome: 'ok' });
    });

    test('a probe names the definition that runs, not the one that is asked for', async () => {
      expect(await run('start', service({ digest: 'old' }))).toEqual({ outcome: 'ok' });
      expect(await run('probe', service({ digest: 'new' }))).toEqual(isRunning('old'));
      expect(await run('stop', service({ digest: 'old' }))).toEqual({ outcome: 'ok' });
    });

    test('a check sees that it was harmed, and stop and start mend it', async () => {
      expect(await run('start', service())).toEqual({ outcome: 'ok' });
      await bench.harm();
      expect((await run('check', service())).outcome).toMatch(/^(stopped|failed)$/);
      expect(await run('stop', service())).toEqual({ outcome: 'ok' });
      expect(await run('start', service())).toEqual({ outcome: 'ok' });
      expect(await run('check', service())).toEqual(isRunning('digest-1'));
      expect(await run('stop', service())).toEqual({ outcome: 'ok' });
    });

    test('what cannot work fails in words, and can be stopped', async () => {
      for (const resource of bench.nonsense) {
        const bad = service({ resource });
        for (const verb of ['probe', 'check', 'start'] as const) {
          const result = await run(verb, bad, 5000);
          if (verb === 'start') expect(result).toMatchObject({ outcome: 'failed' });
          expect(result.outcome).toMatch(/^(stopped|failed)$/);
          if (result.outcome === 'failed') expect(result.because.length).toBeGreaterThan(10);
        }
        expect((await run('stop', bad, 5000)).outcome).toMatch(/^(ok|failed)$/);
      }
    });

    test('a start that takes too long ends at its time limit, and can be stopped', async (context) => {
      if (bench.endless === null) return context.skip('no start of this driver takes for ever');
      const endless = service({ resource: bench.endless });
      const begunMs = performance.now();
      expect(await run('start', endless, 1000)).toMatchObject({ outcome: 'failed', unknown: true });
      expect(performance.now() - begunMs).toBeLessThan(4000);
      expect(await run('stop', endless)).toEqual({ outcome: 'ok' });
      expect((await run('probe', endless)).outcome).toBe('stopped');
    });

    test('a stop ends a start that takes too long', async (context) => {
      if (bench.endless === null) return context.skip('no start of this driver takes for ever');
      const endless = service({ resource: bench.endless });
      const start = run('start', endless);
      await sleep(300);
      expect(await run('stop', endless, 10_000)).toEqual({ outcome: 'ok' });
      expect((await run('probe', endless)).outcome).toBe('stopped');
      await start;
    });

    test.each([0, 3, 10, 40])('what a stop overtakes after %i ms does not run in the end', async (afterMs) => {
      const start = run('start', service());
      await sleep(afterMs);
      expect(await run('stop', service())).toEqual({ outcome: 'ok' });
      expect(await run('probe', service())).toEqual({ outcome: 'stopped' });
      await start;
      expect(await run('probe', service())).toEqual({ outcome: 'stopped' });
    });
  });
}
