/** Rules: whether one holds, and what sets of values that have rules amount to. */
import type { AgentName, AttributeSet, Expression, Rule } from '../input.ts';
import { type Role, rankOf } from '../values.ts';
import { type DateExpression, dateChangesS, dateHolds } from './dates.ts';
import { compareVersions, durationMsOf } from './text.ts';

/** What the expressions may ask about. An expression about something that is not there is false. */
export interface RuleContext {
  readonly nowS: number;
  /** Effective attributes of the node in question, `#uname` and the like included. */
  readonly nodeAttributes?: ReadonlyMap<string, string> | null;
  readonly role?: Role | null;
  readonly agent?: AgentName | null;
  readonly operation?: { readonly name: string; readonly intervalMs: number } | null;
  /** Of the resource that a constraint is about. */
  readonly subject?: {
    /** What the parts of its pattern matched; `%1` in the name of an attribute stands for `matches[1]`. */
    readonly matches: readonly (string | undefined)[] | null;
    readonly parameters: ReadonlyMap<string, string>;
    readonly meta: ReadonlyMap<string, string>;
  };
}

/** A rule without expressions holds if all have to, and does not if one has to. */
export function ruleHolds(rule: Rule, context: RuleContext): boolean {
  return rule.join === 'or'
    ? rule.expressions.some((expression) => expressionHolds(expression, context))
    : rule.expressions.every((expression) => expressionHolds(expression, context));
}

function expressionHolds(expression: Expression, context: RuleContext): boolean {
  switch (expression.kind) {
    case 'rule':
      return ruleHolds(expression.rule, context);
    case 'attribute':
      return expression.attribute === '#role' ? roleHolds(expression, context) : attributeHolds(expression, context);
    case 'date':
      return dateHolds(expression satisfies DateExpression, context.nowS);
    case 'resource':
      return resourceHolds(expression, context.agent ?? null);
    case 'operation':
      return operationHolds(expression, context.operation ?? null);
  }
}

/** Whether the rule asks for the date at all. */
export const asksForDates = (rule: Rule): boolean =>
  rule.expressions.some((each) => each.kind === 'date' || (each.kind === 'rule' && asksForDates(each.rule)));

/** The first moment after `nowS` from which on one of the rules may hold otherwise, as far as dates are concerned; null: never. */
export function rulesChangeS(rules: readonly Rule[], nowS: number): number | null {
  let firstS: number | null = null;
  for (const { expressions } of rules)
    for (const each of expressions) {
      const atS =
        each.kind === 'rule'
          ? rulesChangeS([each.rule], nowS)
          : each.kind === 'date'
            ? dateChangesS(each satisfies DateExpression, nowS)
            : null;
      if (atS !== null && (firstS === null || atS < firstS)) firstS = atS;
    }
  return firstS;
}

type AttributeExpression = Extract<Expression, { readonly kind: 'attribute' }>;

function attributeHolds(expression: AttributeExpression, context: RuleContext): boolean {
  const { nodeAttributes, subject } = context;
  if (nodeAttributes === undefined || nodeAttributes === null) return false;
  const name = subject?.matches ? filledIn(expression.attribute, subject.matches) : expression.attribute;
  const wanted = subject === undefined ? expression.value : wantedValue(expression, subject);
  return comparisonHolds(nodeAttributes.get(name) ?? null, wanted, expression);
}

const filledIn = (name: string, matches: readonly (string | undefined)[]): string =>
  name.replace(/%(\d)/g, (whole, digit: string) => matches[Number(digit)] || whole);

function wantedValue(expression: AttributeExpression, subject: NonNullable<RuleContext['subject']>): string | null {
  if (expression.value === null || expression.value === '') return null;
  const source = expression.valueSource?.toLowerCase();
  if (source === 'param') return subject.parameters.get(expression.value) ?? null;
  if (source === 'meta') return subject.meta.get(expression.value) ?? null;
  return expression.value;
}

function comparisonHolds(found: string | null, wanted: string | null, expression: AttributeExpression): boolean {
  const operation = expression.operation.toLowerCase();
  if (operation === 'defined') return found !== null;
  if (operation === 'not_defined') return found === null;
  const isMissing = found === null || wanted === null;
  const order = isMissing ? Number(found !== null) - Number(wanted !== null) : compare(found, wanted, expression);
  if (operation === 'eq') return order === 0;
  if (operation === 'ne') return order !== 0;
  if (isMissing) return false;
  if (operation === 'lt') return order < 0;
  if (operation === 'lte') return order <= 0;
  if (operation === 'gt') return order > 0;
  return operation === 'gte' && order >= 0;
}

