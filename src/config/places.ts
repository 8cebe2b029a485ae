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
}

export const atKey = (...path: Path): Spot => ({ path, at: 'key' });

export const atValue = (...path: Path): Spot => ({ path, at: 'value' });

/** Of what is not in the file, the place of the nearest thing around it: one name may stand for a list of one. */
export function offsetOf(root: Place, spot: Spot): number {
  let place = root;
  for (const part of spot.path) {
    const child = place.children.get(part);
    if (child === undefined) return place.children.size === 0 ? place.valueAt : place.keyAt;
    place = child;
  }
  return spot.at === 'key' ? place.keyAt : place.valueAt;
}
