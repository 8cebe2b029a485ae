/** Keys, tokens, certificates, and what a machine says at the door. */
import { createSecretKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { JoinDoor } from '../../src/daemon/door.ts';
import { authorityOf, issue, validFrom } from '../../src/identity/certificate.ts';
import { judge } from '../../src/identity/judge.ts';
import { readToken, writeToken } from '../../src/identity/token.ts';
import { parseKey } from '../../src/transports/udp/keyfile.ts';
import { firstOf, isSameJson, type Prepared, type Target } from '../target.ts';

const clusterKey = createSecretKey(Buffer.from(Array.from({ length: 32 }, (_, i) => i * 3)));
const nowMs = Date.UTC(2026, 10, 20);

function tokens(): Prepared {
  const token = { addresses: ['10.0.0.1', 'fd00::1'], port: 5700, fingerprint: 'a'.repeat(64), secret: 's'.repeat(43) };
  const text = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return {
    examples: [
      { a: token.addresses, p: 5700, f: token.fingerprint, s: token.secret },
      { a: ['::1'], p: 1, f: '', s: '' },
    ].map((each) => JSON.stringify(each)),
    check: (input, note) => {
      const raw = readToken(input.toString('utf8'));
      const read = readToken(`sempre1.${input.toString('base64url')}`);
      note(`${raw === null} ${read === null} ${read?.addresses.length}`);
      return firstOf(
        raw !== null && !input.toString('utf8').trim().startsWith('sempre1.') && 'takes a text without its mark',
        read !== null && !isSameJson(readToken(writeToken(read)), read) && 'reads back another token than it wrote',
        read !== null && (read.addresses.length > 8 || read.port > 65_535) && 'is beyond its bounds',
        readToken(`sempre1.${text(token)}`) !== null && 'takes a token with other names',
      );
    },
  };
}

function keyFiles(): Prepared {
  return {
    examples: [`${clusterKey.export().toString('hex')}\n`, clusterKey.export(), clusterKey.export().toString('base64')],
    check: (input, note) => {
      const read = parseKey(input, '/k');
      note(read.ok ? 'key' : read.failure.message);
      const bytes = read.ok ? (read.value.symmetricKeySize ?? 0) : 32;
      return bytes >= 32 && bytes <= 4096 ? null : `takes a key of ${bytes} bytes`;
    },
  };
}

function certificates(): Prepared {
  const authority = authorityOf(clusterKey, 'fuzz');
  const own = issue(authority, 'n1', validFrom(nowMs)).certificate.raw;
  const other = issue(authorityOf(createSecretKey(Buffer.alloc(32, 9)), 'fuzz'), 'n1', validFrom(nowMs)).certificate
    .raw;
  const unsigned = generateKeyPairSync('ed25519').publicKey.export({ format: 'der', type: 'spki' });
  return {
    examples: [own, authority.certificate.raw, other, unsigned],
    check: (input, note) => {
      const certificate = certificateOf(input);
      if (certificate === undefined) return null;
      const judged = judge(certificate, [authority], 'n1', nowMs);
      note(judged.ok ? 'believed' : judged.refusal);
      return judged.ok && Buffer.compare(certificate.raw, own) !== 0 ? 'believes a certificate that nobody gave' : null;
    },
  };
}

/** What OpenSSL cannot read never gets to us. */
function certificateOf(input: Buffer): X509Certificate | undefined {
  try {
    return new X509Certificate(input);
  } catch {
    return undefined;
  }
}

/** `SECRET` in an input stands for the secret of a token that holds. */
function door(): Prepared {
  const ask = (request: unknown): string => `${JSON.stringify(request)}\n`;
  let atMs = 0;
  return {
    examples: [
      ask({ secret: 'SECRET', node: null, machine: 'n2' }),
      ask({ secret: 'SECRET', node: 'n2', machine: 'x' }),
      ask({ secret: 'wrong', node: 'n2', machine: 'x' }),
    ],
    check: async (input, note) => {
      // Wrong tokens are counted by time: long enough ago for each input to be heard.
      atMs += 1_000_000;
      const isHere = new JoinDoor(ports, () => atMs);
      const secret = isHere.create('n2', 1000) ?? '';
      const said = await knock(isHere, Buffer.from(input.toString('latin1').replaceAll('SECRET', secret), 'latin1'));
      const reply = said === '' ? null : (JSON.parse(said) as { ok?: unknown; node?: unknown });
      note(`${reply?.ok} ${JSON.stringify(isHere.status())}`);
      return firstOf(
        reply?.ok === true && !input.includes('SECRET') && 'lets somebody in without the secret',
        reply?.ok === true && reply.node !== 'n2' && 'lets somebody in as another node than the token says',
      );
    },
  };
}

const ports = {
  welcome: (node: string) => ({ node, clusterName: 'fuzz', source: '', keys: [], using: '' }),
  nodeOf: (machine: string) => machine,
  refusal: () => null,
  joined: () => undefined,
};

/** What the door answers; empty: nothing, it closed, or it waits for more. */
async function knock(isHere: JoinDoor, input: Buffer): Promise<string> {
  let said = '';
  const socket = new Duplex({
    read: () => undefined,
    write: (chunk: Buffer, _encoding, done) => {
      said += chunk.toString('utf8');
      done();
    },
  });
  const closed = new Promise((resolve) => socket.once('close', resolve));
  isHere.take(socket as unknown as TLSSocket, '10.0.0.9');
  for (let at = 0; at < input.length; at += 1500) socket.push(input.subarray(at, at + 1500));
  await new Promise((resolve) => setImmediate(resolve));
  socket.destroy();
  await closed;
  return said;
}

export const identityTargets: readonly Target[] = [
  {
    name: 'token',
    reads: 'tokens of sempre join',
    form: 'json',
    words: ['sempre1.', '10.0.0.1', '::1'],
    prepare: tokens,
  },
  { name: 'key-file', reads: 'key files', form: 'bytes', prepare: keyFiles },
  { name: 'certificate', reads: 'certificates that peers show', form: 'bytes', prepare: certificates },
  { name: 'door', reads: 'requests of machines that join', form: 'jsonLines', words: ['SECRET', 'n2'], prepare: door },
];
