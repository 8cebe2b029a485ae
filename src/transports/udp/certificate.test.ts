import { createSecretKey, randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { authorityOf } from '../../identity/certificate.ts';
import { judge } from '../../identity/judge.ts';
import { must } from '../../lib/assert.ts';
import { type Certified, OwnCertificate } from './certificate.ts';

const dayMs = 86_400_000;
const authority = () => authorityOf(createSecretKey(randomBytes(32)), 'prod');

test('a certificate is renewed by itself, long before its end, and with each authority', () => {
  const issued: Certified[] = [];
  const own = new OwnCertificate('n1', (certified) => issued.push(certified));
  const [first, second] = [authority(), authority()];
  const startMs = Date.UTC(2026, 10, 20);
  // Shown a few times a day for a year.
  for (let atMs = startMs; atMs < startMs + 365 * dayMs; atMs += dayMs / 4) {
    own.credentials(first, [first], atMs);
    const { certificate } = must(issued.at(-1), 'a certificate');
    expect(judge(certificate.certificate, [first], 'n1', atMs).ok).toBe(true);
    expect(certificate.notAfterMs - atMs).toBeGreaterThan(39 * dayMs);
  }
  expect(issued.length).toBeLessThan(20);
  const before = issued.length;
  expect(own.credentials(second, [first, second], startMs).authorities).toEqual([first, second]);
  own.credentials(second, [second], startMs);
  expect(issued.length).toBe(before + 1);
  expect(new Set(issued.map(({ certificate }) => certificate.certificate.fingerprint256)).size).toBe(issued.length);
});
