/** The version of this software, as in package.json: the one place where it is written. */
import { readFileSync } from 'node:fs';

export function softwareVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
