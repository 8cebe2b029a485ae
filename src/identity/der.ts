/**
 * Just enough DER to write a certificate. Nothing here reads: what others send is read by OpenSSL.
 */

const tag = {
  boolean: 0x01,
  integer: 0x02,
  bits: 0x03,
  octets: 0x04,
  oid: 0x06,
  utf8: 0x0c,
  utcTime: 0x17,
  time: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

export const sequence = (...parts: readonly Buffer[]): Buffer => element(tag.sequence, ...parts);
export const set = (...parts: readonly Buffer[]): Buffer => element(tag.set, ...parts);
export const octets = (content: Buffer): Buffer => element(tag.octets, content);
export const utf8 = (text: string): Buffer => element(tag.utf8, Buffer.from(text, 'utf8'));
export const yes = element(tag.boolean, Buffer.of(0xff));

/** `unused`: how many bits at the end do not count. */
export const bits = (content: Buffer, unused = 0): Buffer => element(tag.bits, Buffer.of(unused), content);

/** Of a positive number, given as its bytes. */
export function integer(bytes: Buffer): Buffer {
  const first = bytes.findIndex((byte) => byte !== 0);
  const trimmed = first === -1 ? Buffer.of(0) : bytes.subarray(first);
  const isNegativeAsIs = ((trimmed[0] ?? 0) & 0x80) !== 0;
  return element(tag.integer, isNegativeAsIs ? Buffer.of(0) : Buffer.alloc(0), trimmed);
}

/** What carries the number `n` in brackets in the ASN.1 of certificates, around other elements. */
export const explicit = (n: number, ...parts: readonly Buffer[]): Buffer => element(0xa0 | n, ...parts);
/** ... and in the place of another tag. */
export const implicit = (n: number, content: Buffer): Buffer => element(0x80 | n, content);

export function oid(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number);
  return element(tag.oid, Buffer.from([first * 40 + second, ...rest].flatMap(base128)));
}

/** Years before 2050 must be written with two digits, later ones with four. */
export function time(atMs: number): Buffer {
  const digits = `${new Date(atMs).toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`;
  const isShort = new Date(atMs).getUTCFullYear() < 2050;
  return element(isShort ? tag.utcTime : tag.time, Buffer.from(isShort ? digits.slice(2) : digits, 'latin1'));
}

function element(tagByte: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.of(tagByte), lengthOf(content.length), content]);
}

function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.of(length);
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return Buffer.of(0x80 | bytes.length, ...bytes);
}

function base128(number: number): number[] {
  const bytes = [number % 128];
  for (let rest = Math.floor(number / 128); rest > 0; rest = Math.floor(rest / 128)) bytes.unshift(0x80 | (rest % 128));
  return bytes;
}
