/** `npm run sim -- --journal PATH`: what a real node decided, decided again from what its flight recorder kept. */
import { replayJournal } from '../../src/daemon/recorder-report.ts';

/** The exit code: 1 when something is decided otherwise. */
export async function replayRecorded(path: string): Promise<number> {
  const replayed = await replayJournal(path, (line) => process.stdout.write(`${line}\n`));
  if (!replayed.ok) {
    const { code, message, next } = replayed.failure;
    process.stderr.write(`error ${code}: ${message}\n${next === null ? '' : `  next: ${next}\n`}`);
    return 1;
  }
  return replayed.value.same ? 0 : 1;
}
