/** How a command ends: answered at once, or when a change of the document is decided. */
import { proposeDoc } from '../document/index.ts';
import type { Admin, Answer, AnswerCode, Doc, Version } from '../ports.ts';
import type { Turn } from '../state.ts';

export type Outcome = Answer | { readonly version: Version };

export const refuse = (code: AnswerCode, because: string): Answer => ({ ok: false, code, because });

export const unchanged = (doc: Doc): Answer => ({ ok: true, version: doc.content, changed: false });

export const change = (turn: Turn, doc: Doc, patch: Partial<Admin>): Outcome => ({
  version: proposeDoc(turn, { admin: { ...doc.admin, ...patch } }),
});

export function without<T>(table: Readonly<Record<string, T>>, ...keys: readonly string[]): Record<string, T> {
  return Object.fromEntries(Object.entries(table).filter(([other]) => !keys.includes(other)));
}

/** With the same entry, or none, for each of these; null: that is so already. */
export function entered<T>(
  table: Readonly<Record<string, T>>,
  keys: readonly string[],
  entry: T | null,
): Record<string, T> | null {
  const due = keys.filter((key) => Object.hasOwn(table, key) === (entry === null));
  if (due.length === 0) return null;
  if (entry === null) return without(table, ...due);
  return { ...table, ...Object.fromEntries(due.map((key) => [key, entry])) };
}
