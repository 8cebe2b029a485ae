/**
 * A node's whole state as JSON, in pieces: the state holds maps and sets, and objects that several of its members share, which
 * the core compares by identity. Decoded, what was one object is one object again.
 *
 * The state is never changed in place, so that it can be written bit by bit while the node goes on.
 */

/** Every object of the graph once, in the order of their numbers. References are `{"r": number}`. */
export type GraphNode =
  | readonly ['o', readonly (readonly [string, GraphValue])[]]
  | readonly ['a', readonly GraphValue[]]
  | readonly ['m', readonly (readonly [GraphValue, GraphValue])[]]
  | readonly ['s', readonly GraphValue[]];

export type GraphValue =
  | string
  | number
  | boolean
  | null
  | { readonly r: number }
  | { readonly n: string }
  | { readonly u: 1 };

/** How a member of an object is shown. */
export type ShowMember = (name: string, value: unknown) => unknown;

/** Yields the objects that can be reached from `root`, which is the first. */
export function* encodeGraph(root: object, show: ShowMember): Generator<GraphNode> {
  const numbers = new Map<object, number>([[root, 0]]);
  const found: object[] = [root];
  const value = (each: unknown): GraphValue => {
    if (typeof each !== 'object' || each === null) return encodePlain(each);
    let number = numbers.get(each);
    if (number === undefined) {
      number = found.push(each) - 1;
      numbers.set(each, number);
    }
    return { r: number };
  };
  for (let next = 0; next < found.length; next++) yield encodeObject(found[next] ?? {}, value, show);
}

function encodeObject(object: object, value: (each: unknown) => GraphValue, show: ShowMember): GraphNode {
  if (Array.isArray(object)) return ['a', object.map(value)];
  if (object instanceof Map) return ['m', [...object].map(([key, each]) => [value(key), value(each)] as const)];
  if (object instanceof Set) return ['s', [...object].map(value)];
  return ['o', Object.entries(object).map(([name, each]) => [name, value(show(name, each))] as const)];
}

function encodePlain(value: unknown): GraphValue {
  if (value === undefined) return { u: 1 };
  if (typeof value === 'number' && !Number.isFinite(value)) return { n: String(value) };
  if (value === null || ['string', 'number', 'boolean'].includes(typeof value)) return value as GraphValue;
  throw new TypeError(`a state holds no ${typeof value}`);
}

/** The first object, with all that hangs on it. */
export function decodeGraph(nodes: readonly GraphNode[]): unknown {
  const objects = nodes.map(([kind]) => (kind === 'a' ? [] : kind === 'm' ? new Map() : kind === 's' ? new Set() : {}));
  const value = (each: GraphValue): unknown => {
    if (typeof each !== 'object' || each === null) return each;
    if ('r' in each) return objects[each.r];
    return 'n' in each ? Number(each.n) : undefined;
  };
  for (const [index, node] of nodes.entries()) fill(objects[index], node, value);
  return objects[0];
}

function fill(object: unknown, node: GraphNode, value: (each: GraphValue) => unknown): void {
  switch (node[0]) {
    case 'a':
      return void (object as unknown[]).push(...node[1].map(value));
    case 'm':
      for (const [key, each] of node[1]) (object as Map<unknown, unknown>).set(value(key), value(each));
      return;
    case 's':
      for (const each of node[1]) (object as Set<unknown>).add(value(each));
      return;
    case 'o':
      for (const [name, each] of node[1]) (object as Record<string, unknown>)[name] = value(each);
  }
}
