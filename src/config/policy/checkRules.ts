/** Rules that ask about what is not known where they stand, or about attributes that no node has. */
import type { Expression, Rule } from '../../policy/input.ts';
import type { Checked } from '../check.ts';
import { nodeForm } from '../normalise.ts';
import { atKey, atValue, inValue, type Path, type Spot } from '../places.ts';
import type { Report } from '../report.ts';
import { ruleOf } from '../rule/parse.ts';
import { quote } from '../show.ts';
import { didYouMean, nearest } from '../suggest.ts';
import { checkOne } from './checkChecks.ts';
import { checksOf } from './checks.ts';
import { entriesWithPaths, locationsWithPaths } from './paths.ts';
import { nodeRules, type ServiceRuleFile } from './ruled.ts';

/** Where rules stand, with what each may ask about. */
const places = {
  where: { may: ['attribute', 'date'], words: 'nodes and dates', hint: 'what is said of agents stands under «rules»' },
  meta: {
    may: ['date', 'resource'],
    words: 'dates and agents',
    hint: 'what depends on the node stands in «where» of a location',
  },
  values: {
    may: ['date', 'resource'],
    words: 'dates and agents',
    hint: 'of what a service says, only parameters can depend on the node',
  },
  params: { may: ['attribute', 'date', 'resource'], words: 'nodes, dates and agents', hint: null },
  node: { may: ['date'], words: 'dates', hint: 'what holds at all times stands under «attributes»' },
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
    for (const [index, { where, meta, params, ...values }] of (entry.rules ?? []).entries()) {
      const at = [...path, 'rules', index];
      const isEmpty = Object.keys(values).length === 0;
      if (meta === undefined && params === undefined && isEmpty)
        report.error('MISSING_KEY', atKey(...at), 'the rule switches nothing on', 'say meta: or params: beside where:');
      if (meta !== undefined) check(where, 'meta', [...at, 'where'], report);
      else if (!isEmpty) check(where, 'values', [...at, 'where'], report);
      if (params !== undefined) checkParamRule(where, [...at, 'where'], attributes, checked, report);
    }
  checkNodeRules(checked, report);
  checkRuledChecks(checked, report);
}

function checkNodeRules({ file }: Checked, report: Report): void {
  for (const [id, node] of file.nodes)
    for (const [index, { where, attributes, utilization }] of (node === null ? [] : nodeRules(node)).entries()) {
      const at = ['nodes', id, 'rules', index];
      if (attributes === undefined && utilization === undefined) {
        const hint = 'say attributes: or utilization: beside where:';
        report.error('MISSING_KEY', atKey(...at), 'the rule switches nothing on', hint);
      }
      check(where, 'node', [...at, 'where'], report);
    }
}

/** A rule speaks of one check, or of all of them. */
function checkRuledChecks({ file, cluster }: Checked, report: Report): void {
  for (const service of cluster.services) {
    const entry = file.services.get(service.id);
    const own = file.own.get(service.id)?.rules ?? [];
    for (const [index, { check: ruled }] of own.entries()) {
      if (ruled === undefined) continue;
      const path = ['services', service.id, 'rules', index, 'check'];
      const isOfOne = !Array.isArray(ruled);
      if (isOfOne && Array.isArray(entry?.check)) {
        const message = `${quote(service.id)} has several checks, and the rule does not say which of them it is about`;
        report.error('RULED_CHECK', atKey(...path), message, 'write the list as it is to be while the rule holds');
      } else checkListed(service, ruled, isOfOne, path, report);
    }
  }
}

function checkListed(
  service: Checked['cluster']['services'][number],
  ruled: NonNullable<ServiceRuleFile['check']>,
  isOfOne: boolean,
  path: Path,
  report: Report,
): void {
  const file = { agent: '', check: ruled };
  const { check: often, checks } = checksOf(file, service.resource.kind);
  const plain = { ...often, role: null, level: 0, onFail: null };
  const listed = { ...service, checks: checks.length === 0 ? [plain] : checks };
  for (const [index, each] of listed.checks.entries())
    checkOne(listed, each, index, isOfOne ? [...path] : [...path, index], report);
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
    node === null
      ? []
      : [nodeForm(node), ...nodeRules(node)].flatMap(({ attributes }) => Object.keys(attributes ?? {})),
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
