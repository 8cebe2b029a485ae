/** The steps of groups, clones and bundles as wholes: actions without work that order those of their parts. */
import { type Action, Implies } from '../actions.ts';
import type { Resource } from '../situation.ts';
import { type Announcements, announceRoleChanges, announceStartAndStop } from './announce.ts';
import { childrenOf, innerOf, instancesOf, isCollection, leavesOf, type Net, topOf } from './net.ts';
import { doneStep, type Move, moves, type Step } from './steps.ts';

/** Makes them for all collections; tells which notifications clones will send. */
export function collectAll(net: Net): Announcements {
  const announcements: Announcements = new Map();
  for (const top of net.situation.top) {
    const resource = net.situation.resources[top];
    if (resource !== undefined) collect(net, resource, announcements);
  }
  return announcements;
}

function collect(net: Net, resource: Resource, announcements: Announcements): void {
  for (const child of childrenOf(net, resource)) if (isCollection(child)) collect(net, child, announcements);
  if (resource.kind === 'group') collectGroup(net, resource);
  else if (resource.kind === 'clone') collectClone(net, resource, announcements);
  else if (resource.kind === 'bundle') collectBundle(net, resource);
}

interface Likely {
  readonly isOptional: boolean;
  readonly isRunnable: boolean;
}

function add(net: Net, { index }: Resource, step: Step, likely: Likely): Action {
  const isGate = step.endsWith('ed');
  const what = isGate ? ({ task: 'gate', how: step } as const) : ({ task: step as Move } as const);
  return net.actions.add({ ...what, resource: index, isPseudo: true, ...likely });
}

/** Its members make them necessary. */
function collectGroup(net: Net, group: Resource): void {
  const isPromotable = topOf(net, group).meta.promotable;
  for (const move of moves) {
    if ((move === 'promote' || move === 'demote') && !isPromotable) continue;
    add(net, group, move, { isOptional: true, isRunnable: true });
    add(net, group, doneStep(move), { isOptional: true, isRunnable: true });
  }
}

function collectClone(net: Net, clone: Resource, announcements: Announcements): void {
  const steps = startAndStop(net, clone);
  if (clone.meta.notify) announceStartAndStop(net, clone, steps, announcements);
  if (clone.meta.ordered) orderInstances(net, clone);
  if (!clone.meta.promotable) return;
  const tasks = new Set(leavesOf(net, clone).flatMap((leaf) => necessary(net, leaf).map(({ task }) => task)));
  const roleSteps = rolesOf(net, clone, !tasks.has('promote'), !tasks.has('demote'));
  if (clone.meta.notify) announceRoleChanges(net, clone, roleSteps, announcements);
}

function collectBundle(net: Net, bundle: Resource): void {
  startAndStop(net, bundle);
  if (innerOf(net, bundle)?.meta.promotable === true) rolesOf(net, bundle, true, true);
}

const necessary = (net: Net, leaf: Resource): readonly Action[] =>
  net.actions.of(leaf.index).filter(({ isOptional }) => !isOptional);

/** Both halves of two steps. */
export interface Steps {
  readonly up: Action;
  readonly upDone: Action;
  readonly down: Action;
  readonly downDone: Action;
}

function rolesOf(net: Net, clone: Resource, promotesNone: boolean, demotesNone: boolean): Steps {
  return {
    up: add(net, clone, 'promote', { isOptional: promotesNone, isRunnable: true }),
    upDone: add(net, clone, 'promoted', { isOptional: promotesNone, isRunnable: true }),
    down: add(net, clone, 'demote', { isOptional: demotesNone, isRunnable: true }),
    downDone: add(net, clone, 'demoted', { isOptional: demotesNone, isRunnable: true }),
  };
}

/** The stop may be part of live migrations of what depends on it, unless an instance restarts. */
function startAndStop(net: Net, resource: Resource): Steps {
  const activities = instancesOf(net, resource).map((instance) => activityOf(net, instance));
  const starts = activities.some(({ isStarting }) => isStarting);
  const stops = activities.some(({ isStopping }) => isStopping);
  const isActive = activities.some((activity) => activity.isActive);
  const steps: Steps = {
    up: add(net, resource, 'start', { isOptional: !starts, isRunnable: true }),
    upDone: add(net, resource, 'started', { isOptional: !starts, isRunnable: isActive || starts }),
    down: add(net, resource, 'stop', { isOptional: !stops, isRunnable: true }),
    downDone: add(net, resource, 'stopped', { isOptional: !stops, isRunnable: true }),
  };
  steps.down.isMigratable = !activities.some(({ isStarting, isStopping }) => isStarting && isStopping);
  return steps;
}

interface Activity {
  isActive: boolean;
  isStarting: boolean;
  isStopping: boolean;
}

function activityOf(net: Net, instance: Resource): Activity {
  const activity: Activity = { isActive: false, isStarting: false, isStopping: false };
  for (const leaf of leavesOf(net, instance)) {
    if (leaf.runningOn.length > 0) activity.isActive = true;
    for (const { task, isPseudo, isRunnable } of necessary(net, leaf)) {
      if (task === 'stop' && (isPseudo || isRunnable)) activity.isStopping = true;
      if (task === 'start' && isRunnable) activity.isStarting = true;
    }
  }
  return activity;
}

/** An ordered clone starts its instances one after the other, by number, and stops them in reverse. */
function orderInstances(net: Net, clone: Resource): void {
  for (const task of ['start', 'stop'] as const) {
    let previous: Action | null = null;
    for (const instance of childrenOf(net, clone)) {
      const [action, ...others] = necessary(net, instance).filter((each) => each.task === task);
      if (action === undefined || others.length > 0) continue;
      if (previous !== null && task === 'start') net.actions.order(previous, action, Implies.order);
      else if (previous !== null) net.actions.order(action, previous, Implies.order);
      previous = action;
    }
  }
}
