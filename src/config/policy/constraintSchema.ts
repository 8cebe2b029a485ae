/** Constraints between services, in the words of the field. */
import * as z from 'zod';
import { flag, name, notEmpty, oneOf } from '../scalars.ts';
import { attributeName, constraintId, namePattern, names, role, ruleText, score } from './scalars.ts';
import { locationKeys } from './serviceKeys.ts';

const action = oneOf(['start', 'stop', 'promote', 'demote']);
const kind = oneOf(['mandatory', 'optional', 'serialize']);

const shared = {
  id: constraintId.optional().describe('Its name in messages (default: made from the kind and a number).'),
  while: ruleText.optional().describe('It counts only while this rule holds, such as «date before 2027-01-01».'),
};

const members = names.describe('Services, groups, templates or tags.');
const sequential = flag.optional().describe('One after the other, in the order of the list (default true).');

const setsOf = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z
    .array(
      z.union([names, z.strictObject({ services: members, sequential, ...shape })], {
        error: 'must be a list of names, or a mapping with services',
      }),
      { error: 'must be a list of sets' },
    )
    .min(1, { error: notEmpty })
    .max(100)
    .optional();

export const locationSchema = z.strictObject({
  service: name.optional().describe('The service, group, template or tag that it is about.'),
  services: members.optional().describe('Several of them, each for itself.'),
  pattern: namePattern
    .optional()
    .describe('All services and groups whose name this regular expression finds; with «!» in front: all others.'),
  ...locationKeys,
});

export const colocationSchema = z.strictObject({
  service: name.optional().describe('The service that follows.'),
  with: name.optional().describe('The service that it follows, and that is placed first.'),
  sets: setsOf({
    role: role.optional().describe('Members in this role.'),
    score: score.optional().describe('How strongly members of this set follow each other.'),
  }).describe('In place of a pair: members of a set follow those before them, and a set follows the next set.'),
  score: score.optional().describe('How strongly; inf: only together; -inf: never together (default inf).'),
  role: role.optional().describe('The role in which it follows.'),
  'with-role': role.optional().describe('The role of what it follows.'),
  influence: flag
    .optional()
    .describe(
      'What follows counts for the place of what it follows, and may move it (default: as its «critical» says).',
    ),
  'node-attribute': attributeName
    .optional()
    .describe('Together means: on nodes with the same value of this attribute (default: on the same node).'),
  ...shared,
});

export const orderSchema = z.strictObject({
  first: name.optional().describe('What acts first.'),
  // biome-ignore lint/suspicious/noThenProperty: the word of the field; nothing of this is ever awaited, and a text is no function
  then: name.optional().describe('What acts after it.'),
  sets: setsOf({
    action: action.optional().describe('The action of its members (default start).'),
    'require-all': flag
      .optional()
      .describe('The next set waits for all of this one, not for one of them (default true).'),
    kind: kind.optional().describe('How strictly its own members follow each other (default: as the constraint says).'),
  }).describe('In place of a pair: a set acts before the next set.'),
  'first-action': action.optional().describe('What the first one does (default start).'),
  'then-action': action.optional().describe('What the other one does (default: the same).'),
  kind: kind
    .optional()
    .describe(
      'How strictly. mandatory: not without the first; optional: in this order if both act anyhow; serialize: never at once (default mandatory).',
    ),
  symmetrical: flag.optional().describe('The other way round when they stop (default true; false for serialize).'),
  'require-all': flag.optional().describe('Of a clone, wait for all copies and not for one (default true).'),
  ...shared,
});

export const ticketSchema = z.strictObject({
  ticket: name.describe('The ticket that is needed.'),
  service: name.optional().describe('The service, group, template or tag that needs it.'),
  sets: setsOf({ role: role.optional().describe('Members in this role.') }).describe('In place of one service.'),
  role: role.optional().describe('The ticket is needed for this role only.'),
  'loss-policy': oneOf(['stop', 'demote', 'fence', 'freeze'])
    .optional()
    .describe('What happens when the ticket is revoked (default stop).'),
  ...shared,
});

const list = <T extends z.ZodType>(item: T) => z.array(item, { error: 'must be a list' }).max(5000).optional();

export const constraintsSchema = z.strictObject({
  location: list(locationSchema).describe('Nodes that services prefer, need or avoid.'),
  colocation: list(colocationSchema).describe('Services that run together, or apart.'),
  order: list(orderSchema).describe('Who acts before whom.'),
  ticket: list(ticketSchema).describe('Services that run only while this cluster holds a ticket.'),
});

export type LocationFile = z.infer<typeof locationSchema>;
export type ColocationFile = z.infer<typeof colocationSchema>;
export type OrderFile = z.infer<typeof orderSchema>;
export type TicketFile = z.infer<typeof ticketSchema>;
/** A set of any kind: keys that the kind does not have are missing. */
export type SetFile = NonNullable<(ColocationFile | OrderFile | TicketFile)['sets']>[number];
