/** Location constraints: rules evaluated on every node, patterns, sets and tags worked out. */

import { patternOf } from '../../lib/pattern.ts';
import type { Location } from '../constraints.ts';
import type { LocationConfig, Rule } from '../input.ts';
import { type RuleContext, readSets, roleOf, ruleHolds } from '../rule/index.ts';
import { scoreOf } from '../rule/text.ts';
import type { Resource, ResourceIndex, Situation } from '../situation.ts';
import { addScores, infinity, type Role } from '../values.ts';
import { expanded, type Names } from './names.ts';
import { known, membersOf } from './sets.ts';

/** One resource that a constraint is about, with what a set or a pattern says of it. */
interface Target {
  readonly resource: ResourceIndex;
  readonly role: string | null;
  readonly score: number | null;
  /** What the parts of the pattern matched; null: no pattern. */
  readonly matches: readonly (string | undefined)[] | null;
}

export function locationsOf(situation: Situation, names: Names, notes: string[]): Location[] {
  const found: Location[] = [];
  for (const config of situation.input.constraints.locations) {
    if (!isAlive(config.lifetime, situation.input.nowS)) continue;
    const targets = targetsOf(config, situation, names);
    if (targets === null) notes.push(`location ${config.id}: there is no such resource, template or tag`);
    else for (const target of targets) found.push(...locationsAt(config, target, situation, notes));
  }
  return found;
}

/** Old constraints have a lifetime: one of its rules must hold. */
export const isAlive = (lifetime: readonly Rule[], nowS: number): boolean =>
  lifetime.length === 0 || lifetime.some((rule) => ruleHolds(rule, { nowS }));

function targetsOf(config: LocationConfig, situation: Situation, names: Names): readonly Target[] | null {
  const { subject } = config;
  switch (subject.kind) {
    case 'one': {
      const ids = expanded(subject.id, names);
      if (ids === null) return null;
      const resources = ids.map((id) => names.resourceOf(id)).filter((resource) => resource !== null);
      return resources.map((resource) => ({ resource, role: config.role, score: config.score, matches: null }));
    }
    case 'pattern':
      return matching(subject.pattern, config, situation);
    case 'sets':
      return subject.sets.flatMap((set) =>
        known(membersOf(set, names)).map((resource) => ({
          resource,
          role: set.role ?? config.role,
          score: set.score ?? config.score,
          matches: null,
        })),
      );
  }
}

/** Patterns look at whole clones and groups, never at what is in them; with `!` in front, at those that do not match. */
function matching(pattern: string, config: LocationConfig, situation: Situation): readonly Target[] | null {
  const isInverted = pattern.startsWith('!');
  const expression = patternOf(isInverted ? pattern.slice(1) : pattern);
  if (expression === null) return null;
  const targets: Target[] = [];
  for (const index of situation.top) {
    const match = expression.match(situation.resources[index]!.id);
    if ((match === null) !== isInverted) continue;
    targets.push({ resource: index, role: config.role, score: config.score, matches: isInverted ? null : match });
  }
  return targets;
}

function locationsAt(config: LocationConfig, target: Target, situation: Situation, notes: string[]): Location[] {
  if (config.node === null || target.score === null)
    return config.rules.map((rule) => locationOfRule(config, rule, target, situation));
  const node = situation.nodeByName.get(config.node);
  if (node === undefined) {
    notes.push(`location ${config.id}: there is no node ${config.node}`);
    return [];
  }
  const { resource, score } = target;
  return [
    {
      id: config.id,
      resource,
      role: roleOfConstraint(target.role),
      discovery: discoveryOf(config),
      nodes: [{ node, score }],
    },
  ];
}

function locationOfRule(config: LocationConfig, rule: Rule, target: Target, situation: Situation): Location {
  const resource = situation.resources[target.resource]!;
  const context = contextOf(rule, resource, target, situation.input.nowS);
  const nodes: { node: number; score: number }[] = [];
  for (const node of situation.nodes) {
    if (!ruleHolds(rule, { ...context, nodeAttributes: node.attributes })) continue;
    const score = scoreOn(rule, target, node.attributes, situation);
    nodes.push({ node: node.index, score: rule.join === 'or' ? addScores(node.worth, score) : score });
  }
  const role = roleOfRule(rule.role);
  return { id: rule.id, resource: target.resource, role, discovery: discoveryOf(config), nodes };
}

function contextOf(rule: Rule, resource: Resource, target: Target, nowS: number): RuleContext {
  const parameters = asksParameters(rule) ? readSets(resource.parameterSets, { nowS }) : new Map<string, string>();
  return { nowS, role: 'unknown', subject: { matches: target.matches, parameters, meta: resource.rawMeta } };
}

const asksParameters = (rule: Rule): boolean =>
  rule.expressions.some((expression) =>
    expression.kind === 'rule'
      ? asksParameters(expression.rule)
      : expression.kind === 'attribute' && expression.valueSource !== null,
  );

/** A node without the attribute that holds the score is forbidden. */
function scoreOn(rule: Rule, target: Target, attributes: ReadonlyMap<string, string>, { options }: Situation): number {
  if (rule.score !== null) return rule.score;
  if (rule.scoreAttribute === null) return 0;
  const { matches } = target;
  const name = rule.scoreAttribute.replace(/%(\d)/g, (whole, digit: string) => matches?.[Number(digit)] || whole);
  const text = attributes.get(name);
  return text === undefined ? -infinity : scoreOf(text, options.nodeHealthScores);
}

/** Whatever is promoted is started and unpromoted first, so constraints for these roles count for all. */
function roleOfConstraint(text: string | null): Role | null {
  const role = roleOf(text);
  return role === 'started' || role === 'unpromoted' ? null : role;
}

/** Only the rule's own role counts; `Started` is taken at its word, and no resource is placed with that as its next role. */
function roleOfRule(text: string | null): Role | null {
  const role = roleOf(text);
  return role === 'unpromoted' ? null : role;
}

function discoveryOf(config: LocationConfig): Location['discovery'] {
  const word = config.discovery?.toLowerCase();
  return word === 'never' || word === 'exclusive' ? word : 'always';
}
