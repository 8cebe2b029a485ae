/** What a service may say about where and when it runs, beside the nodes in «on»; with the same keys in `defaults` and templates. */
import * as z from 'zod';
import { plainTraits, promotableOnScore, uniqueOnScore } from '../../core/model.ts';
import { actionTimeout, argumentLike, duration, flag, name, notEmpty, oneOf, wholeNumber, word } from '../scalars.ts';
import { attributeName, capacities, constraintId, plainValue, role, ruleText, score } from './scalars.ts';

const metaText =
  'Other meta attributes by the names that Pacemaker has for them, such as critical, multiple-active, is-managed or target-role.';

export const meta = z.record(z.string(), plainValue);

export const agentParams = z.record(
  word(/^[A-Za-z_][\w-]{0,99}$/, 'must be a parameter name of letters, digits, «_» and «-»'),
  argumentLike,
);

export const locationKeys = {
  id: constraintId
    .optional()
    .describe('Its name in messages (default: made from the service or the kind, and a number).'),
  node: name.optional().describe('The node that it is about.'),
  where: ruleText.optional().describe('The nodes that it is about: a rule such as «site eq east and defined disk».'),
  score: score
    .optional()
    .describe('Points for or against these nodes; inf: only there if that is possible; -inf: never there.'),
  'score-attribute': attributeName.optional().describe('The node attribute that holds the score, in place of «score».'),
  role: role.optional().describe('It counts for copies in this role only.'),
  discovery: oneOf(['always', 'never', 'exclusive'])
    .optional()
    .describe(
      'Whether these nodes are looked at for copies that run already: always, never, or no other nodes (default always).',
    ),
  while: ruleText.optional().describe('It counts only while this rule holds, such as «date before 2027-01-01».'),
};

const restarting = ['ignore', 'block', 'stop', 'restart', 'fence', 'standby'] as const;

const afterCheck = oneOf([...restarting, 'demote']);

/** What one of the checks of an agent may say beside its times. */
export const checkKeys = {
  role: oneOf(['promoted', 'unpromoted'])
    .optional()
    .describe('Only copies in this role are checked so (default: all of them).'),
  level: wholeNumber(0, 1000)
    .optional()
    .describe('How thoroughly the agent looks: OCF_CHECK_LEVEL, such as 10 (default 0).'),
  'on-fail': afterCheck.optional().describe('After this check has failed (default: as «on-fail» says of checks).'),
};

const onFail = z.strictObject({
  start: oneOf(restarting).optional().describe('After a failed start (default restart).'),
  stop: oneOf(['ignore', 'block', 'fence', 'standby'])
    .optional()
    .describe('After a failed stop (default fence for what must not run twice, else another try).'),
  check: afterCheck.optional().describe('After a failed check (default restart).'),
  promote: oneOf([...restarting, 'demote'])
    .optional()
    .describe('After a failed promotion (default restart).'),
  demote: oneOf(restarting).optional().describe('After a failed demotion (default restart).'),
});

/** Times of what agents with roles or messages do beside start, stop and check. */
export const roleTimeoutKeys = {
  'promote-timeout': actionTimeout
    .optional()
    .describe('A promotion that has not ended by then has failed (default: as «start-timeout»).'),
  'demote-timeout': actionTimeout
    .optional()
    .describe('A demotion that has not ended by then has failed (default: as «stop-timeout»).'),
  'notify-timeout': actionTimeout
    .optional()
    .describe('An agent that has not taken a message by then is not waited for (default: as the time of a check).'),
};

export const timeoutKeys = {
  ...roleTimeoutKeys,
  'migrate-to-timeout': actionTimeout
    .optional()
    .describe(
      'A migration away that has not ended by then, on the node that has it, has failed (default: as «start-timeout»).',
    ),
  'migrate-from-timeout': actionTimeout
    .optional()
    .describe(
      'A migration that has not ended by then, on the node that gets it, has failed (default: as «start-timeout»).',
    ),
};

const hour = 3_600_000;

export const timesSchema = z.strictObject({
  every: duration(100, 24 * hour)
    .optional()
    .describe('Time between two checks.'),
  timeout: duration(100, hour).optional().describe('A check that has not ended by then has failed.'),
});

export const agentTimes = timesSchema.extend(checkKeys);

