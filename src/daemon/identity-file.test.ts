import { createSecretKey, randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { keysMax, newestOf, type Ring, ringKey, ringOf, stateOf, take } from '../identity/ring.ts';
import { must } from '../lib/assert.ts';
import { generateKey } from '../transports/udp/keyfile.ts';
import { hasIdentity, loadIdentity, readKey, readRing, saveIdentity, writtenKey } from './identity-file.ts';

let folder: string;
let keyFile: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sempre-identity-'));
  keyFile = join(folder, 'cluster.key');
});
afterEach(() => rmSync(folder, { recursive: true }));

const state = (): string => join(folder, 'state');
const writeKeyFile = (): void => writeFileSync(keyFile, generateKey(), { mode: 0o600 });

async function load() {
  const loaded = await loadIdentity(state(), keyFile, new Date('2026-11-20T21:00:00Z'));
  return loaded.ok ? loaded.value : loaded.failure.code;
}
async function loaded() {
  const value = await load();
  if (typeof value === 'string') throw new Error(value);
  return value;
}
function rotated(ring: Ring): Ring {
  const key = ringKey(createSecretKey(randomBytes(32)), 2, '2026-11-20T20:00:00.000Z');
  return { ...must(take(ring, key), 'room'), using: key.id };
}

describe('loadIdentity', () => {
  test('needs a key file, or what init and join write', async () => {
    expect(await load()).toBe('KEY_INVALID');
    writeKeyFile();
    const { identity, remarks } = await loaded();
    expect(remarks).toEqual([]);
    expect(identity).toMatchObject({ node: null, origin: newestOf(identity.ring).id });
    expect(await hasIdentity(state())).toBe(false);
  });

  test('gives back what was kept, with modes that keep it secret', async () => {
    const ring = rotated(ringOf(createSecretKey(randomBytes(32))));
    expect(await saveIdentity(state(), { ring, origin: null, node: 'n1' })).toEqual({ ok: true });
    const { identity } = await loaded();
    expect(stateOf(identity.ring)).toEqual(stateOf(ring));
    expect(identity).toMatchObject({ node: 'n1', origin: null });
    expect(statSync(join(state(), 'identity/keys.json')).mode & 0o777).toBe(0o600);
    writeKeyFile();
    const beside = await loaded();
    expect(stateOf(beside.identity.ring)).toEqual(stateOf(ring));
    expect(beside.remarks).toEqual([expect.stringContaining('is not used')]);
  });

  test('keeps what grew from a key file for as long as the file is the same, or one of the keys', async () => {
    writeKeyFile();
    const { identity } = await loaded();
    const ring = rotated(identity.ring);
    await saveIdentity(state(), { ...identity, ring });
    expect(stateOf((await loaded()).identity.ring)).toEqual(stateOf(ring));
    rmSync(keyFile);
    expect(stateOf((await loaded()).identity.ring)).toEqual(stateOf(ring));
    writeKeyFile();
    const replaced = await loaded();
    expect(replaced.identity.ring.keys.length).toBe(1);
    expect(replaced.remarks).toEqual([expect.stringContaining('replaced by hand')]);
  });

  test('sets aside what is damaged, and goes on where a key file is left', async () => {
    writeKeyFile();
    const { identity } = await loaded();
    await saveIdentity(state(), { ...identity, ring: rotated(identity.ring) });
    writeFileSync(join(state(), 'identity/keys.json'), '{"format":1');
    const { identity: found, remarks } = await loaded();
    expect(stateOf(found.ring)).toEqual(stateOf(identity.ring));
    expect(remarks).toEqual([expect.stringContaining('was set aside')]);
    expect(readdirSync(join(state(), 'identity')).some((name) => name.includes('.bad-'))).toBe(true);
  });

  test('refuses a key file that others can read', async () => {
    writeFileSync(keyFile, generateKey(), { mode: 0o644 });
    expect(await load()).toBe('KEY_PERMISSIONS');
  });
});

test('readKey and readRing take what was written, and nothing else', () => {
  const ring = rotated(ringOf(createSecretKey(randomBytes(32))));
  const written = ring.keys.map(writtenKey);
  expect(stateOf(must(readRing(JSON.parse(JSON.stringify(written)), ring.using), 'a ring'))).toEqual(stateOf(ring));
  expect(readRing(written, 'another')).toBeNull();
  expect(readRing([], ring.using)).toBeNull();
  expect(
    readRing(
      Array.from({ length: keysMax + 1 }, () => written[0]),
      ring.using,
    ),
  ).toBeNull();
  const [key] = written;
  for (const wrong of [{ secret: 'c2hvcnQ=' }, { secret: 7 }, { generation: 0 }, { generation: '1' }, { madeAt: 5 }])
    expect(readKey({ ...key, ...wrong })).toBeNull();
  for (const wrong of [null, undefined, 7, 'key', []]) expect(readKey(wrong)).toBeNull();
});
