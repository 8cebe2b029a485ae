/** The single values that policies are made of. */
import * as z from 'zod';
import { patternOf } from '../../lib/pattern.ts';
import { parseRule } from '../rule/parse.ts';
import { name, notEmpty, oneOf, wholeNumber, word } from '../scalars.ts';

const scoreMax = 1_000_000;
const scoreWanted = `must be a whole number from -${scoreMax} to ${scoreMax}, inf or -inf`;

export const score = z.union(
  [wholeNumber(-scoreMax, scoreMax), oneOf(['inf', '-inf', '+inf', 'INFINITY', '-INFINITY', '+INFINITY'])],
  { error: scoreWanted },
);
export type ScoreFile = z.infer<typeof score>;

export function scoreOf(file: ScoreFile): number {
  if (typeof file === 'number') return file;
  return file.startsWith('-') ? -scoreMax : scoreMax;
}

/** A rule such as «site eq east and defined disk». A mistake is reported at its place in the text. */
export const ruleText = z.string({ error: 'must be a rule such as «site eq east»' }).superRefine((text, context) => {
  const parsed = parseRule(text);
  if (parsed.ok) return;
  const { message, at, hint } = parsed.fault;
  context.addIssue({ code: 'custom', message, params: { hint, at } });
});

export const role = oneOf(['promoted', 'unpromoted', 'started', 'stopped']);

const patternWanted = 'must be a regular expression such as ^web-';

const isExpression = (text: string): boolean => patternOf(text.replace(/^!/, '')) !== null;

/** It is looked for in names; a «!» in front turns its answer round. */
export const namePattern = word(/^.{1,200}$/, patternWanted).refine(isExpression, { error: patternWanted });

/** The name of a node attribute; those that begin with «#» are made by the cluster, or tell about health. */
export const attributeName = word(
  /^[A-Za-z_#][\w.:#-]{0,99}$/,
  'must be the name of an attribute: letters, digits, «_», «-» and «.»',
);

export const constraintId = word(
  /^[A-Za-z_][\w.:-]{0,99}$/,
  'must be a name of letters, digits, «_», «-» and «.» that begins with a letter',
);

export const capacities = z.record(attributeName, wholeNumber(0, Number.MAX_SAFE_INTEGER));

/** Names of services, groups, templates or tags. */
export const names = z
  .array(name, { error: 'must be a list of names' })
  .min(1, { error: notEmpty })
  .max(1000, { error: 'must be shorter' });

export const plainValue = z.union([z.string(), z.number(), z.boolean()], {
  error: 'must be text, a number, true or false',
});
