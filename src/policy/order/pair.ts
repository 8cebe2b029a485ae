/** What an edge implies for two actions as such. */
import { type Action, Implies } from '../actions.ts';
import { rankOf } from '../values.ts';
import type { Case, Spread } from './imply.ts';
import { isManaged, type Net, resourceAt, resourceOf, roleNow } from './net.ts';

export function implyPair(spread: Spread, its: Case, implies: number): void {
  const { first, second } = its;
  const rule = rules.get(implies);
  if (rule === undefined) return;
  const firstBefore = stateOf(first);
  const secondBefore = stateOf(second);
  rule(spread, its);
  if (stateOf(first) !== firstBefore) tell(spread, first);
  if (stateOf(second) !== secondBefore) tell(spread, second);
}

function tell({ flags, changed }: Spread, action: Action): void {
  flags.touch(action.resource);
  changed(action);
}

const stateOf = ({ isOptional, isRunnable, isMigratable, isPseudo }: Action): number =>
  (isOptional ? 1 : 0) | (isRunnable ? 2 : 0) | (isMigratable ? 4 : 0) | (isPseudo ? 8 : 0);

const rules: ReadonlyMap<number, (spread: Spread, its: Case) => void> = new Map([
  [Implies.second, implySecond],
  [Implies.first, implyFirst],
  [Implies.firstPromoted, implyFirstPromoted],
  [Implies.firstMigratable, implyFirstMigratable],
  [Implies.runnable, implyRunnable],
  [Implies.pseudo, implyPseudo],
  [Implies.restart, implyRestart],
  [Implies.asymmetric, implyAsymmetric],
]);

/** What is replaced by a migration takes nothing along. */
function implySecond({ net }: Spread, { first, second, seen }: Case): void {
  if (second.isOptional && !seen.isOptional && !first.isMigratable) require(net, second, first);
}

function implyFirst({ net }: Spread, { first, second, seen }: Case): void {
  if (second.isOptional) return;
  if (!seen.isOptional && first.isOptional) require(net, first, second);
  if (seen.isMigratable && !second.isMigratable) dissuade(net, first, second);
}

function implyFirstPromoted({ net }: Spread, { first, second }: Case): void {
  const resource = resourceOf(net, second);
  if (second.isOptional || resource === null || roleNow(net, resource) !== 'promoted') return;
  require(net, first, second);
  if (!second.isMigratable) dissuade(net, first, second);
}

/** Inside of a migration: what has to be done really, or cannot be done. */
function implyFirstMigratable({ net }: Spread, { first, second }: Case): void {
  if (!second.isMigratable || !second.isRunnable) forbid(net, first, second);
  if (!second.isOptional) require(net, first, second);
}

function implyRunnable({ net }: Spread, { first, second, seen }: Case): void {
  if (!second.isRunnable || seen.isRunnable) return;
  forbid(net, second, first);
  dissuade(net, second, first);
}

/** Without the migration that stood for it, it has to be done really. */
function implyPseudo({ net }: Spread, { first, second }: Case): void {
  if (first.isRunnable) return;
  dissuade(net, second, first);
  second.isPseudo = false;
}

/** A stop is needed if what comes after it is; and also where its own resource could not start again. */
function implyRestart({ net }: Spread, { first, second }: Case): void {
  const resource = resourceOf(net, second);
  const isLost =
    !second.isRunnable && first.resource === second.resource && resource !== null && isManaged(net, resource);
  if (second.isOptional && !isLost) return;
  if (first.isRunnable || !second.isOptional) require(net, first, second);
  if (!second.isMigratable) dissuade(net, first, second);
  if (!first.isOptional && !first.isRunnable) forbid(net, second, first);
}

/** What is down already need not go down, nor come up what is up already. */
function implyAsymmetric({ net }: Spread, { first, second }: Case): void {
  const resource = resourceOf(net, second);
  if (resource === null || first.isRunnable) return;
  if (second.isOptional) {
    const role = roleNow(net, resource);
    if (role === 'stopped' && second.task === 'stop') return;
    const [node, ...others] = resource.runningOn;
    const isOnlyThere = node === second.node && others.length === 0;
    if (rankOf(role) >= rankOf('started') && second.task === 'start' && isOnlyThere) return;
  }
  require(net, second, first);
  forbid(net, second, first);
}

function require(net: Net, action: Action, because: Action): void {
  if (!action.isOptional) return;
  action.isOptional = false;
  explain(net, action, 'required', because);
}

function forbid(net: Net, action: Action, because: Action): void {
  if (!action.isRunnable) return;
  action.isRunnable = false;
  explain(net, action, 'unrunnable', because);
}

function dissuade(net: Net, action: Action, because: Action): void {
  if (!action.isMigratable) return;
  action.isMigratable = false;
  action.because = '';
  explain(net, action, 'unrunnable', because);
}

function explain(net: Net, action: Action, word: string, { resource, task, how }: Action): void {
  if (action.because !== '' || action.resource === resource) return;
  const id = resource === null ? '' : `${resourceAt(net, resource).id} `;
  action.because = `${word} ${id}${task === 'gate' ? how : task}`;
}
