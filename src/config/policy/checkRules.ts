/** Rules that ask about what is not known where they stand, or about attributes that no node has. */
import type { Expression, Rule } from '../../policy/input.ts';
import type { Checked } from '../check.ts';
import { nodeForm } from '../normalise.ts';
import { atKey, atValue, inValue, type Path, type Spot } from '../places.ts';
import type { Report } from '../report.ts';
import { ruleOf } from '../rule/parse.ts';
import { quote } from '../show.ts';
import { didYouMean, nearest } from '../suggest.ts';
import { entriesWithPaths, locationsWithPaths } from './paths.ts';

/** Where rules stand, with what each may ask about. */
const places = {
  where: { may: ['attribute', 'date'], words: 'nodes and dates', hint: 'what is said of agents stands under «rules»' },
  meta: {
    may: ['date', 'resource'],
    words: 'dates and agents',
    hint: 'what depends on the node stands in «where» of a location',
  },
  params: {
    may: ['attribute', 'resource'],
    words: 'nodes and agents',
    hint: 'a parameter that changes with the date would restart the service: say it anew when the time has come',
  },
  while: { may: ['date'], words: 'dates', hint: 'what depends on the node stands in «where» of a location' },
} as const;

export function checkRules(checked: Checked, report: Report): void {
  const { file } = checked;
  const { colocations, orders, tickets } = file.policy;
  const attributes = attributesOf(checked);
  for (const { path, file: location } of locationsWithPaths(file)) {
    check(location.where, 'where', [...path, 'where'], report);
    check(location.while, 'while', [...path, 'while'], report);
    if (location.where === undefined) continue;
    checkAttributes(location.where, [...path, 'where'], attributes, report);
    if (file.nodesKnown) checkNodeNames(location.where, [...path, 'where'], new Set(file.nodes.keys()), report);
  }
  for (const [kind, entries] of Object.entries({ colocation: colocations, order: orders, ticket: tickets }))
    for (const [index, entry] of entries.entries())
      check(entry?.while, 'while', ['constraints', kind, index, 'while'], report);
  for (const { path, entry } of entriesWithPaths(file))
    for (const [index, { where, meta, params }] of (entry.rules ?? []).entries()) {
      const at = [...path, 'rules', index];
      if (meta === undefined && params === undefined)
        report.error('MISSING_KEY', atKey(...at), 'the rule switches nothing on', 'say meta: or params: beside where:');
      if (meta !== undefined) check(where, 'meta', [...at, 'where'], report);
      if (params !== undefined) checkParamRule(where, [...at, 'where'], attributes, checked, report);
    }
}

/** It is read once, with the file: what nodes get to know later, and other values of the service, it never sees. */
function checkParamRule(
  where: string,
  path: Path,
  attributes: ReadonlySet<string>,
  { file }: Checked,
  report: Report,
): void {
  check(where, 'params', path, report);
  if (file.nodesKnown) checkNodeNames(where, path, new Set(file.nodes.keys()), report);
  for (const each of expressionsOf(ruleOf(where, ''))) {
    if (each.kind !== 'attribute') continue;
    const source = each.valueSource ?? 'literal';
    if (source !== 'literal')
      report.error('RULE_CONTEXT', atValue(...path), `a rule of parameters asks for a ${source} here`, 'say the value');
    if (each.attribute.startsWith('#') || attributes.has(each.attribute)) continue;
    const message = `no node of the file has the attribute ${quote(each.attribute)}`;
    const hint = didYouMean(each.attribute, attributes) ?? 'parameters know only the attributes of the file';
    report.warning('UNKNOWN_ATTRIBUTE', placeOf(each.attribute, where, path), message, hint);
  }
}

function check(text: string | undefined, place: keyof typeof places, path: Path, report: Report): void {
  if (text === undefined) return;
  const { may, words, hint } = places[place];
  const wrong = expressionsOf(ruleOf(text, '')).find(({ kind }) => !(may as readonly string[]).includes(kind));
  if (wrong === undefined) return;
  const about = wrong.kind === 'attribute' ? `the attribute ${quote(wrong.attribute)}` : nameOf(wrong);
  const message = `a rule asks about ${about} here, where only ${words} are known`;
  report.error('RULE_CONTEXT', atValue(...path), message, hint);
}

function nameOf({ kind }: Expression): string {
  if (kind === 'date') return 'a date';
  return kind === 'resource' ? 'an agent' : `an ${kind}`;
}

function expressionsOf(rule: Rule): Exclude<Expression, { readonly kind: 'rule' }>[] {
  return rule.expressions.flatMap((each) => (each.kind === 'rule' ? expressionsOf(each.rule) : [each]));
}

function attributesOf({ file }: Checked): ReadonlySet<string> {
  const names = [...file.nodes.values()].flatMap((node) =>
    node === null ? [] : Object.keys(nodeForm(node).attributes ?? {}),
  );
  return new Set(names);
}

/** Attributes may also be set while the cluster runs: only a name that is nearly one of the file is likely to be a mistake. */
function checkAttributes(text: string, path: Path, known: ReadonlySet<string>, report: Report): void {
  for (const expression of expressionsOf(ruleOf(text, ''))) {
    if (expression.kind !== 'attribute' || known.has(expression.attribute)) continue;
    const near = nearest(expression.attribute, known);
    if (near === null || expression.attribute.startsWith('#')) continue;
    const message = `no node of the file has the attribute ${quote(expression.attribute)}`;
    report.warning('UNKNOWN_ATTRIBUTE', placeOf(expression.attribute, text, path), message, `did you mean «${near}»?`);
  }
}

/** `#uname` is the name of the node: a value that is none can never be met. */
function checkNodeNames(text: string, path: Path, nodes: ReadonlySet<string>, report: Report): void {
  for (const expression of expressionsOf(ruleOf(text, ''))) {
    if (expression.kind !== 'attribute' || expression.attribute !== '#uname') continue;
    const { operation, value, valueSource } = expression;
    if (!/^(eq|ne)$/.test(operation) || value === null || valueSource !== null || nodes.has(value)) continue;
    const message = `there is no node ${quote(value)}`;
    report.error('UNKNOWN_NODE', placeOf(value, text, path), message, didYouMean(value, nodes));
  }
}

const placeOf = (word: string, text: string, path: Path): Spot => inValue(path, text, Math.max(text.indexOf(word), 0));