export const severalChecks = z
  .array(agentTimes, { error: 'must be a list of checks' })
  .min(1, { error: notEmpty })
  .max(20, { error: 'must have 20 items at most' });

export const checkWanted = { error: 'must be a mapping such as {every: 10s}, or a list of them' };

const valueRule = z.strictObject({
  where: ruleText.describe('While this rule holds, such as «hours 9-17 weekdays 1-5».'),
  meta: meta.optional().describe('Meta attributes that count in place of all others, such as resource-stickiness.'),
  utilization: capacities.optional().describe('What it takes up then on its node.'),
  check: timesSchema.optional().describe('What is otherwise about its checks then.'),
  'start-timeout': actionTimeout.optional().describe('A start that has not ended by then has failed.'),
  'on-fail': onFail.optional().describe('What a failed operation leads to then.'),
});

const rulesMax = 100;

const agentRule = valueRule.extend({
  where: ruleText.describe('Where or while this rule holds, such as «site eq east» for parameters.'),
  params: agentParams.optional().describe('Parameters in place of others, where and while the rule holds.'),
  check: z
    .union([agentTimes, severalChecks], checkWanted)
    .optional()
    .describe('What is otherwise about its checks then; a list takes the place of all.'),
});

const agentRulesText = 'Values that count while a rule holds, and parameters that count where one does.';

/** Of containers, which have perhaps an agent inside. */
export const containerRules = z
  .array(agentRule.extend(roleTimeoutKeys))
  .max(rulesMax)
  .optional()
  .describe(agentRulesText);

/** Of agents: what runs there may need other parameters on other nodes. */
export const agentRules = z.array(agentRule.extend(timeoutKeys)).max(rulesMax).optional().describe(agentRulesText);

/** Keys that can be inherited: from `defaults`, from a group, from a template. */
const inheritedKeys = {
  'on-score': wholeNumber(0, 10_000)
    .optional()
    .describe(
      `Points for each place further up in «on» (default ${plainTraits.onScore}, of a promotable service ${promotableOnScore}, of copies that are unique ${uniqueOnScore}; 0: all its nodes are alike).`,
    ),
  priority: score
    .optional()
    .describe('Who gives way where not all can run: the higher number is placed first (default 0).'),
  utilization: capacities.optional().describe('What it takes up on its node, by names that the nodes use too.'),
  'on-fail': onFail.optional().describe('What a failed operation leads to, where it is not the usual.'),
  meta: meta.optional().describe(metaText),
  rules: z.array(valueRule).max(rulesMax).optional().describe('Values that count while a rule holds.'),
};

export const policyKeys = {
  template: name.optional().describe('The template that says what is not said here.'),
  location: z
    .array(z.strictObject(locationKeys), { error: 'must be a list' })
    .max(1000)
    .optional()
    .describe('Nodes that it prefers, needs or avoids.'),
  ...inheritedKeys,
};

/** Of services that may run in several copies. */
export const copyKeys = {
  interleave: flag
    .optional()
    .describe(
      'A copy waits for the copy on its own node only, not for all copies of what it is ordered behind (default false).',
    ),
  ordered: flag.optional().describe('Copies start one after the other (default false).'),
};

/** Of what can tell its copies apart. */
export const uniqueKeys = {
  unique: flag
    .optional()
    .describe(
      'Its copies differ from each other: each has a number and is called NAME:0, NAME:1 and so on, and several may run on a node (default false).',
    ),
  'per-node': wholeNumber(1, 32)
    .optional()
    .describe('With «unique»: how many of its copies run on one node at most (default 1).'),
};

/** Of agents that know roles and messages. */
export const agentKeys = {
  promotable: z
    .union(
      [
        flag,
        z.strictObject({
          max: wholeNumber(1, 32).optional().describe('How many copies are promoted (default 1).'),
          'per-node': wholeNumber(1, 32)
            .optional()
            .describe('With «unique»: how many of them on one node (default 1).'),
        }),
      ],
      { error: 'must be true, false or a mapping with max' },
    )
    .optional()
    .describe('Some copies are promoted: they have another role than the others (default false).'),
  notify: flag.optional().describe('The agent is told before and after what the other copies do (default false).'),
};

export const migrateKey = flag.optional().describe('It moves without a stop: the agent can migrate (default false).');
