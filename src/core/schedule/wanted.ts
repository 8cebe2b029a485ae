/** Which services cannot run, whatever the nodes say, because of an operator or of what they depend on? */
import { must } from '../../lib/assert.ts';
import type { ServiceId } from '../model.ts';
import type { Admin } from '../ports.ts';
import { stopOf } from '../stopped.ts';
import type { Aftermath } from './aftermath.ts';
import { type Graph, joinedBy, neededBy } from './graph.ts';

/** Why a service cannot run, in words; a service that is not in it can. */
export type Unrunnable = ReadonlyMap<ServiceId, string>;

/** Stopped by an operator or for good by a failure, or dependent on something that is. */
export function unwanted(graph: Graph, admin: Admin, aftermath: Aftermath): Unrunnable {
  const stopped = new Map<ServiceId, string>(aftermath.stopped);
  for (const id of graph.services.keys()) {
    const stop = stopOf(admin, id);
    if (stop === null) continue;
    const { because, keptFor } = stop;
    stopped.set(
      id,
      keptFor === null ? `stopped by operator: ${because}` : `kept for ${keptFor}, which is shut down: ${because}`,
    );
  }
  return withDependents(graph, stopped);
}

/** What cannot run takes along all that needs it or runs only with it. Each reason names the first cause, not the chain. */
export function withDependents(graph: Graph, causes: Unrunnable): Unrunnable {
  const all = new Map(causes);
  const rootOf = new Map([...causes.keys()].map((id) => [id, id]));
  const queue = [...causes.keys()];
  for (let next = 0; next < queue.length; next++) {
    const id = must(queue[next], 'service in the queue');
    const root = must(rootOf.get(id), 'cause of a service in the queue');
    const cause = must(causes.get(root), 'words of a cause');
    const words = `${id}, which cannot run${root === id ? '' : ` (${root} cannot)`}: ${cause}`;
    const take = (dependent: ServiceId, how: string): void => {
      if (all.has(dependent)) return;
      all.set(dependent, `${how} ${words}`);
      rootOf.set(dependent, root);
      queue.push(dependent);
    };
    for (const dependent of neededBy(graph, id)) take(dependent.id, 'needs');
    for (const dependent of joinedBy(graph, id)) take(dependent.id, 'runs only with');
  }
  return all;
}
