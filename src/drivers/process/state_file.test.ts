import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { fieldsOf, fileNameOf, readState, removeState, writeState } from './state_file.ts';

const folder = mkdtempSync(join(tmpdir(), `sempre-state-${process.pid}-`));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const parse = (value: unknown): string | null => {
  const digest = fieldsOf(value)?.digest;
  return typeof digest === 'string' ? digest : null;
};

describe('a state file', () => {
  const path = join(folder, 'ocf/site.json');

  test('is read as written, and leaves nothing else in the folder', () => {
    expect(writeState(path, { digest: 'a' })).toBeNull();
    expect(writeState(path, { digest: 'b' })).toBeNull();
    expect(readState(path, parse)).toEqual({ kind: 'state', state: 'b' });
    expect(readdirSync(join(folder, 'ocf'))).toEqual(['site.json']);
  });

  test('is none when it was removed, also twice', () => {
    removeState(path);
    removeState(path);
    expect(readState(path, parse)).toEqual({ kind: 'none' });
  });

  test.each(['', '{"digest":', 'null', '7', '{"digest":7}'])(
    'that holds %j is unreadable, which is not none',
    (text) => {
      writeFileSync(path, text);
      expect(readState(path, parse).kind).toBe('unreadable');
    },
  );

  test('that cannot be read or written says why', () => {
    mkdirSync(join(folder, 'folder'));
    expect(readState(join(folder, 'folder'), parse).kind).toBe('unreadable');
    expect(writeState(join(folder, 'folder'), {})).toMatch(/^cannot write .*folder: /);
  });
});

test('a file name stays in its folder, whatever the service is called', () => {
  for (const id of ['../../etc/passwd', 'a/b', '/', 'ü']) expect(fileNameOf(id)).not.toContain('/');
  expect(fileNameOf('web-site.1_a')).toBe('web-site.1_a');
});
