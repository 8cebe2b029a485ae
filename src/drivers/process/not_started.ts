/** Why a program did not start, in words that name what to look at. Pure but for a look at the file system. */
import { accessSync, constants, statSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';

interface Wanted {
  readonly argv: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
  readonly directory?: string;
}

/** `missing`: starting it again will not help before somebody changes this machine. */
export function whyNotStarted(error: unknown, wanted: Wanted): { missing: boolean; because: string } {
  const { code, message } = error as NodeJS.ErrnoException;
  const name = wanted.argv[0];
  if (wanted.directory !== undefined && !isDirectory(wanted.directory)) {
    return { missing: true, because: `cannot start ${name}: the directory ${wanted.directory} does not exist` };
  }
  const found = findProgram(name, wanted.env.PATH ?? '', wanted.directory ?? '/');
  if (found.kind === 'none') return { missing: true, because: `cannot start ${name}: ${found.because}` };
  if (code === 'ENOENT') {
    // The file is there: what is not is the interpreter that its first line names, or its dynamic loader.
    return { missing: true, because: `cannot start ${found.path}: the interpreter that it asks for does not exist` };
  }
  return { missing: code === 'EACCES', because: `cannot start ${found.path}: ${message}` };
}

export type Found =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'none'; readonly because: string };

/** Where the kernel would find the program: a name is looked up in `path`, anything with a slash from `directory`. */
export function findProgram(name: string, path: string, directory: string): Found {
  if (name.includes('/')) return candidate(resolve(directory, name));
  for (const folder of path.split(':')) {
    if (!isAbsolute(folder)) continue;
    const found = candidate(join(folder, name));
    if (found.kind === 'file') return found;
  }
  return { kind: 'none', because: `there is no program of this name in PATH (${path || 'which is empty'})` };
}

function candidate(path: string): Found {
  try {
    if (statSync(path).isDirectory()) return { kind: 'none', because: `${path} is a directory` };
  } catch (error) {
    return { kind: 'none', because: cannotSee(path, error) };
  }
  try {
    accessSync(path, constants.X_OK);
    return { kind: 'file', path };
  } catch {
    return { kind: 'none', because: `${path} may not be executed (chmod +x ${path}?)` };
  }
}

function cannotSee(path: string, error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR' ? `${path} does not exist` : message;
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
