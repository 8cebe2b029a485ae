/**
 * The project's code with its types stripped, by Node's own compiler, as JavaScript files: a guest without acceleration would
 * take ten seconds for that at every start of the daemon.
 */
import { copyFileSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { dirname, join } from 'node:path';
import { checkout } from './image.testing.ts';

const folders = ['src', 'test'];

/** Guests see the checkout under this name. */
const checkoutInGuest = '/src';

export function compile(target: string): void {
  for (const folder of folders)
    for (const name of readdirSync(join(checkout, folder), { recursive: true, encoding: 'utf8' }))
      if (name.endsWith('.ts') && !/\.(test|testing)\.ts$/.test(name)) compileOne(join(folder, name), target);
  copyFileSync(join(checkout, 'package.json'), join(target, 'package.json'));
  symlinkSync(join(checkoutInGuest, 'node_modules'), join(target, 'node_modules'));
}

function compileOne(file: string, target: string): void {
  const code = stripTypeScriptTypes(readFileSync(join(checkout, file), 'utf8'));
  const path = join(target, file.replace(/\.ts$/, '.js'));
  mkdirSync(dirname(path), { recursive: true });
  // Imports, and programs that are started by name.
  writeFileSync(path, code.replaceAll(/\.ts(['"`])/g, '.js$1'));
}
