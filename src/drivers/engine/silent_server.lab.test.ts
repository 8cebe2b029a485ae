import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const namespace = `sb${process.pid % 100_000}`;
const ip = (...args: string[]): string => execFileSync('ip', args, { encoding: 'utf8' });

describe.skipIf(process.getuid?.() !== 0)('a server that falls silent', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sempre-silent-'));
    ip('netns', 'add', namespace);
    ip('-n', namespace, 'link', 'set', 'lo', 'up');
  });
  afterEach(() => {
    spawnSync('ip', ['netns', 'del', namespace]);
    rmSync(folder, { recursive: true, force: true });
  });

  // Again, because a machine that is busy with something else for a moment is no fault of the engine.
  test.each(['haproxy', 'proxy'])(
    '%s: fails no request within 200 ms beyond those in flight to it',
    { retry: 2 },
    (engine) => {
      const program = fileURLToPath(new URL('silent_server.fixture.ts', import.meta.url));
      const report = JSON.parse(ip('netns', 'exec', namespace, process.execPath, program, engine, folder)) as {
        started: unknown;
        inFlight: number;
        total: number;
        failed: string[];
        details: { servers: { id: string; state: string }[] };
      };
      expect(report.started).toEqual({ outcome: 'ok' });
      expect(report.total).toBeGreaterThan(100);
      expect(report.failed.length, report.failed.join(', ')).toBeLessThanOrEqual(report.inFlight);
      expect(report.details.servers.map(({ state }) => state)).toEqual(['down', 'up']);
    },
  );
});
