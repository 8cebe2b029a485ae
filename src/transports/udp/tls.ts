/**
 * How a connection gets its keys: TLS 1.3, both sides with a certificate of the cluster's own authority.
 *
 * OpenSSL makes certain that the other side has the key of the certificate that it shows. Whose certificate that is, and
 * whether it holds, is judged here (`src/identity/judge.ts`) and not by Node's `rejectUnauthorized`: two authorities are
 * valid during a change of keys, names of nodes are no host names, and every refusal is counted with its reason.
 */
import type { Socket } from 'node:net';
import { connect, createSecureContext, type SecureContext, TLSSocket } from 'node:tls';
import type { Ms, NodeId } from '../../core/model.ts';
import type { Authority, NodeCertificate } from '../../identity/certificate.ts';
import { certificateRefusals, judge } from '../../identity/judge.ts';

export const peerProtocol = 'sempre/1';
export const joinProtocol = 'sempre-join/1';

/** With what this node shows who it is, and whom it believes. */
export interface Credentials {
  readonly context: SecureContext;
  readonly authorities: readonly Authority[];
}

/** The certificate of the authority goes with it: a machine that joins knows its fingerprint only. */
export function credentialsOf(own: NodeCertificate, by: Authority, authorities: readonly Authority[]): Credentials {
  const context = createSecureContext({
    minVersion: 'TLSv1.3',
    cert: `${own.certificate.toString()}${by.certificate.toString()}`,
    key: own.key.export({ format: 'pem', type: 'pkcs8' }),
  });
  return { context, authorities };
}

export interface Target {
  readonly peer: NodeId;
  readonly localAddress: string;
  readonly address: string;
  readonly port: number;
}

export function dialTls({ context }: Credentials, { address, port, localAddress }: Target): TLSSocket {
  // Node's types do not say that it hands `localAddress` on to the connection.
  const from: object = { localAddress };
  const options = { host: address, port, secureContext: context, ALPNProtocols: [peerProtocol] };
  return connect({ ...from, ...options, ...judgedHere });
}

/** `secure` is emitted when the handshake is over; what broke it, as `_tlsError`. */
export const acceptTls = ({ context }: Credentials, socket: Socket): TLSSocket =>
  new TLSSocket(socket, {
    isServer: true,
    secureContext: context,
    requestCert: true,
    rejectUnauthorized: false,
    ALPNProtocols: [peerProtocol, joinProtocol],
  });

const judgedHere = { rejectUnauthorized: false, checkServerIdentity: () => undefined } as const;

/** Why the other side of a finished handshake is not who it has to be; null: it is. */
export function refusalOf(socket: TLSSocket, { authorities }: Credentials, peer: NodeId, nowMs: Ms): string | null {
  if (socket.alpnProtocol !== peerProtocol) return 'it speaks another protocol';
  // We never resume; whoever does would be judged by the certificate of another day.
  if (socket.isSessionReused()) return 'it resumed a session';
  const judged = judge(socket.getPeerX509Certificate(), authorities, peer, nowMs);
  return judged.ok ? null : certificateRefusals[judged.refusal];
}
