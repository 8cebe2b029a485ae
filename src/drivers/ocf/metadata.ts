/** What an OCF agent says that it can do: the XML of its action `meta-data`. */
import type { Ms } from '../../core/model.ts';

/** By the names of the actions: how long each takes at least, as its author advises (null: no word of that). */
export type Abilities = ReadonlyMap<string, Ms | null>;

/** Null: no XML, or none of an agent. */
export async function abilitiesOf(text: string): Promise<Abilities | null> {
  // Loaded when it is used: a daemon without roles and migrations does without it.
  const { DOMParser, onErrorStopParsing } = await import('@xmldom/xmldom');
  try {
    const root = new DOMParser({ onError: onErrorStopParsing }).parseFromString(
      text.trim(),
      'text/xml',
    ).documentElement;
    if (root === null || root.tagName !== 'resource-agent') return null;
    const found = new Map<string, Ms | null>();
    for (const action of Array.from(root.getElementsByTagName('action'))) {
      const name = action.getAttribute('name') ?? '';
      if (name !== '') found.set(name, longer(found.get(name) ?? null, timeMs(action.getAttribute('timeout') ?? '')));
    }
    return found;
  } catch {
    return null;
  }
}

/** A monitor stands there once for each role. */
const longer = (a: Ms | null, b: Ms | null): Ms | null => (a === null || b === null ? (a ?? b) : Math.max(a, b));

const unitsMs: Readonly<Record<string, number>> = {
  '': 1000,
  s: 1000,
  sec: 1000,
  ms: 1,
  msec: 1,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  hr: 3_600_000,
};

/** Written `20`, `20s`, `20000ms` or `1min`. */
export function timeMs(text: string): Ms | null {
  const parts = /^\s*(\d{1,9})\s*([a-z]*)\s*$/.exec(text);
  const unit = unitsMs[parts?.[2] ?? '-'];
  return parts === null || unit === undefined ? null : Number(parts[1]) * unit;
}
