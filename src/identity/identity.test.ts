import { execFileSync } from 'node:child_process';
import { createSecretKey, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { authorityOf, backdatedMs, issue, lifetimeMs, needsRenewal, validFrom } from './certificate.ts';
import { judge } from './judge.ts';
import { readToken, writeToken } from './token.ts';

const key = createSecretKey(randomBytes(32));
const authority = authorityOf(key, 'prod');
const nowMs = Date.UTC(2026, 10, 20);
const n1 = issue(authority, 'n1', validFrom(nowMs));

describe('certificates', () => {
  test('every node that has the key comes to the same authority', () => {
    expect(authorityOf(key, 'prod').certificate.raw.equals(authority.certificate.raw)).toBe(true);
    expect(authorityOf(key, 'test').fingerprint).not.toBe(authority.fingerprint);
    expect(authorityOf(createSecretKey(randomBytes(32)), 'prod').fingerprint).not.toBe(authority.fingerprint);
  });

  test('OpenSSL finds them in order, to the letter', () => {
    const folder = mkdtempSync(join(tmpdir(), 'sempre-identity-'));
    try {
      const long = issue(authority, 'n'.repeat(200), validFrom(Date.now()));
      const late = issue(authority, 'late', { fromMs: Date.now() - 1000, untilMs: Date.UTC(2051, 0, 1) });
      for (const [name, { certificate }] of Object.entries({ authority, long, late }))
        writeFileSync(join(folder, name), certificate.toString());
      for (const name of ['long', 'late']) {
        const args = ['verify', '-x509_strict', '-purpose', 'sslserver', '-CAfile', 'authority', name];
        expect(execFileSync('openssl', args, { cwd: folder, encoding: 'utf8' })).toBe(`${name}: OK\n`);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('are accepted from the node that they name, and refused with a reason otherwise', () => {
    const judged = (certificate = n1.certificate, name = 'n1', atMs = nowMs, by = authority) => {
      const found = judge(certificate, [by], name, atMs);
      return found.ok ? 'ok' : found.refusal;
    };
    expect(judged()).toBe('ok');
    expect(judge(undefined, [authority], 'n1', nowMs)).toEqual({ ok: false, refusal: 'none' });
    expect(judged(n1.certificate, 'n2')).toBe('otherNode');
    expect(judged(n1.certificate, 'n1', nowMs + lifetimeMs + 2000)).toBe('ended');
    expect(judged(n1.certificate, 'n1', nowMs - backdatedMs - 2000)).toBe('notYet');
    expect(judged(n1.certificate, 'n1', nowMs, authorityOf(key, 'test'))).toBe('stranger');
    expect(judged(authority.certificate, 'Sempre authority')).toBe('stranger');
    // A node cannot be an authority for others, even if its key is used as one.
    const forged = { ...authority, key: n1.key };
    expect(judged(issue(forged, 'n2', validFrom(nowMs)).certificate, 'n2')).toBe('stranger');
  });

  test('two authorities are valid at a time', () => {
    const next = authorityOf(createSecretKey(randomBytes(32)), 'prod');
    const found = judge(n1.certificate, [next, authority], 'n1', nowMs);
    expect(found.ok && found.authority).toBe(authority);
  });

  test('are renewed in time, and when the clock went elsewhere', () => {
    const dayMs = 86_400_000;
    expect(needsRenewal(n1, nowMs)).toBe(false);
    expect(needsRenewal(n1, nowMs + 19 * dayMs)).toBe(false);
    expect(needsRenewal(n1, nowMs + 21 * dayMs)).toBe(true);
    expect(needsRenewal(n1, nowMs - 31 * dayMs)).toBe(true);
  });
});

describe('tokens', () => {
  const token = { addresses: ['10.0.0.1', 'fd00::1'], port: 5700, fingerprint: 'a'.repeat(64), secret: 's'.repeat(43) };

  test('say what was put into them', () => {
    expect(readToken(writeToken(token))).toEqual(token);
    expect(readToken(`  ${writeToken(token)}\n`)).toEqual(token);
  });

  test('that are damaged are none', () => {
    const text = writeToken(token);
    for (let length = 0; length < text.length - 2; length++) expect(readToken(text.slice(0, length))).toBeNull();
    for (const wrong of [{ port: 0 }, { port: 70_000 }, { addresses: [] }, { addresses: ['host'] }, { secret: 'x' }])
      expect(readToken(writeToken({ ...token, ...wrong }))).toBeNull();
    fc.assert(fc.property(fc.string(), (rest) => readToken(`sempre1.${rest}`) === null));
  });
});
