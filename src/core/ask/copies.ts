/**
 * Copies that differ are one clone for the engine, and a configuration says one thing of all copies of a clone. What is said of some
 * of them alone (not to run, to be left as they are, to prefer a node) is told it in the form that it would have made of it itself.
 * And it is to let none of them change places for nothing.
 */
import { must } from '../../lib/assert.ts';
import type { Location } from '../../policy/constraints.ts';
import type { Resource, ResourceIndex, Situation } from '../../policy/situation.ts';
import { infinity } from '../../policy/values.ts';
import type { Service } from '../model.ts';
import { type Configuration, resourceIdOf } from './configuration.ts';
import type { Question } from './question.ts';

type Copies = Configuration['copies'];

export function withCopies(
  situation: Situation,
  { stopped, leftAlone }: Question,
  { copies }: Pick<Configuration, 'copies'>,
): Situation {
  const changed = new Map<ResourceIndex, Partial<Resource>>();
  for (const [id, copy] of copies)
    if (stopped.has(id) || leftAlone.has(id))
      changed.set(indexOf(copy, situation), {
        ...(stopped.has(id) ? { forcedRole: 'stopped' } : {}),
        ...(leftAlone.has(id) ? { managed: false } : {}),
      });
  for (const { copyOf } of copies.values())
    if (copyOf !== undefined)
      changed.set(must(situation.resourceById.get(copyOf.service), `clone ${copyOf.service}`), { staysFirst: true });
  if (changed.size === 0) return situation;
  return { ...situation, resources: situation.resources.map((each) => ({ ...each, ...changed.get(each.index) })) };
}

const indexOf = (copy: Service, { resourceById }: Situation): ResourceIndex =>
  must(resourceById.get(resourceIdOf(copy)), `copy ${copy.id}`);

/** `idOf`: what a location is called that stands for the preference with this index. */
export function preferencesOfCopies(
  preferences: Question['preferences'],
  copies: Copies,
  situation: Situation,
  idOf: (index: number) => string,
): readonly Location[] {
  if (copies.size === 0) return [];
  return preferences.flatMap(({ service, node: name, points }, index): Location[] => {
    const copy = copies.get(service);
    if (copy === undefined) return [];
    const node = must(situation.nodeByName.get(name), `node ${name}`);
    const nodes = [{ node, score: points ?? -infinity }];
    return [{ id: idOf(index), resource: indexOf(copy, situation), role: null, discovery: 'always', nodes }];
  });
}
