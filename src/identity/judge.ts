/** Whom a certificate belongs to, and why it is refused. Pure: authorities, names and times come in. */
import type { X509Certificate } from 'node:crypto';
import type { Ms, NodeId } from '../core/model.ts';
import type { Authority } from './certificate.ts';

export const certificateRefusals = {
  none: 'it showed no certificate',
  stranger: 'its certificate is not of this cluster',
  ended: 'its certificate has ended: is a clock wrong?',
  notYet: 'its certificate does not hold yet: is a clock wrong?',
  otherNode: "its certificate is another node's",
} as const;

export type CertificateRefusal = keyof typeof certificateRefusals;

export type Judged =
  | { readonly ok: true; readonly authority: Authority }
  | { readonly ok: false; readonly refusal: CertificateRefusal };

/**
 * Accepts a certificate that one of the authorities gave to `expected` and that holds now. That the other side has the key
 * of the certificate is the handshake's matter.
 */
export function judge(
  certificate: X509Certificate | undefined,
  authorities: readonly Authority[],
  expected: NodeId,
  nowMs: Ms,
): Judged {
  if (certificate === undefined) return refused('none');
  const authority = authorities.find((each) => isFrom(certificate, each));
  if (authority === undefined || certificate.ca) return refused('stranger');
  if (nowMs < Date.parse(certificate.validFrom)) return refused('notYet');
  if (nowMs > Date.parse(certificate.validTo)) return refused('ended');
  // As an object and not as text: there a name could pretend to be several.
  if (certificate.toLegacyObject().subject.CN !== expected) return refused('otherNode');
  return { ok: true, authority };
}

function isFrom(certificate: X509Certificate, { certificate: issuer }: Authority): boolean {
  try {
    return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
  } catch {
    // A key that does not fit its signature makes OpenSSL throw.
    return false;
  }
}

const refused = (refusal: CertificateRefusal): Judged => ({ ok: false, refusal });
