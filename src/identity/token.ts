/** What one line of text carries from a member to a new machine: where to knock, whom to expect, and a secret. */
import { isIP } from 'node:net';

export interface JoinToken {
  /** Addresses of the member that made it; only that one knows the secret. */
  readonly addresses: readonly string[];
  readonly port: number;
  /** Fingerprint of the cluster's authority. */
  readonly fingerprint: string;
  readonly secret: string;
}

const prefix = 'sempre1.';
const textMax = 2048;
const addressesMax = 8;

export const writeToken = ({ addresses, port, fingerprint, secret }: JoinToken): string =>
  `${prefix}${Buffer.from(JSON.stringify({ a: addresses, p: port, f: fingerprint, s: secret })).toString('base64url')}`;

/** Null for everything that is no token, or only a part of one. */
export function readToken(text: string): JoinToken | null {
  const trimmed = text.trim();
  if (!trimmed.startsWith(prefix) || trimmed.length > textMax) return null;
  try {
    return tokenOf(JSON.parse(Buffer.from(trimmed.slice(prefix.length), 'base64url').toString('utf8')));
  } catch {
    return null;
  }
}

function tokenOf(data: unknown): JoinToken | null {
  if (typeof data !== 'object' || data === null) return null;
  const { a, p, f, s } = data as Record<string, unknown>;
  if (!Array.isArray(a) || a.length === 0 || a.length > addressesMax || !a.every(isAddress)) return null;
  if (typeof p !== 'number' || !Number.isSafeInteger(p) || p < 1 || p > 65_535) return null;
  if (typeof f !== 'string' || !/^[0-9a-f]{64}$/.test(f)) return null;
  if (typeof s !== 'string' || !/^[\w-]{32,64}$/.test(s)) return null;
  return { addresses: a, port: p, fingerprint: f, secret: s };
}

const isAddress = (text: unknown): text is string => typeof text === 'string' && isIP(text) !== 0;
