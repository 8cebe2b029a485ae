/**
 * The cluster's own authority and the certificates that it gives to nodes: Ed25519, X.509 version 3.
 *
 * The authority comes from the cluster key, so every node that has the key has the same authority and gives itself its
 * certificate: nobody has to be asked, and with a new cluster key comes a new authority. Whoever has the cluster key can
 * be any node; that was so before there were certificates. See docs/decisions/0007.
 */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  X509Certificate,
} from 'node:crypto';
import type { Ms, NodeId } from '../core/model.ts';
import { bits, explicit, implicit, integer, octets, oid, sequence, set, time, utf8, yes } from './der.ts';
import { type ClusterKey, derive } from './derive.ts';

export interface Authority {
  readonly clusterName: string;
  readonly certificate: X509Certificate;
  readonly key: KeyObject;
  /** SHA-256 of the certificate: what a token carries, so that a new node knows whom it talks to. */
  readonly fingerprint: string;
}

export interface NodeCertificate {
  readonly node: NodeId;
  readonly certificate: X509Certificate;
  /** New with each certificate; never on a disk. */
  readonly key: KeyObject;
  readonly notBeforeMs: Ms;
  readonly notAfterMs: Ms;
}

const dayMs = 86_400_000;

/** From the day of issue. It is renewed when a third of it is over. */
export const lifetimeMs = 60 * dayMs;
/** A certificate also holds for a clock that is behind the issuer's by up to this. */
export const backdatedMs = 30 * dayMs;

/** The authority is as old as its key and ends with it: certificates have dates of their own. */
const authorityFromMs = Date.UTC(2000, 0, 1);
const authorityUntilMs = Date.UTC(9999, 11, 31, 23, 59, 59);

export function authorityOf(clusterKey: ClusterKey, clusterName: string): Authority {
  const key = privateKeyOf(derive(clusterKey, clusterName, ['authority'], 32));
  const publicKey = createPublicKey(key);
  const name = authorityName(clusterName);
  const certificate = signed(key, {
    // Nothing in it may be random: every node must come to the same certificate.
    serial: keyId(publicKey).subarray(0, 16),
    issuer: name,
    fromMs: authorityFromMs,
    untilMs: authorityUntilMs,
    subject: name,
    publicKey,
    extensions: [
      extension('2.5.29.19', sequence(yes, integer(Buffer.of(0))), true),
      extension('2.5.29.15', bits(Buffer.of(0x06), 1), true),
      extension('2.5.29.14', octets(keyId(publicKey))),
    ],
  });
  return { clusterName, certificate, key, fingerprint: fingerprintOf(certificate) };
}

export const fingerprintOf = (certificate: X509Certificate): string =>
  createHash('sha256').update(certificate.raw).digest('hex');

export interface Validity {
  readonly fromMs: Ms;
  readonly untilMs: Ms;
}

/** Now, for as long as certificates last. `nowMs` is of the wall clock: certificates have dates. */
export const validFrom = (nowMs: Ms): Validity => ({ fromMs: nowMs - backdatedMs, untilMs: nowMs + lifetimeMs });

export function issue(authority: Authority, node: NodeId, { fromMs, untilMs }: Validity): NodeCertificate {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const certificate = signed(authority.key, {
    serial: positive(randomBytes(16)),
    issuer: authorityName(authority.clusterName),
    fromMs,
    untilMs,
    subject: distinguishedName(authority.clusterName, node),
    publicKey,
    extensions: [
      extension('2.5.29.19', sequence(), true),
      extension('2.5.29.15', bits(Buffer.of(0x80), 7), true),
      extension('2.5.29.37', sequence(oid('1.3.6.1.5.5.7.3.1'), oid('1.3.6.1.5.5.7.3.2'))),
      extension('2.5.29.14', octets(keyId(publicKey))),
      extension('2.5.29.35', sequence(implicit(0, keyId(createPublicKey(authority.key))))),
    ],
  });
  return { node, certificate, key: privateKey, notBeforeMs: fromMs, notAfterMs: untilMs };
}

/** A third of its time is over, or the clock went to where it does not hold. */
export const needsRenewal = ({ notBeforeMs, notAfterMs }: NodeCertificate, nowMs: Ms): boolean =>
  nowMs < notBeforeMs || notAfterMs - nowMs < (lifetimeMs * 2) / 3;

// ---------------------------------------------------------------- X.509

interface Content {
  readonly serial: Buffer;
  readonly issuer: Buffer;
  readonly fromMs: Ms;
  readonly untilMs: Ms;
  readonly subject: Buffer;
  readonly publicKey: KeyObject;
  readonly extensions: readonly Buffer[];
}

function signed(key: KeyObject, content: Content): X509Certificate {
  const body = sequence(
    explicit(0, integer(Buffer.of(2))),
    integer(content.serial),
    ed25519,
    content.issuer,
    sequence(time(content.fromMs), time(content.untilMs)),
    content.subject,
    content.publicKey.export({ format: 'der', type: 'spki' }),
    explicit(3, sequence(...content.extensions)),
  );
  return new X509Certificate(sequence(body, ed25519, bits(sign(null, body, key))));
}

const ed25519 = sequence(oid('1.3.101.112'));

/** Organisation: the cluster. Common name: the node. */
const distinguishedName = (organisation: string, commonName: string): Buffer =>
  sequence(named('2.5.4.10', organisation), named('2.5.4.3', commonName));

/** A node cannot have this name: names of nodes have no spaces. */
const authorityName = (clusterName: string): Buffer => distinguishedName(clusterName, 'Sempre authority');

const named = (attribute: string, value: string): Buffer => set(sequence(oid(attribute), utf8(value)));

const extension = (id: string, value: Buffer, critical = false): Buffer =>
  critical ? sequence(oid(id), yes, octets(value)) : sequence(oid(id), octets(value));

const keyId = (key: KeyObject): Buffer =>
  createHash('sha256')
    .update(key.export({ format: 'der', type: 'spki' }))
    .digest()
    .subarray(0, 20);

/** Serial numbers are positive and not zero. */
function positive(bytes: Buffer): Buffer {
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes;
}

/** What stands before the 32 bytes of an Ed25519 key in its DER form. */
const pkcs8OfEd25519 = Buffer.from('302e020100300506032b657004220420', 'hex');

const privateKeyOf = (seed: Buffer): KeyObject =>
  createPrivateKey({ key: Buffer.concat([pkcs8OfEd25519, seed]), format: 'der', type: 'pkcs8' });
