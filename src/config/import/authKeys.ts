/** Reads Heartbeat's authkeys: the keys that packets are signed with. */
import { ImportFault, type ImportNote, type Place } from './fault.ts';
import { linesOf, type Placed, placed, placeOf } from './heartbeatLines.ts';
import type { Token, Words } from './words.ts';

export interface AuthKey extends Place {
  readonly index: number;
  readonly method: 'crc' | 'md5' | 'sha1';
  /** A secret; null for crc, which needs none. */
  readonly key: string | null;
}

export interface AuthKeys {
  /** The one that packets are signed with; the others are only believed. */
  readonly used: AuthKey;
  readonly keys: readonly AuthKey[];
  readonly notes: readonly ImportNote[];
}

/** No message holds a key. */
export function readAuthKeys(text: string): AuthKeys {
  const keys: AuthKey[] = [];
  let auth: Placed<number> | null = null;
  for (const words of linesOf(text, false)) {
    const at = words.next('a number');
    if (at.text.toLowerCase() === 'auth') auth = placed(at, indexOf(words.next('the number of a key')));
    else keys.push(keyOf(at, words));
    if (!words.isEnd) throw words.fault('nothing stands behind the number in «auth NUMBER»');
  }
  if (auth === null) throw new ImportFault({ line: 1, column: 1 }, 'no line says which key is used: «auth NUMBER»');
  const index = auth.value;
  const used = keys.findLast((key) => key.index === index);
  if (used === undefined) throw new ImportFault(auth, `there is no key ${index}`);
  return { used, keys, notes: keyNotes(used) };
}

/** The message does not say what it is: it may be a key in the wrong place. */
function indexOf(token: Token): number {
  if (/^\d{1,9}$/.test(token.text)) return Number(token.text);
  throw new ImportFault(token, 'this is no number of a key: lines are «auth NUMBER» and «NUMBER METHOD KEY»');
}

function keyOf(at: Token, words: Words): AuthKey {
  const index = indexOf(at);
  const method = words.takeWord('crc', 'md5', 'sha1');
  if (method !== 'crc' && method !== 'md5' && method !== 'sha1')
    throw words.fault('crc, md5 or sha1 is missing behind the number');
  const [key, ...more] = words.rest();
  if (more[0] !== undefined) throw new ImportFault(more[0], 'a key is one word');
  if (method !== 'crc' && key === undefined) throw words.fault(`the key for ${method} is missing`);
  return { ...placeOf(at), index, method, key: method === 'crc' ? null : (key?.text ?? null) };
}

function keyNotes({ method, line, column }: AuthKey): ImportNote[] {
  if (method !== 'crc') return [];
  return [{ line, column, text: 'crc proves nothing: whoever can send packets can take part' }];
}
