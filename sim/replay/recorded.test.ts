/**
 * Journals of real daemons: whoever changes the core by mistake decides something here otherwise than they did. Where that is on
 * purpose, `node_modules/.bin/node sim/replay/main.ts` records them anew.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { journalFiles } from '../../src/daemon/recorder-replay.ts';
import { replayJournal } from '../../src/daemon/recorder-report.ts';
import { journals, recordedNodes } from './recorded.ts';

describe.each(recordedNodes)('the journal of %s', (node) => {
  it('gives the same decisions', async () => {
    const lines: string[] = [];
    const replayed = await replayJournal(join(journals, node), (line) => lines.push(line));
    expect(replayed.ok && replayed.value.same, lines.slice(-40).join('\n')).toBe(true);
    expect(lines.join('\n')).toMatch(/ view: .* => \d+ \{/);
  });

  it('holds no secret', async () => {
    const files = await journalFiles(join(journals, node));
    expect(files.ok).toBe(true);
    for (const file of files.ok ? files.value : []) expect(await readFile(file, 'utf8')).not.toContain('never-written');
  });
});
