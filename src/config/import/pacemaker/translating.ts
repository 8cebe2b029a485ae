/** What all parts of the translation look at. */
import type { Input } from '../../../policy/input.ts';
import type { Resource, Situation } from '../../../policy/situation.ts';
import type { ImportDraft } from './draft.ts';
import type { ImportNames } from './names.ts';
import type { RemoteNodes } from './remotes.ts';

export interface Translating {
  /** As it was read, but without status and fence devices. */
  readonly input: Input;
  /** The same without anything that a rule switches on. */
  readonly situation: Situation;
  /** By id: the resource, or the first copy of it. */
  readonly instances: ReadonlyMap<string, Resource>;
  readonly names: ImportNames;
  /** Names in the cluster file, in order. */
  readonly nodes: readonly string[];
  /** Names of nodes in the configuration, by their ids. */
  readonly nodeIds: ReadonlyMap<string, string>;
  /** Of those, the ones that are remote nodes or guests. */
  readonly remotes: RemoteNodes;
  readonly draft: ImportDraft;
}
