/** The frame of a clone's notifications: before and after each step all instances are told, and the step waits for them. */
import { type Action, Implies } from '../actions.ts';
import type { Resource, ResourceIndex } from '../situation.ts';
import type { Steps } from './collect.ts';
import type { Net } from './net.ts';
import type { Move } from './steps.ts';

/** What is told about one step; null: nothing is told before (or after) it. */
export interface Announcement {
  readonly move: Move;
  readonly before: Told | null;
  readonly after: Told | null;
}

/** Between the two every instance gets its notification. */
export interface Told {
  readonly begins: Action;
  readonly ends: Action;
}

export type Announcements = Map<ResourceIndex, Announcement[]>;

export function announceStartAndStop(net: Net, clone: Resource, steps: Steps, into: Announcements): void {
  const start = announce(net, clone, 'start', steps.up, steps.upDone);
  const stop = announce(net, clone, 'stop', steps.down, steps.downDone);
  follow(net, stop, start);
  into.set(clone.index, [start, stop]);
}

/** Nobody is told of a promotion before all has been said about what else happens. */
export function announceRoleChanges(net: Net, clone: Resource, steps: Steps, into: Announcements): void {
  const [start, stop] = into.get(clone.index) ?? [];
  const promote = announce(net, clone, 'promote', steps.up, steps.upDone);
  const demote = announce(net, clone, 'demote', steps.down, steps.downDone);
  if (start === undefined || stop === undefined) return;
  for (const earlier of [stop, start, demote]) follow(net, earlier, promote);
  for (const later of [start, stop]) follow(net, demote, later);
  into.set(clone.index, [start, stop, promote, demote]);
}

function follow(net: Net, first: Announcement, second: Announcement): void {
  if (first.after !== null && second.before !== null)
    net.actions.order(first.after.ends, second.before.begins, Implies.order);
}

function announce(net: Net, clone: Resource, move: Move, action: Action, done: Action): Announcement {
  const before = tell(net, clone, 'pre', action, true);
  net.actions.order(before.begins, before.ends, Implies.order);
  net.actions.order(before.ends, action, Implies.order);
  const after = announceEnd(net, clone, done);
  net.actions.order(before.ends, after.begins, Implies.order);
  return { move, before, after };
}

/** Where a fencing stands for a stop, what is told afterwards waits for the fencing. */
export function announceEnd(net: Net, resource: Resource, done: Action): Told {
  const after = tell(net, resource, 'post', done, done.isRunnable);
  net.actions.order(done, after.begins, Implies.second);
  net.actions.order(after.begins, after.ends, Implies.second);
  return after;
}

function tell(
  net: Net,
  resource: Resource,
  time: 'pre' | 'post',
  { task, how, isOptional }: Action,
  isRunnable: boolean,
): Told {
  const subject = task === 'gate' ? how : task;
  const add = (when: string): Action =>
    net.actions.add({
      task: 'notify',
      resource: resource.index,
      how: `${when} ${subject}`,
      isPseudo: true,
      isOptional,
      isRunnable,
    });
  return { begins: add(time), ends: add(`confirmed-${time}`) };
}
