/** Answers «where in the text does this part of the file stand?» */

export type Path = readonly (string | number)[];

/** One value of the file and where it is written, as offsets into the text. */
export interface Place {
  /** Where its key begins; for list items and the whole file, where the value begins. */
  readonly keyAt: number;
  /** Where a reader looks for the value: for a mapping or list in block form that is its key. */
  readonly valueAt: number;
  readonly children: ReadonlyMap<string | number, Place>;
}

/** A part of the file, and which of its two ends a problem is about. */
export interface Spot {
  readonly path: Path;
  readonly at: 'key' | 'value';
  /** A place inside of the value, which is this text: so many characters into it. */
  readonly inside?: { readonly text: string; readonly at: number };
}

export const atKey = (...path: Path): Spot => ({ path, at: 'key' });

export const atValue = (...path: Path): Spot => ({ path, at: 'value' });

export const inValue = (path: Path, text: string, at: number): Spot => ({ path, at: 'value', inside: { text, at } });

/** Of what is not in the file, the place of the nearest thing around it: one name may stand for a list of one. */
export function offsetOf(root: Place, spot: Spot, source: string): number {
  let place = root;
  for (const part of spot.path) {
    const child = place.children.get(part);
    if (child === undefined) return place.children.size === 0 ? place.valueAt : place.keyAt;
    place = child;
  }
  if (spot.inside !== undefined) return offsetInside(source, place.valueAt, spot.inside);
  return spot.at === 'key' ? place.keyAt : place.valueAt;
}

/**
 * A text may be written over several lines, with quotes around it and escapes in it. Its letters stand in the source in the
 * same order, so both are walked side by side; what the source has more is passed over.
 */
function offsetInside(source: string, valueAt: number, { text, at }: NonNullable<Spot['inside']>): number {
  if (source[valueAt] === '*') return valueAt;
  let offset = valueAt + headLength(source.slice(valueAt, valueAt + headMax));
  for (let i = 0; i < at; i++) {
    const letter = text[i] ?? '';
    const found = source.indexOf(letter, offset);
    if (/\S/.test(letter) && found >= 0) offset = found + 1;
  }
  const rest = text.slice(at).trimStart();
  if (rest === '') return offset;
  const next = source.indexOf(rest[0] ?? '', offset);
  return next < 0 ? offset : next;
}

const headMax = 200;

/** The opening quote, or the sign and the line that begin a block. */
const headLength = (source: string): number => /^(?:["']|[>|][^\n]*\n)/.exec(source)?.[0].length ?? 0;
