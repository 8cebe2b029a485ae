/** Keeps the end of a stream of bytes: what a program said last explains most, and it must not grow with the program. */
export interface Tail {
  readonly bytesMax: number;
  readonly chunks: Uint8Array[];
  bytes: number;
}

export const emptyTail = (bytesMax: number): Tail => ({ bytesMax, chunks: [], bytes: 0 });

/** Appends and drops whole chunks from the front; `tailText` cuts to the byte. */
export function appendTail(tail: Tail, chunk: Uint8Array): void {
  tail.chunks.push(chunk);
  tail.bytes += chunk.length;
  let first = tail.chunks[0];
  while (first !== undefined && tail.bytes - first.length >= tail.bytesMax) {
    tail.chunks.shift();
    tail.bytes -= first.length;
    first = tail.chunks[0];
  }
}

/** The last `bytesMax` bytes as text; bytes that are no UTF-8 show as replacement characters. */
export function tailText(tail: Tail): string {
  return Buffer.concat(tail.chunks).subarray(-tail.bytesMax).toString('utf8');
}

/** Lines that hold something, without the spaces around. */
export const linesOf = (text: string): string[] => (text.match(/\S[^\n]*/g) ?? []).map((line) => line.trimEnd());

const lineCharsMax = 400;

/** The last line that holds something, cut to what fits a message; empty when there is none. */
export const lastLine = (text: string): string => (linesOf(text).at(-1) ?? '').slice(0, lineCharsMax);
