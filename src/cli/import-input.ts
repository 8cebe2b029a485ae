/** What the commands of `import` have in common: the files that they read and write, and what options tell of addresses. */
import { readFile, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { InvalidArgumentError } from 'commander';
import { reasonOf } from '../daemon/reason.ts';
import { failure, type Result, success } from '../lib/errors.ts';

/** A file that was read; its name is for messages and comments. */
export interface ReadFile {
  readonly name: string;
  readonly text: string;
}

/** By names in small letters. */
export type Addresses = ReadonlyMap<string, readonly string[]>;

/** `NAME=ADDRESS,ADDRESS`, once for each node. */
export function nodeAddresses(text: string, before: Addresses = new Map()): Addresses {
  const [, name = '', addresses = ''] = /^([^=\s]+)=(\S+)$/.exec(text) ?? [];
  if (name === '') throw new InvalidArgumentError('It must look like n1=192.168.1.11/24,10.0.0.11/24.');
  const key = name.toLowerCase();
  return new Map([...before, [key, [...(before.get(key) ?? []), ...split(addresses)]]]);
}

export const commas = (text: string, before: readonly string[] = []): readonly string[] => [...before, ...split(text)];

const split = (text: string): string[] => text.split(',').filter((each) => each !== '');

/** Never over another file. */
export async function writeNew(path: string, text: string): Promise<Result<null>> {
  try {
    await writeFile(path, text, { flag: 'wx', mode: 0o640 });
    return success(null);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST')
      return failure('ALREADY_THERE', `${path} is there already and was not changed`, 'give --out another name');
    return failure('STATE_UNUSABLE', `${path} cannot be written: ${reasonOf(error)}`);
  }
}

/** Null where none is named. */
export async function readMaybe(path: string | null): Promise<Result<ReadFile | null>> {
  if (path === null) return success(null);
  try {
    return success({ name: basename(path), text: await readFile(path, 'utf8') });
  } catch (error) {
    return failure('FILE_UNREADABLE', `${path} cannot be read: ${reasonOf(error)}`);
  }
}

/** A table of hosts such as /etc/hosts. */
export async function readHosts(path: string): Promise<Result<Addresses>> {
  const read = await readMaybe(path);
  if (!read.ok) return read;
  const hosts = new Map<string, readonly string[]>();
  for (const line of (read.value?.text ?? '').split('\n')) {
    const [address = '', ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    for (const name of new Set(names.map((each) => each.toLowerCase())))
      hosts.set(name, [...new Set([...(hosts.get(name) ?? []), address])]);
  }
  return success(hosts);
}
