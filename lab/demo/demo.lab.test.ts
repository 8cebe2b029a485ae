/** The demo as a stranger runs it, on this machine: real addresses, HAProxy and Apache where they are installed. */
import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { checkoutDirectory, labStatus } from '../commands.ts';
import { canMakeNamespaces } from '../namespaces.ts';
import { run } from '../run.ts';

interface Report {
  readonly ok: boolean;
  readonly faults: readonly {
    fault: string;
    requests: number;
    failed: number;
    outageMs: number;
    takenOverBy: string;
    why: string;
  }[];
  readonly stallMsMax: number;
}

async function demo(...options: string[]): Promise<{ report: Report; words: string }> {
  const ran = await run([process.execPath, `${checkoutDirectory}/lab/demo/main.ts`, '--json', ...options], {
    timeoutMs: 170_000,
  });
  const report = JSON.parse(ran.stdout || '{}') as Report;
  return { report, words: ran.stderr };
}

/** Every fault was dealt with; the words are shown when not. */
function expectWell({ report, words }: { report: Report; words: string }, faults: number): void {
  expect(report.ok, words).toBe(true);
  expect(report.faults.length).toBe(faults);
  for (const row of report.faults) {
    expect(row.requests, row.fault).toBeGreaterThan(100);
    expect(row.takenOverBy, row.fault).not.toBe('');
    expect(row.why, row.fault).not.toBe('');
  }
  expect(report.faults.find((row) => row.fault.startsWith('planned move'))?.failed, words).toBe(0);
}

async function expectNothingLeft(): Promise<void> {
  expect((await labStatus()).filter((lab) => lab.name.startsWith('demo-'))).toEqual([]);
  expect(existsSync('/var/tmp/sempre-lab/demo')).toBe(false);
}

it.skipIf(!(await canMakeNamespaces()))(
  'shows ten faults on hosts with real addresses (needs root and network namespaces)',
  async () => {
    expectWell(await demo(), 10);
    await expectNothingLeft();
  },
);

it('shows what can be shown on loopback addresses', async () => {
  expectWell(await demo('--loopback'), 6);
  await expectNothingLeft();
});
