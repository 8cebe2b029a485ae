/** Constraints that lack a part, or have two parts that exclude each other: the schema takes every part for itself. */
import type { Checked } from '../check.ts';
import { atKey, atValue, type Path } from '../places.ts';
import type { Report } from '../report.ts';
import { locationsWithPaths } from './paths.ts';

export function checkForms({ file }: Checked, report: Report): void {
  const { colocations, orders, tickets } = file.policy;
  for (const { path, file: location, owner } of locationsWithPaths(file)) {
    if (owner === null) one(location, ['service', 'services', 'pattern'], path, report);
    else none(location, ['service', 'services', 'pattern'], `it is about «${owner}», where it stands`, path, report);
    one(location, ['node', 'where'], path, report);
    one(location, ['score', 'score-attribute'], path, report);
    if (location.node !== undefined)
      none(location, ['score-attribute'], 'it goes with «where»: each node has its own', path, report);
  }
  for (const [index, link] of colocations.entries())
    pairOrSets(link, ['service', 'with'], ['role', 'with-role'], ['constraints', 'colocation', index], report);
  for (const [index, link] of orders.entries()) {
    const path = ['constraints', 'order', index];
    pairOrSets(link, ['first', 'then'], ['first-action', 'then-action'], path, report);
    if (link?.kind === 'serialize' && link.symmetrical === true)
      report.warning(
        'SERIALIZE_ONE_WAY',
        atValue(...path, 'symmetrical'),
        'what never acts at once has no order that could be turned round: this says nothing',
        'leave it out, or say kind: mandatory',
      );
  }
  for (const [index, link] of tickets.entries())
    pairOrSets(link, ['service'], ['role'], ['constraints', 'ticket', index], report);
}

/** For the first of keys of which one is missing. */
const samples: Readonly<Record<string, string>> = {
  service: 'service: web, say',
  node: 'node: n1, or a rule: where: site eq east',
  score: 'score: 100, score: inf or score: -inf, say',
};

type Keys = Readonly<Record<string, unknown>>;

function one(entry: Keys, keys: readonly string[], path: Path, report: Report): void {
  const [first, second] = keys.filter((key) => entry[key] !== undefined);
  const choice = keys.map((key) => `«${key}»`).join(', ');
  if (first === undefined)
    report.error('CONSTRAINT_FORM', atKey(...path), `one of ${choice} is missing`, samples[keys[0] ?? ''] ?? null);
  else if (second !== undefined)
    report.error('CONSTRAINT_FORM', atKey(...path, second), `«${first}» and «${second}»: only one of them can hold`);
}

function none(entry: Keys, keys: readonly string[], why: string, path: Path, report: Report): void {
  for (const key of keys.filter((each) => entry[each] !== undefined))
    report.error('CONSTRAINT_FORM', atKey(...path, key), `«${key}» does not belong here`, why);
}

function pairOrSets(
  entry: Keys | null,
  pair: readonly string[],
  ofPair: readonly string[],
  path: Path,
  report: Report,
): void {
  if (entry === null) return;
  if (entry['sets'] !== undefined) {
    none(entry, [...pair, ...ofPair], 'with «sets», each set says it for itself', path, report);
    return;
  }
  for (const key of pair.filter((each) => entry[each] === undefined))
    report.error('CONSTRAINT_FORM', atKey(...path), `«${key}» is missing`, 'or say «sets» for more than two');
}
