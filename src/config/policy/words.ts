/** Constraints in a sentence each, so that a slip that is no mistake is seen. */
import { ocfAgentOf } from '../../core/container.ts';
import type { RecurringCheck, RuledValues, Rules, Service } from '../../core/model.ts';
import type {
  ColocationConfig,
  LocationConfig,
  OrderConfig,
  ResourceSet,
  Rule,
  TicketConfig,
} from '../../policy/input.ts';
import { infinity } from '../../policy/values.ts';
import { formatDuration } from '../duration.ts';
import { renderRule } from '../rule/render.ts';
import { timedOperations } from './times.ts';

export interface ConstraintInWords {
  readonly id: string;
  readonly text: string;
}

export const constraintsInWords = ({ locations, colocations, orders, tickets }: Rules): ConstraintInWords[] => [
  ...locations.map((each) => ({ id: each.id, text: locationText(each) + whileText(each.lifetime) })),
  ...colocations.map((each) => ({ id: each.id, text: colocationText(each) + whileText(each.lifetime) })),
  ...orders.map((each) => ({ id: each.id, text: orderText(each) + whileText(each.lifetime) })),
  ...tickets.map((each) => ({ id: each.id, text: ticketText(each) + whileText(each.lifetime) })),
];

const whileText = (rules: readonly Rule[]): string =>
  rules.length === 0 ? '' : `, while ${rules.map(renderRule).join(' or ')}`;

/** `+100`, `-5`, `inf`. */
function scoreText(score: number): string {
  if (score >= infinity) return 'inf';
  if (score <= -infinity) return '-inf';
  return score > 0 ? `+${score}` : String(score);
}

const roleText = (role: string | null): string => (role === null ? '' : ` (${role})`);

function locationText({ subject, node, score, role, rules }: LocationConfig): string {
  const who =
    subject.kind === 'one'
      ? subject.id
      : subject.kind === 'pattern'
        ? patternText(subject.pattern)
        : subject.sets.flatMap(({ members }) => members).join(', ');
  const points = (of: number | null, attribute: string | null): string =>
    attribute === null ? scoreText(of ?? 0) : `as many points as its ${attribute} says`;
  const [rule] = rules;
  const where =
    rule === undefined
      ? `on ${node ?? ''}: ${points(score, null)}`
      : `where ${renderRule(rule)}: ${points(rule.score, rule.scoreAttribute)}`;
  return `${who}${roleText(role)} ${where}`;
}

const patternText = (pattern: string): string =>
  pattern.startsWith('!') ? `names other than ${pattern.slice(1)}` : `names like ${pattern}`;

function colocationText({ link, score, nodeAttribute }: ColocationConfig): string {
  const where = nodeAttribute === null ? '' : ` where ${nodeAttribute} is the same`;
  const points = `: ${scoreText(score ?? 0)}`;
  if (link.kind === 'sets') return `${setsText(link.sets, ' with ')}${where}${points}`;
  const { dependent, dependentRole, primary, primaryRole } = link;
  return `${dependent}${roleText(dependentRole)} with ${primary}${roleText(primaryRole)}${where}${points}`;
}

function orderText({ link, kind, symmetrical }: OrderConfig): string {
  const more = symmetrical === false ? `${kind ?? ''}, this way only` : (kind ?? '');
  if (link.kind === 'sets') return `${setsText(link.sets, ', then ')}: ${more}`;
  const { first, firstAction, second, secondAction } = link;
  const action = firstAction ?? 'start';
  return `${action} ${first}, then ${secondAction ?? action} ${second}: ${more}`;
}

function ticketText({ ticket, subject, lossPolicy }: TicketConfig): string {
  const who = subject.kind === 'one' ? `${subject.id}${roleText(subject.role)}` : setsText(subject.sets, ', ');
  return `${who} needs the ticket ${ticket}; without it: ${lossPolicy ?? 'stop'}`;
}

const setsText = (sets: readonly ResourceSet[], between: string): string => sets.map(setText).join(between);

function setText({ members, sequential, role, action, requireAll, score, kind }: ResourceSet): string {
  const some = requireAll === false ? 'one of ' : '';
  const list = sequential === false ? `{${members.join(', ')}}` : `[${members.join(', ')}]`;
  const own = `${score === null ? '' : ` (${scoreText(score)} inside)`}${kind === null ? '' : ` (${kind} inside)`}`;
  return `${action === null ? '' : `${action} `}${some}${list}${roleText(role)}${own}`;
}

const named = (values: Readonly<Record<string, string | number>>): string =>
  Object.entries(values)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');

const timeoutTexts = (timeouts: Service['timeouts']): string[] =>
  timedOperations.flatMap(({ operation, key }) => {
    const ms = timeouts[operation];
    return ms === undefined ? [] : [`${key} ${formatDuration(ms)}`];
  });

const answerTexts = (onFail: Service['onFail']): string[] =>
  Object.entries(onFail).map(([operation, then]) => `after a failed ${operation}: ${then}`);

/** Of parameters the names alone: they may be secret. */
function ruledText({ params, utilization, checks, startTimeoutMs, timeouts = {}, onFail = {} }: RuledValues): string {
  return [
    ...(params === undefined ? [] : [`its own ${Object.keys(params).join(', ')}`]),
    ...(utilization === undefined ? [] : [`takes up ${named(utilization)}`]),
    ...(checks === undefined ? [] : checksTexts(checks)),
    ...(startTimeoutMs === undefined ? [] : [`start-timeout ${formatDuration(startTimeoutMs)}`]),
    ...timeoutTexts(timeouts),
    ...answerTexts(onFail),
  ].join(', ');
}

const checksTexts = ({ check, checks }: Pick<Service, 'check' | 'checks'>): string[] =>
  (checks.length === 0 ? [{ ...check, role: null, level: 0, onFail: null }] : checks).map(checkText);

/** What else a service says, in a few words each. */
export function traitsInWords(service: Service): string[] {
  const { resource, copyOf, promotable, migrates, notify, checks, timeouts, onFail, utilization, meta, metaRules } =
    service;
  const { ruled = [] } = service;
  return [
    ...(copyOf === undefined ? [] : [`one of ${copyOf.max} copies, at most ${copyOf.perNode} on a node`]),
    ...(promotable === null ? [] : [`${promotable.max}${copyOf === undefined ? '' : ' of them'} promoted`]),
    ...(migrates ? ['migrates'] : []),
    ...(notify ? ['is notified'] : []),
    ...checks.map(checkText),
    ...timeoutTexts(timeouts),
    ...answerTexts(onFail),
    ...(Object.keys(utilization).length === 0 ? [] : [`takes up ${named(utilization)}`]),
    ...(Object.keys(meta).length === 0 ? [] : [named(meta)]),
    ...Object.entries(ocfAgentOf(resource)?.paramsOn ?? {}).map(
      ([node, params]) => `on ${node} with its own ${Object.keys(params).join(', ')}`,
    ),
    ...metaRules.map((each) => `${named(each.meta)} while ${renderRule(each.rule)}`),
    ...ruled.map((each) => `${ruledText(each)} while ${renderRule(each.rule)}`),
  ];
}

/** «checked every 10s as promoted at level 10, within 20s, and if that fails: fence». */
function checkText({ everyMs, timeoutMs, role, level, onFail }: RecurringCheck): string {
  const how = `${role === null ? '' : ` as ${role}`}${level === 0 ? '' : ` at level ${level}`}`;
  const then = onFail === null ? '' : `, and if that fails: ${onFail}`;
  return `checked every ${formatDuration(everyMs)}${how}, within ${formatDuration(timeoutMs)}${then}`;
}
