import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { generateKey, parseKey, readKeyFile } from './keyfile.ts';

const folder = mkdtempSync(join(tmpdir(), `sempre-key-${process.pid}-`));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
function keyFile(content: string | Buffer, mode = 0o600): string {
  files += 1;
  const path = join(folder, `key ${files}`);
  writeFileSync(path, content);
  chmodSync(path, mode);
  return path;
}

const failureOf = (path: string, uid?: number) => {
  const result = readKeyFile(path, uid);
  return result.ok ? null : result.failure;
};

describe('readKeyFile', () => {
  test('reads what generateKey made', () => {
    expect(failureOf(keyFile(generateKey()))).toBeNull();
    expect(failureOf(keyFile(generateKey(), 0o400))).toBeNull();
    expect(generateKey()).not.toBe(generateKey());
  });

  test('refuses a file that others can reach, and says which command mends it', () => {
    for (const mode of [0o640, 0o604, 0o610, 0o602]) {
      const path = keyFile(generateKey(), mode);
      const failure = failureOf(path);
      expect(failure?.code).toBe('KEY_PERMISSIONS');
      expect(failure?.next).toBe(`chmod 600 '${path}'`);
    }
  });

  test('refuses a file of another user, unless that is root', () => {
    const path = keyFile(generateKey());
    const owner = process.getuid?.() ?? 0;
    expect(failureOf(path, owner + 1)?.code ?? null).toBe(owner === 0 ? null : 'KEY_PERMISSIONS');
  });

  test('refuses folders and what is not there, and follows links to the file that counts', () => {
    const link = join(folder, 'link');
    symlinkSync(keyFile(generateKey(), 0o644), link);
    mkdirSync(join(folder, 'sub'), { mode: 0o700 });
    expect(failureOf(link)?.code).toBe('KEY_PERMISSIONS');
    expect(failureOf(join(folder, 'sub'))?.message).toContain('not a regular file');
    expect(failureOf(join(folder, 'none'))?.message).toContain('ENOENT');
  });
});

describe('parseKey', () => {
  const says = (content: string | Buffer): string => {
    const result = parseKey(Buffer.from(content), 'k');
    return result.ok ? 'ok' : result.failure.message;
  };

  test('wants 32 bytes, counted in what they are written in', () => {
    expect(says('')).toContain('0 bytes');
    expect(says('0123456789abcdef0123456789abcdef')).toContain('16 bytes');
    expect(says('0123456789abcdef'.repeat(4))).toBe('ok');
    expect(says('correct horse battery staple, 7 times')).toBe('ok');
    expect(says('short but 12 distinct letters')).toContain('29 bytes');
    expect(says('change me! '.repeat(1) + 'x'.repeat(5000))).toContain('larger');
    expect(says('change me change me change me change me')).toContain('not random');
  });

  test('does not count space around a text', () => {
    const key = generateKey();
    const [a, b] = [parseKey(Buffer.from(key), 'k'), parseKey(Buffer.from(`\n ${key.trim()}\r\n`), 'k')];
    expect(a.ok && b.ok && a.value.equals(b.value)).toBe(true);
  });

  test('never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(typeof parseKey(Buffer.from(bytes), 'k').ok).toBe('boolean');
      }),
    );
  });
});
