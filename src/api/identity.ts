/** What the API says and does about keys and new machines. Secrets go out in one place only: the token of `POST /v1/token`. */
import type { Ms, NodeId } from '../core/model.ts';
import { type Failure, failure, type Result, success } from '../lib/errors.ts';

export interface KeyStatus {
  /** Of the key that this node sends with. */
  readonly generation: number;
  /** Names the key without telling it. */
  readonly id: string;
  /** RFC 3339; null: not known. */
  readonly madeAt: string | null;
  /** A change that is under way, and the nodes that it waits for. */
  readonly next: { readonly generation: number; readonly id: string; readonly missing: readonly NodeId[] } | null;
}

export interface RotateAnswer {
  readonly generation: number;
  readonly id: string;
  /** All nodes have it and the old one is dropped. Otherwise it goes on by itself. */
  readonly done: boolean;
  readonly missing: readonly NodeId[];
}

export interface TokenAnswer {
  readonly token: string;
  /** RFC 3339. */
  readonly expiresAt: string;
}

export interface CertificateStatus {
  /** SHA-256 of the authority's certificate. */
  readonly authority: string;
  readonly notAfter: string;
}

export interface DoorStatus {
  readonly openTokens: number;
  readonly joined: number;
  /** By reason. */
  readonly refused: Readonly<Record<string, number>>;
}

export interface IdentityStatus {
  readonly key: KeyStatus;
  /** Null: none was needed yet. */
  readonly certificate: CertificateStatus | null;
  readonly door: DoorStatus;
}

export interface IdentityApi {
  status(): IdentityStatus;
  rotate(): Promise<Result<RotateAnswer>>;
  /** `node` null: any node of the cluster file. */
  createToken(node: NodeId | null, ttlMs: Ms): Result<TokenAnswer>;
}

export const ttlMsMax: Ms = 24 * 3_600_000;

const paths: Readonly<Record<string, 'GET' | 'POST'>> = {
  '/v1/identity': 'GET',
  '/v1/key/rotate': 'POST',
  '/v1/token': 'POST',
};

export const isIdentityPath = (path: string): boolean => Object.hasOwn(paths, path);

/** The answer, or what to refuse with. */
export async function identityAnswer(
  identity: IdentityApi,
  { method, path, body }: { readonly method: string; readonly path: string; readonly body: string },
): Promise<Result<object>> {
  if (method !== paths[path]) return failure('USAGE', `${path} takes ${paths[path]}`);
  if (path === '/v1/identity') return success(identity.status());
  if (path === '/v1/key/rotate') return identity.rotate();
  const asked = parseTokenBody(body);
  return asked.ok ? identity.createToken(asked.value.node, asked.value.ttlMs) : asked;
}

function parseTokenBody(text: string): Result<{ readonly node: NodeId | null; readonly ttlMs: Ms }> {
  const body = parsed(text);
  if (typeof body !== 'object' || body === null) return expected('an object');
  const { node = null, ttlMs } = body as Record<string, unknown>;
  if (node !== null && (typeof node !== 'string' || node === '' || node.length > 255))
    return expected('`node` as a name');
  if (typeof ttlMs !== 'number' || !(ttlMs >= 1000 && ttlMs <= ttlMsMax))
    return expected(`\`ttlMs\` as a number from 1000 to ${ttlMsMax}`);
  return success({ node, ttlMs });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const expected = (what: string): { ok: false; failure: Failure } =>
  failure('BAD_REQUEST', `the request must hold ${what}`);
