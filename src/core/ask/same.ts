/** Is a question the same as the one before? Most of what changes in a running cluster (an order seen, a start that ended well) is none. */
import { rulesChangeS } from '../../policy/rule/index.ts';
import type { Configuration } from './configuration.ts';
import type { Preference, Present, Question } from './question.ts';

/** Of one cluster. */
export function isSameQuestion(a: Question, b: Question, { dated }: Configuration): boolean {
  return (
    isSameDate(a.nowS, b.nowS, dated) &&
    sets.every((name) => isSameSet(a[name], b[name])) &&
    isSameList(a.preferences, b.preferences, isSamePreference) &&
    a.present.size === b.present.size &&
    [...a.present].every(([service, copies]) => isSameList(copies, b.present.get(service) ?? [], isSameCopy))
  );
}

const sets = ['members', 'standby', 'stopped', 'leftAlone', 'scattered', 'mute'] as const;

function isSameDate(beforeS: number, nowS: number, dated: Configuration['dated']): boolean {
  const changesS = rulesChangeS(dated, beforeS);
  return dated.length === 0 || (nowS >= beforeS && (changesS === null || nowS < changesS));
}

const isSameSet = (a: ReadonlySet<string>, b: ReadonlySet<string>): boolean =>
  a.size === b.size && [...a].every((each) => b.has(each));

const isSameList = <T>(a: readonly T[], b: readonly T[], isSame: (x: T, y: T) => boolean): boolean =>
  a.length === b.length && a.every((each, i) => isSame(each, b[i] as T));

const isSamePreference = (a: Preference, b: Preference): boolean =>
  a.service === b.service &&
  a.node === b.node &&
  a.points === b.points &&
  a.because === b.because &&
  a.isOwn === b.isOwn;

const isSameCopy = (a: Present, b: Present): boolean =>
  a.node === b.node &&
  a.state === b.state &&
  a.failures === b.failures &&
  a.definition === b.definition &&
  a.mending === b.mending &&
  a.promoted === b.promoted &&
  a.promotion === b.promotion;
