/**
 * What is new in a packet since the former one of the same sender: nearly all that a node hears are beats, and nearly nothing in
 * them changes.
 *
 * A delta is a plain value that takes the place of the old one, or `{o: ...}` and `{a: ...}` with the members that changed, or
 * `{v: ...}` with an object or list that is new as a whole.
 */
export type Delta =
  | string
  | number
  | boolean
  | null
  | { readonly o: Readonly<Record<string, Delta>> }
  | { readonly a: readonly (readonly [number, Delta])[] }
  | { readonly v: unknown };

/** Undefined: the same. */
export function deltaBetween(before: unknown, after: unknown): Delta | undefined {
  if (before === after) return undefined;
  if (typeof after !== 'object' || after === null) return after as Delta;
  if (typeof before !== 'object' || before === null) return { v: after };
  if (Array.isArray(after)) return Array.isArray(before) ? ofLists(before, after) : { v: after };
  return Array.isArray(before) ? { v: after } : ofObjects(before as Table, after as Table);
}

type Table = Readonly<Record<string, unknown>>;

function ofLists(before: readonly unknown[], after: readonly unknown[]): Delta | undefined {
  if (before.length !== after.length) return { v: after };
  const changed: [number, Delta][] = [];
  for (let index = 0; index < after.length; index++) {
    const delta = deltaBetween(before[index], after[index]);
    if (delta !== undefined) changed.push([index, delta]);
  }
  return changed.length === 0 ? undefined : { a: changed };
}

function ofObjects(before: Table, after: Table): Delta | undefined {
  const names = Object.keys(after);
  if (names.length !== Object.keys(before).length || !names.every((name) => Object.hasOwn(before, name)))
    return { v: after };
  const changed: Record<string, Delta> = {};
  let isSame = true;
  for (const name of names) {
    const delta = deltaBetween(before[name], after[name]);
    if (delta === undefined) continue;
    changed[name] = delta;
    isSame = false;
  }
  return isSame ? undefined : { o: changed };
}

export function withDelta(before: unknown, delta: Delta | undefined): unknown {
  if (delta === undefined) return before;
  if (typeof delta !== 'object' || delta === null) return delta;
  if ('v' in delta) return delta.v;
  if ('a' in delta) {
    const list = [...(before as unknown[])];
    for (const [index, each] of delta.a) list[index] = withDelta(list[index], each);
    return list;
  }
  const changed = Object.entries(delta.o).map(([name, each]) => [name, withDelta((before as Table)[name], each)]);
  return { ...(before as Table), ...Object.fromEntries(changed) };
}
