/** Meta attributes and options that nobody knows, that are said in another way here, or that have values of another kind. */
import type { Checked } from '../check.ts';
import { atKey, atValue, type Path } from '../places.ts';
import type { Report } from '../report.ts';
import { quote, show } from '../show.ts';
import { didYouMean } from '../suggest.ts';
import { type Known, knownMeta, knownOptions, knownRuleMeta, whyUnfit } from './known.ts';
import { entriesWithPaths } from './paths.ts';

export function checkKnown({ file }: Checked, report: Report): void {
  checkValues('option', file.policy.options, knownOptions, ['options'], report);
  for (const { path, entry } of entriesWithPaths(file)) {
    checkValues('meta attribute', entry.meta ?? {}, knownMeta, [...path, 'meta'], report);
    for (const [index, rule] of (entry.rules ?? []).entries())
      checkValues('meta attribute', rule.meta ?? {}, knownRuleMeta, [...path, 'rules', index, 'meta'], report);
  }
}

function checkValues(
  what: 'option' | 'meta attribute',
  values: Readonly<Record<string, string | number | boolean>>,
  known: Readonly<Record<string, Known>>,
  path: Path,
  report: Report,
): void {
  const code = what === 'option' ? 'UNKNOWN_OPTION' : 'UNKNOWN_META';
  for (const [name, value] of Object.entries(values)) {
    const expected = Object.hasOwn(known, name) ? known[name] : undefined;
    if (expected === undefined) {
      const hint = didYouMean(name, Object.keys(known)) ?? `known here: ${taken(known).join(', ')}`;
      report.error(code, atKey(...path, name), `there is no ${what} ${quote(name)}`, hint);
    } else if (expected.kind === 'refused') {
      report.error(code, atKey(...path, name), `the ${what} ${quote(name)} is not taken here`, expected.because);
    } else {
      const unfit = whyUnfit(expected, String(value));
      const hint = expected.kind === 'word' ? didYouMean(String(value), expected.words) : null;
      if (unfit !== null)
        report.error('BAD_VALUE', atValue(...path, name), `${quote(name)} ${unfit}, not ${show(value)}`, hint);
    }
  }
}

const taken = (known: Readonly<Record<string, Known>>): string[] =>
  Object.entries(known).flatMap(([name, { kind }]) => (kind === 'refused' ? [] : [name]));
