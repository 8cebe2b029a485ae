/** The demo as a stranger runs it, on this machine: real addresses, HAProxy and Apache where they are installed. */
import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { checkoutDirectory } from '../commands.ts';
import { canMakeNamespaces } from '../namespaces.ts';
import { disksDirectory, labDirectory } from '../record.ts';
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

interface Demo {
  readonly report: Report;
  readonly words: string;
  readonly lab: string;
}

async function demo(...options: string[]): Promise<Demo> {
  const ran = await run([process.execPath, `${checkoutDirectory}/lab/demo/main.ts`, '--json', ...options], {
    timeoutMs: 170_000,
  });
  const report = JSON.parse(ran.stdout || '{}') as Report;
  return { report, words: ran.stderr, lab: `demo-${ran.pid}` };
}

/** Every fault was dealt with; the words are shown when not. */
function expectWell({ report, words, lab }: Demo, faults: number): void {
  expect(report.ok, words).toBe(true);
  expect(report.faults.length).toBe(faults);
  for (const row of report.faults) {
    expect(row.requests, row.fault).toBeGreaterThan(100);
    expect(row.takenOverBy, row.fault).not.toBe('');
    expect(row.why, row.fault).not.toBe('');
  }
  // Where the machine itself stands still for that long, requests of a healthy service take longer than their limit.
  const move = report.faults.find((row) => row.fault.startsWith('planned move'));
  if (report.stallMsMax < 100) expect(move?.failed, words).toBe(0);
  expect(existsSync(labDirectory(lab))).toBe(false);
  expect(existsSync(disksDirectory(lab))).toBe(false);
}

it.skipIf(!(await canMakeNamespaces()))(
  'shows ten faults on hosts with real addresses (needs root and network namespaces)',
  async () => {
    expectWell(await demo(), 10);
  },
);

it('shows what can be shown on loopback addresses', async () => {
  expectWell(await demo('--loopback'), 7);
});
