/** The promotion score that an agent has set by `crm_attribute --promotion` or `crm_master`: one number in a file. */
import { readFileSync } from 'node:fs';
import { scoreMax } from '../../core/model.ts';
import type { OpResult } from '../../core/ports.ts';

/** The answer to a call of an agent with roles, with the score that it has set by then. */
export function withScore(result: OpResult, path: string, log: (line: string) => void): OpResult {
  const score = readScore(path);
  if (typeof score === 'number' || score === null) return { ...result, promotion: score };
  log(score.because);
  return result;
}

/** Null: it has set none, or taken it back. Anything but a number was not written by our own tool: it says nothing. */
export function readScore(path: string): number | null | { readonly because: string } {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' ? null : { because: `cannot read ${path}: ${message}` };
  }
  const score = /^-?\d{1,7}\n$/.test(text) ? Number(text) : Number.NaN;
  return Math.abs(score) <= scoreMax ? score : { because: `${path} holds no promotion score` };
}
