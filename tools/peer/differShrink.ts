/** Makes an input that shows a difference smaller, as long as it still shows one. */
import { resourceNames } from './differCib.ts';
import { copyOf, drop, type Element, idOf, within } from './differTree.ts';

type Shows<T> = (candidate: T) => Promise<boolean>;

/** Items are taken out one at a time. */
export async function fewer<T>(items: readonly T[], shows: Shows<readonly T[]>): Promise<readonly T[]> {
  let kept = items;
  for (const item of items) {
    const without = kept.filter((each) => each !== item);
    if (await shows(without)) kept = without;
  }
  return kept;
}

const removable = [
  ...resourceNames,
  'rsc_location',
  'rsc_colocation',
  'rsc_order',
  'rsc_ticket',
  'resource_set',
  'resource_ref',
  'node',
  'node_state',
  'nvpair',
  'meta_attributes',
  'instance_attributes',
  'utilization',
  'operations',
  'op',
  'lrm_resource',
  'lrm_rsc_op',
  'ticket_state',
  'fencing-level',
  'rule',
  'tag',
];

/**
 * Takes out elements, the largest parts first, and what speaks of them, until none can be missed or the tries are used up.
 */
export async function smaller(cib: Element, shows: Shows<Element>, tries: number): Promise<Element> {
  let [kept, left] = [cib, tries];
  for (let isShrinking = true; isShrinking && left > 0; ) {
    isShrinking = false;
    for (const key of keysOf(kept)) {
      const candidate = left-- > 0 ? without(kept, key) : null;
      if (candidate === null || !(await shows(candidate))) continue;
      kept = candidate;
      isShrinking = true;
    }
  }
  return kept;
}

/** Where an element stands: its place among all of its name, counted anew after each removal. */
interface Key {
  readonly name: string;
  readonly id: string;
  readonly parent: string;
}

function keysOf(cib: Element): Key[] {
  const keys = [cib, ...within(cib)].flatMap((parent) =>
    parent.children
      .filter(({ name }) => removable.includes(name))
      .map((child) => ({ name: child.name, id: idOf(child), parent: idOf(parent), size: within(child).length })),
  );
  return keys.sort((a, b) => b.size - a.size);
}

const mentions = ['rsc', 'with-rsc', 'first', 'then', 'node', 'target'];

function without(cib: Element, key: Key): Element | null {
  const copy = copyOf(cib);
  for (const parent of [copy, ...within(copy)]) {
    const gone = parent.children.find((child) => child.name === key.name && idOf(child) === key.id);
    if (gone === undefined || idOf(parent) !== key.parent) continue;
    drop(copy, gone);
    const names = new Set([gone, ...within(gone)].flatMap(({ attributes: { id, uname } }) => [id, uname]));
    if (resourceNames.includes(gone.name) || gone.name === 'node') forget(copy, names);
    return copy;
  }
  return null;
}

/** Constraints and histories of what is gone. */
function forget(cib: Element, names: ReadonlySet<string | undefined>): void {
  const isAbout = ({ name, attributes }: Element): boolean =>
    mentions.some((each) => attributes[each] !== undefined && names.has(attributes[each])) ||
    (name === 'resource_ref' && names.has(attributes['id'])) ||
    (name === 'lrm_resource' && names.has((attributes['id'] ?? '').replace(/:\d+$/, ''))) ||
    (name === 'node_state' && names.has(attributes['uname']));
  for (const element of within(cib)) if (isAbout(element)) drop(cib, element);
  for (const set of within(cib, 'resource_set')) if (set.children.length === 0) drop(cib, set);
}
