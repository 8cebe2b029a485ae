/** Replays a journal of the flight recorder and tells what came out: the changes in order of time, then the verdict. */
import { softwareVersion } from '../api/software.ts';
import type { Change } from '../core/ports.ts';
import { type Result, success } from '../lib/errors.ts';
import { type Difference, journalFiles, type Replayed, replayFile } from './recorder-replay.ts';

export interface Verdict {
  /** Every step came out as it did then. */
  readonly same: boolean;
  readonly files: number;
  readonly events: number;
  readonly changes: number;
}

/** Ends at the first difference. `write` gets whole lines. */
export async function replayJournal(
  path: string,
  write: (line: string) => void,
  software = softwareVersion(),
): Promise<Result<Verdict>> {
  const files = await journalFiles(path);
  if (!files.ok) return files;
  let verdict: Verdict = { same: true, files: 0, events: 0, changes: 0 };
  for (const file of files.value) {
    const replayed = await replayFile(file);
    if (!replayed.ok) return replayed;
    const { value } = replayed;
    tell(value, software, write);
    const { files: count, events, changes } = verdict;
    verdict = {
      same: value.difference === null,
      files: count + 1,
      events: events + value.events,
      changes: changes + value.changes.length,
    };
    if (!verdict.same) return success(verdict);
  }
  const where = verdict.files === 1 ? '' : ` in ${verdict.files} files`;
  write(`same decisions: ${verdict.events} events, ${verdict.changes} changes${where}`);
  return success(verdict);
}

function tell(replayed: Replayed, software: string, write: (line: string) => void): void {
  const { file, head, changes, difference, crash, unread } = replayed;
  write(`${file}: node ${head.node}, life ${head.boot}, from ${head.at}`);
  if (head.software !== software) write(`  recorded by Sempre ${head.software}, replayed by ${software}`);
  for (const { at, node, change } of changes) write(`  ${at} ${node} ${showChange(change)}`);
  if (unread !== null) write(`  ${unread}: what comes after it is left out`);
  if (crash !== null) write(`  the core does not survive the last event, as it did not then: ${crash}`);
  if (difference !== null) for (const line of showDifference(difference)) write(line);
}

function showDifference({ line, at, event, recorded, replayed, crash }: Difference): string[] {
  const list = (lines: readonly string[]): string[] =>
    lines.length === 0 ? ['    nothing'] : lines.map((each) => `    ${each}`);
  return [
    `another decision in line ${line}, at ${at}:`,
    `  event: ${JSON.stringify(event)}`,
    `  recorded changes (all effects: ${recorded.digest || 'none'}):`,
    ...list(recorded.changes.map(showChange)),
    ...(crash === null
      ? [`  replayed effects (${replayed.digest || 'none'}):`, ...list(replayed.effects)]
      : [`  replayed: the core does not survive it: ${crash}`]),
  ];
}

const showChange = ({ what, from, to, because }: Change): string => `${what}: ${from} => ${to} (${because})`;
