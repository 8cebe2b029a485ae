/** Reads and checks a cluster file on this side of the socket: mistakes are shown with file, line and column before anything is asked. */
import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';
import type { Problem } from '../config/problems.ts';
import type { Cluster } from '../core/model.ts';
import { reasonOf } from '../daemon/reason.ts';
import { exit } from '../lib/exit.ts';
import { type Context, fail } from './context.ts';

export type ReadFile =
  | { readonly ok: true; readonly source: string; readonly cluster: Cluster; readonly problems: readonly Problem[] }
  | { readonly ok: false; readonly exitCode: number };

/** The file as text and as a cluster; whatever is wrong has been said when it is not ok. `-` is standard input. */
export async function readClusterFile(context: Pick<Context, 'terminal'>, file: string): Promise<ReadFile> {
  const source = await readText(context, file);
  if (source === null) return { ok: false, exitCode: exit.badData };
  const [{ parseClusterFile }, { renderProblems }] = await Promise.all([
    import('../config/parse.ts'),
    import('../config/render.ts'),
  ]);
  const { cluster, problems } = parseClusterFile(source, nameOf(file));
  if (cluster !== null) {
    // They were there before and are no reason to stop: one line is enough.
    if (problems.length > 0)
      context.terminal.note(`${nameOf(file)}: ${count(problems, 'warning')}, shown by: sempre validate ${file}`);
    return { ok: true, source, cluster, problems };
  }
  context.terminal.note(renderProblems(problems, source).trimEnd());
  const message = `${nameOf(file)} has ${count(problems, 'error')}; nothing was changed`;
  return { ok: false, exitCode: fail(context, { code: 'CONFIG_INVALID', message, next: `sempre validate ${file}` }) };
}

/** Null after it was said why the file cannot be read. */
export async function readText(context: Pick<Context, 'terminal'>, file: string): Promise<string | null> {
  let bytes: Buffer;
  try {
    bytes = await readAll(file === '-' ? process.stdin : createReadStream(file));
  } catch (error) {
    fail(context, { code: 'FILE_UNREADABLE', message: `${file} cannot be read: ${reasonOf(error)}`, next: null });
    return null;
  }
  if (isUtf8(bytes)) return bytes.toString('utf8');
  const message = `${nameOf(file)}:${placeOfFirstFault(bytes)}: bytes that are not UTF-8 text`;
  fail(context, { code: 'FILE_UNREADABLE', message, next: 'save it as UTF-8: iconv -f ISO-8859-1 -t UTF-8, say' });
  return null;
}

/** Line and column: as other characters than their writer saw they would get into the cluster. */
function placeOfFirstFault(bytes: Buffer): string {
  for (let line = 1, at = 0; ; line++) {
    const end = bytes.indexOf('\n', at);
    const text = bytes.subarray(at, end < 0 ? bytes.length : end);
    if (end < 0 || !isUtf8(text)) return `${line}:${text.toString('utf8').indexOf('\uFFFD') + 1}`;
    at = end + 1;
  }
}

export const nameOf = (file: string): string => (file === '-' ? 'standard input' : file);

export function count(problems: readonly Problem[], severity: Problem['severity']): string {
  const found = problems.filter((problem) => problem.severity === severity).length;
  return `${found} ${severity}${found === 1 ? '' : 's'}`;
}

/** More than the largest configuration that anybody has; a device without an end has more. */
const bytesMax = 64 * 1024 * 1024;

async function readAll(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    bytes += chunk.length;
    if (bytes > bytesMax) throw new RangeError(`it is larger than ${bytesMax / 1024 / 1024} MiB`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
