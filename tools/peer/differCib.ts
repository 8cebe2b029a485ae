/** What a CIB holds, for those who change it. */
import type { Draw } from './differDraw.ts';
import { type Element, reach, within } from './differTree.ts';

/** Changes the tree and says what it did; null: there is nothing that it could change. */
export type TreeEdit = (cib: Element, draw: Draw) => string | null;

/** One of so many in a bag. */
export type Weighted = readonly (readonly [number, TreeEdit])[];

export const configuration = (cib: Element, section: string): Element => reach(cib, 'configuration', section);

export const resourceNames = ['primitive', 'group', 'clone', 'master', 'bundle', 'template'];

export const resourcesIn = (cib: Element): Element[] => within(configuration(cib, 'resources'), ...resourceNames);

export const nodesIn = (cib: Element): Element[] => within(configuration(cib, 'nodes'), 'node');

export const pickOr = <T>(draw: Draw, items: readonly T[]): T | null => (items.length === 0 ? null : draw.pick(items));
