/** Colocations that nobody wrote: members of groups follow each other, fillers follow what contains them. */
import type { Colocation } from '../constraints.ts';
import type { Resource, ResourceIndex, Situation } from '../situation.ts';
import { infinity } from '../values.ts';

/** A connection into a bundle's container may be elsewhere than the container, but had better not be. */
const scoreOfConnection = 10_000;

export function implicitColocations(situation: Situation): Colocation[] {
  const found: Colocation[] = [];
  for (const resource of situation.resources) {
    if (resource.kind === 'group') ofGroup(situation, resource, found);
    else if (resource.kind === 'bundle') ofBundle(resource, found);
    else if (resource.container !== null) ofFiller(situation, resource, resource.container, found);
  }
  return found;
}

function ofGroup(situation: Situation, group: Resource, into: Colocation[]): void {
  if (!isColocated(group)) return;
  for (const [i, member] of group.children.entries()) {
    const before = group.children[i - 1];
    if (before === undefined) continue;
    const influence = situation.resources[member]!.meta.critical;
    into.push(colocation('group:internal_colocation', member, before, infinity, influence));
  }
}

/** `collocated=false`, an old option, makes a group a mere sequence. */
export const isColocated = (group: Resource): boolean => isTrue(group.rawMeta.get('collocated') ?? 'true');

const isTrue = (text: string): boolean => /^(true|on|yes|y|1)$/i.test(text);

function ofBundle(bundle: Resource, into: Colocation[]): void {
  for (const { ip, container } of bundle.replicas)
    if (ip !== null) into.push(colocation('ip-with-docker', ip, container, infinity, true));
}

function ofFiller(situation: Situation, filler: Resource, container: ResourceIndex, into: Colocation[]): void {
  // What is in a remote or guest node is kept there by bans on all other nodes.
  if (!filler.managed || runsInside(situation, filler, container)) return;
  const isOfBundle = filler.parent !== null && situation.resources[filler.parent]!.kind === 'bundle';
  const score = isOfBundle && filler.connects !== null ? scoreOfConnection : infinity;
  into.push(colocation('resource-with-container', filler.index, container, score, true));
}

/** It is to run in the guest or remote node that its container is or contains, not beside the container. */
export function runsInside(situation: Situation, filler: Resource, container: ResourceIndex): boolean {
  return filler.connects === null && nodeInside(situation, container) !== null;
}

/** The connection resource of the node that the container is or contains; null: none. */
export function nodeInside(situation: Situation, container: ResourceIndex): ResourceIndex | null {
  const { connects, fillers } = situation.resources[container]!;
  if (connects !== null) return container;
  return fillers.find((filler) => situation.resources[filler]!.connects !== null) ?? null;
}

const colocation = (
  id: string,
  dependent: ResourceIndex,
  primary: ResourceIndex,
  score: number,
  influence: boolean,
): Colocation => ({
  id,
  attribute: null,
  dependent,
  dependentRole: null,
  primary,
  primaryRole: null,
  score,
  influence,
});
