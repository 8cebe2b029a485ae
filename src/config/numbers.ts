/** Numbers of copies in the texts of a service: `{copy}` is that of the copy, `{copy+8080}` counts on from 8080. `${copy}` is a shell's. */
import ipaddr from 'ipaddr.js';

const pattern = /(?<!\$)\{copy(?:\+(\d{1,9}))?\}/g;

export const asksForNumber = (text: string): boolean => text.search(pattern) >= 0;

/** In all texts of plain data. Whatever asks for no number stays as it is. */
export function numbered<T>(value: T, number: number): T {
  if (typeof value === 'string')
    return value.replace(pattern, (_, from?: string) => String(Number(from ?? 0) + number)) as T;
  if (Array.isArray(value)) return value.map((each: unknown) => numbered(each, number)) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, numbered<unknown>(each, number)])) as T;
}

/** So many addresses further on. At the end of all addresses it begins anew. */
export function addressAfter(address: string, steps: number): string {
  if (steps === 0) return address;
  const bytes = ipaddr.parse(address).toByteArray();
  let carry = steps;
  for (let at = bytes.length - 1; at >= 0; at--) {
    const sum = (bytes[at] ?? 0) + carry;
    bytes[at] = sum % 256;
    carry = Math.floor(sum / 256);
  }
  return ipaddr.fromByteArray(bytes).toString();
}
