/** The parts of the file that say how services hang together, and what many of them have in common. */
import * as z from 'zod';
import { name, nameOrNames, oneOf } from '../scalars.ts';
import {
  agentSchema,
  check,
  commandSchema,
  common,
  containerServiceSchema,
  instances,
  templateCheck,
} from '../serviceSchema.ts';
import { constraintsSchema } from './constraintSchema.ts';
import { plainValue } from './scalars.ts';
import { agentKeys, copyKeys, policyKeys, timeoutKeys } from './serviceKeys.ts';

const { on, needs: _, with: __, group: ___, template: ____, location: _____, ...inherited } = common;

export const defaultsSchema = z.strictObject({ check, ...timeoutKeys, ...inherited });

export const templateSchema = z
  .strictObject({
    ...commandSchema.shape,
    ...agentSchema.shape,
    check: templateCheck,
    container: containerServiceSchema.shape.container,
  })
  .omit({ template: true, location: true })
  .partial();

export const groupSchema = z.strictObject({
  on: on.describe(
    'Nodes that its members may run on, most wanted first (default: those of its first member that says some).',
  ),
  instances: instances.describe('How many copies of the whole group run: one, a number, or all (default one).'),
  ...copyKeys,
  ...agentKeys,
  ...timeoutKeys,
  check,
  location: policyKeys.location,
  ...inherited,
});

export const policyParts = {
  defaults: defaultsSchema
    .optional()
    .describe(
      'What all services say that do not say it themselves: keys of services, such as stickiness, failures and meta.',
    ),
  templates: z
    .record(name, templateSchema)
    .optional()
    .describe(
      'What several services have in common, by name, in the keys of services; a service takes it over with «template: NAME».',
    ),
  groups: z
    .record(name, groupSchema)
    .optional()
    .describe(
      'What is said of a group as a whole, by its name: on, instances, location and others, in the keys of services.',
    ),
  constraints: constraintsSchema.optional().describe('Rules about services and their nodes, and between services.'),
  tags: z
    .record(name, nameOrNames)
    .optional()
    .describe('Names for several services or groups, to be used in constraints.'),
  tickets: z
    .record(name, oneOf(['granted', 'standby', 'revoked']))
    .optional()
    .describe('Tickets and whether this cluster holds them: granted, standby (stop in an orderly way) or revoked.'),
  options: z
    .record(z.string(), plainValue)
    .optional()
    .describe('Options of the whole cluster by the names that Pacemaker has for them, such as placement-strategy.'),
};

export type DefaultsFile = z.infer<typeof defaultsSchema>;
export type GroupFile = z.infer<typeof groupSchema>;
