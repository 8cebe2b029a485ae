/**
 * Regular expressions that users write. Matched in time that grows with the text alone, whatever they say: those of the language itself
 * can take longer than anybody waits, and a coordinator decides by them.
 */
import { RE2JS } from 're2js';

export interface Pattern {
  /** The whole match, then what each of its parts matched; null: none. */
  match(text: string): readonly (string | undefined)[] | null;
}

/** Null: it is no regular expression, or one with references back, which nobody can match in such a time. */
export function patternOf(text: string): Pattern | null {
  const expression = compiled(text);
  if (expression === null) return null;
  return {
    match: (name) => {
      const matcher = expression.matcher(name);
      if (!matcher.find()) return null;
      return Array.from({ length: matcher.groupCount() + 1 }, (_, part) => matcher.group(part) ?? undefined);
    },
  };
}

function compiled(text: string): RE2JS | null {
  try {
    return RE2JS.compile(text);
  } catch {
    return null;
  }
}
