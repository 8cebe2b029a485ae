/** The side of `sempre join`: knocks at the member that made the token, knows it by its fingerprint, and is told the rest. */

import { connect, type TLSSocket } from 'node:tls';
import type { Ms, NodeId } from '../core/model.ts';
import { fingerprintOf } from '../identity/certificate.ts';
import type { Ring } from '../identity/ring.ts';
import { type JoinToken, readToken } from '../identity/token.ts';
import { failure, isErrorCode, type Result, success } from '../lib/errors.ts';
import { readRing } from './identity-file.ts';

export interface Joined {
  readonly node: NodeId;
  readonly clusterName: string;
  readonly source: string;
  readonly ring: Ring;
}

const answerBytesMax = 32 * 1024 * 1024;
const connectMs: Ms = 4000;
const newToken = 'sempre token create, on a running member';
const protocol = 'sempre-join/1';

/** Tries the addresses in turn. Once a member has answered, its answer counts: a token is good for one attempt. */
export async function joinWith(text: string, who: Who): Promise<Result<Joined>> {
  const token = readToken(text);
  if (token === null) return failure('TOKEN_INVALID', 'this is no token, or only a part of one', newToken);
  const failed: string[] = [];
  for (const address of token.addresses) {
    const answer = await knock(token, address, who);
    if (answer.kind === 'answer') return read(answer.line);
    if (answer.kind === 'imposter') return imposter(address, token.port);
    failed.push(`${address} port ${token.port}: ${answer.because}`);
  }
  const message = `no member answered: ${failed.join('; ')}. The token may be too old, or its member was restarted`;
  return failure('DAEMON_UNREACHABLE', message, newToken);
}

export interface Who {
  /** As the operator said; null: the token says, or else the machine's name. */
  readonly node: NodeId | null;
  readonly machine: string;
}

type Knocked =
  | { readonly kind: 'answer'; readonly line: string }
  | { readonly kind: 'imposter' }
  | { readonly kind: 'failed'; readonly because: string };

function knock(token: JoinToken, address: string, who: Who): Promise<Knocked> {
  return new Promise((resolve) => {
    const options = { host: address, port: token.port, minVersion: 'TLSv1.3', ALPNProtocols: [protocol] } as const;
    // Whom we talk to is judged by the fingerprint, before the secret is said.
    const socket = connect({ ...options, rejectUnauthorized: false, checkServerIdentity: () => undefined });
    const end = (knocked: Knocked): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(knocked);
    };
    const timer = setTimeout(
      () => end({ kind: 'failed', because: `no answer within ${connectMs / 1000} s` }),
      connectMs,
    );
    let text = '';
    socket.once('secureConnect', () => {
      if (socket.alpnProtocol !== protocol) return end({ kind: 'failed', because: 'it lets nobody in now' });
      if (!isMember(socket, token.fingerprint)) return end({ kind: 'imposter' });
      socket.write(`${JSON.stringify({ secret: token.secret, ...who })}\n`);
    });
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      text += chunk;
      if (text.length > answerBytesMax) end({ kind: 'failed', because: 'its answer is too long' });
      else if (text.endsWith('\n')) end({ kind: 'answer', line: text });
    });
    socket.on('error', (error) => end({ kind: 'failed', because: error.message }));
    socket.on('close', () => end({ kind: 'failed', because: 'it closed the connection' }));
  });
}

/** The chain that was shown ends in the authority of the token, and its first certificate is by that authority. */
function isMember(socket: TLSSocket, fingerprint: string): boolean {
  // Asked once: a second time Node gives nothing.
  const leaf = socket.getPeerX509Certificate();
  const authority = leaf?.issuerCertificate;
  if (leaf === undefined || authority === undefined) return false;
  if (fingerprintOf(authority) !== fingerprint || leaf.ca) return false;
  return leaf.checkIssued(authority) && leaf.verify(authority.publicKey);
}

const imposter = (address: string, port: number): Result<never> =>
  failure(
    'TOKEN_INVALID',
    `whoever answers at ${address} port ${port} is not of the cluster that the token is of; the token was not shown to it`,
    newToken,
  );

function read(line: string): Result<Joined> {
  const answer = parsed(line);
  if (answer === null) return failure('INTERNAL', "the member's answer cannot be read", 'sempre version, on both');
  if (answer.ok !== true) {
    const code = isErrorCode(answer.code) ? answer.code : 'INTERNAL';
    return failure(code, `the member refused: ${String(answer.because)}`, nextAfter[code] ?? null);
  }
  const ring = readRing(answer.keys, answer.using);
  const { node, clusterName, source } = answer;
  if (ring === null || typeof node !== 'string' || typeof clusterName !== 'string' || typeof source !== 'string')
    return failure('INTERNAL', "the member's answer is incomplete", 'sempre version, on both');
  return success({ node, clusterName, source, ring });
}

const nextAfter: Readonly<Record<string, string>> = {
  TOKEN_INVALID: newToken,
  NOT_IN_CLUSTER: 'add the node to the cluster file: sempre apply FILE, on a running member',
  BUSY: 'the same command in a minute',
};

function parsed(line: string): Readonly<Record<string, unknown>> | null {
  try {
    const data: unknown = JSON.parse(line);
    return typeof data === 'object' && data !== null ? (data as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