/** What is no number where one is expected is compared as text. */
function compare(found: string, wanted: string, expression: AttributeExpression): number {
  switch (expression.type?.toLowerCase() ?? guessedType(found, wanted, expression.operation)) {
    case 'integer':
      return compareNumbers(Number.parseInt(found, 10), Number.parseInt(wanted, 10)) ?? compareTexts(found, wanted);
    case 'number':
      return compareNumbers(Number.parseFloat(found), Number.parseFloat(wanted)) ?? compareTexts(found, wanted);
    case 'version':
      return compareVersions(found, wanted);
    case 'string':
      return compareTexts(found, wanted);
    default:
      return 0;
  }
}

function guessedType(found: string, wanted: string, operation: string): string {
  if (!/^(lt|lte|gt|gte)$/i.test(operation)) return 'string';
  return found.includes('.') || wanted.includes('.') ? 'number' : 'integer';
}

/** As far as they can be read: what follows the number is passed over. Null: one of them does not begin with one. */
const compareNumbers = (found: number, wanted: number): number | null =>
  Number.isNaN(found) || Number.isNaN(wanted) ? null : Math.sign(found - wanted);

/** Upper and lower case are the same. */
function compareTexts(found: string, wanted: string): number {
  const left = found.toLowerCase();
  const right = wanted.toLowerCase();
  return left < right ? -1 : Number(left > right);
}

function roleHolds(expression: AttributeExpression, context: RuleContext): boolean {
  const role = context.role ?? 'unknown';
  if (role === 'unknown') return false;
  const isPromotable = rankOf(role) >= rankOf('unpromoted');
  switch (expression.operation.toLowerCase()) {
    case 'defined':
      return isPromotable;
    case 'not_defined':
      return !isPromotable;
    case 'eq':
      return roleOf(expression.value) === role;
    case 'ne':
      return isPromotable && roleOf(expression.value) !== role;
    default:
      return false;
  }
}

/** By today's name or the old one; null: none or another word. */
export function roleOf(text: string | null | undefined): Role | null {
  switch (text?.toLowerCase()) {
    case 'stopped':
      return 'stopped';
    case 'started':
      return 'started';
    case 'slave':
    case 'unpromoted':
      return 'unpromoted';
    case 'master':
    case 'promoted':
      return 'promoted';
    default:
      return null;
  }
}

function resourceHolds(
  expression: Extract<Expression, { readonly kind: 'resource' }>,
  agent: AgentName | null,
): boolean {
  if (agent === null) return false;
  if (expression.standard !== null && expression.standard !== agent.standard) return false;
  if ((expression.provider ?? '') !== agent.provider) return false;
  return expression.type === null || expression.type === agent.type;
}

function operationHolds(
  expression: Extract<Expression, { readonly kind: 'operation' }>,
  operation: RuleContext['operation'] | null,
): boolean {
  if (operation === null || operation === undefined || expression.name !== operation.name) return false;
  if (expression.interval === null) return true;
  return durationMsOf(expression.interval) === operation.intervalMs;
}

/** The block that is read first whatever its score: the one that the cluster itself writes to. */
export const firstOptionSet = 'cib-bootstrap-options';

/**
 * Values of all sets whose rule holds, written to `into`: sets with a higher score first, among equals the later one first;
 * what is there already stays, unless `overwrites`. The value `#default` takes away what an earlier set said.
 */
export function readSets(
  sets: readonly AttributeSet[],
  context: RuleContext,
  into: Map<string, string> = new Map(),
  overwrites = false,
): Map<string, string> {
  for (const set of inOrder(sets)) {
    if (set.rule !== null && !ruleHolds(set.rule, context)) continue;
    for (const [name, value] of set.values) {
      if (value.toLowerCase() === '#default') into.delete(name);
      else if (overwrites || !into.has(name)) into.set(name, value);
    }
  }
  return into;
}

function inOrder(sets: readonly AttributeSet[]): readonly AttributeSet[] {
  if (sets.length < 2) return sets;
  const rank = (set: AttributeSet): number => (set.id === firstOptionSet ? Number.POSITIVE_INFINITY : (set.score ?? 0));
  // The sort is stable: of equals, the one that comes last in the document stays in front.
  return sets.toReversed().toSorted((a, b) => (rank(a) === rank(b) ? 0 : rank(b) - rank(a)));
}
