#!/usr/bin/env node
/** The program `sempre`. A mistake of our own ends with exit code 70 and a short message, never with a stack trace. */
import { exit } from '../lib/exit.ts';
import { type Globals, run } from './program.ts';

async function open({ socket, color }: Globals) {
  const [{ connect }, { openTerminal }] = await Promise.all([import('../api/client.ts'), import('./terminal.ts')]);
  return { client: connect(socket), terminal: openTerminal(process.env, color) };
}

try {
  process.exitCode = await run(process.argv.slice(2), process.env, open);
} catch (error) {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  process.stderr.write(`error INTERNAL: this is a mistake in Sempre itself, please report it: ${text}\n`);
  if (process.env.SEMPRE_DEBUG && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  process.exitCode = exit.ourBug;
}
