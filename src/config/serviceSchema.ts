/** The form of one service in the cluster file: one shape for each kind, told apart by the key that names the kind. */
import * as z from 'zod';
import { stickinessMax } from '../core/model.ts';
import { balanceSchema } from './balanceSchema.ts';
import { containerSchema } from './containerSchema.ts';
import { defaults } from './defaults.ts';
import { formatDuration } from './duration.ts';
import {
  agentKeys,
  agentParams,
  agentRules,
  agentTimes,
  checkKeys,
  checkWanted,
  containerRules,
  copyKeys,
  migrateKey,
  policyKeys,
  roleTimeoutKeys,
  severalChecks,
  timeoutKeys,
  timesSchema,
  uniqueKeys,
} from './policy/serviceKeys.ts';
import {
  actionTimeout,
  address,
  argumentLike,
  command,
  duration,
  name,
  nameOrNames,
  oneOf,
  wholeNumber,
  word,
} from './scalars.ts';

const hour = 3_600_000;
const day = 24 * hour;
const of = defaults.service;

const failuresDefault = `${of.failures.max} in ${formatDuration(of.failures.forgetMs)}`;

const forgetWanted = 'must be a time such as 10m, or never';

const failuresSchema = z.strictObject({
  max: z
    .union([wholeNumber(1, 1000), z.literal('never')], { error: 'must be a whole number from 1 to 1000, or never' })
    .optional()
    .describe(
      `After this many failures on a node the service moves away; never: it is started again there (default ${of.failures.max}).`,
    ),
  forget: z
    .union([duration(1000, 365 * day, forgetWanted), z.literal('never')], { error: forgetWanted })
    .optional()
    .describe(
      `Time after the last failure until they are forgotten, or never (default ${formatDuration(of.failures.forgetMs)}).`,
    ),
});

export const check = timesSchema
  .optional()
  .describe('How often it is looked at whether the service works, and for how long.');

/** Of agents: what systemd does not know of it, is no key of a unit either. */
const agentCheck = z
  .union([agentTimes, severalChecks], checkWanted)
  .optional()
  .describe('How often it is looked at whether the service works, and for how long; a list: several checks.');

/** What every service may say. */
export const common = {
  on: nameOrNames
    .optional()
    .describe('Nodes that may run it, most wanted first (default: those of its group, else all nodes).'),
  needs: nameOrNames.optional().describe('Services or groups that are started before it and stopped after it.'),
  with: nameOrNames.optional().describe('Services or groups that it must run with, on the same node.'),
  group: name.optional().describe('Members of a group run on one node and start in the order of the file.'),
  stickiness: z
    .union([wholeNumber(0, stickinessMax), z.literal('stay')], {
      error: `must be a whole number from 0 to ${stickinessMax}, or stay`,
    })
    .optional()
    .describe(
      'Score for staying where it is, against 100 for each place further up in «on»; stay: it never goes back by itself (default stay).',
    ),
  takeover: oneOf(['fencing', 'lease', 'nothing'])
    .optional()
    .describe(
      'What must be certain about a lost node before its copy is started elsewhere (default: nothing for addresses, balancers and clones, else fencing).',
    ),
  failures: failuresSchema
    .optional()
    .describe(`When failures make it move to another node (default ${failuresDefault}).`),
  'start-timeout': actionTimeout.optional().describe('A start that has not ended by then has failed.'),
  'stop-timeout': actionTimeout.optional().describe('A stop that has not ended by then has failed.'),
  ...policyKeys,
};

export const instances = z
  .union([wholeNumber(1, 32), oneOf(['one', 'all'])], { error: 'must be one, all or a number from 1 to 32' })
  .optional()
  .describe(
    'How many copies run, at most one a node unless they are «unique»: one, a number, or all, one for each node (default one).',
  );

const agentWanted = 'must be ocf:PROVIDER:TYPE or systemd:UNIT';

/** No part may begin with «-» or «.»: they become a path and the argument of a command. */
const agent = word(/^(ocf:[A-Za-z0-9][\w.-]*:[A-Za-z0-9][\w.-]*|systemd:[A-Za-z0-9][\w:.@\\-]*)$/, agentWanted).max(
  250,
  { error: agentWanted },
);

export const agentSchema = z.strictObject({
  agent: agent.describe(
    'The program that knows how to start, stop and check the service: ocf:PROVIDER:TYPE or systemd:UNIT.',
  ),
  params: agentParams.optional().describe('Parameters of the OCF agent.'),
  check: agentCheck,
  instances,
  migrate: migrateKey,
  ...agentKeys,
  ...timeoutKeys,
  ...copyKeys,
  ...uniqueKeys,
  ...common,
  rules: agentRules,
});

const environment = z.record(
  word(/^[A-Za-z_]\w{0,99}$/, 'must be the name of a variable: letters, digits and «_»'),
  argumentLike,
);

const path = word(/^\/[^\0]{0,1023}$/, 'must be a path that begins with «/»');

const signal = oneOf(['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGHUP']);

const commandCheck = timesSchema.extend({
  command: command
    .optional()
    .describe('A program that ends with exit code 0 when the service works (default: being alive is enough).'),
});

const anyCheck = z.union([commandCheck.extend(checkKeys), severalChecks], checkWanted).optional();

/** Of a template it is not known what it is for. */
export const templateCheck = anyCheck.describe(
  'How often it is looked at whether the service works, for how long, and by which program.',
);

export const commandSchema = z.strictObject({
  command: command.describe('The program to run: a list is program and arguments, a text is a line for the shell.'),
  env: environment.optional().describe('Variables of its environment.'),
  directory: path.optional().describe(`The directory that it runs in (default ${defaults.command.directory}).`),
  'stop-signal': signal
    .optional()
    .describe(`The signal that asks it to stop (default ${defaults.command.stopSignal}).`),
  check: commandCheck
    .optional()
    .describe('How often it is looked at whether the service works, for how long, and by which program.'),
  instances,
  ...copyKeys,
  ...uniqueKeys,
  ...common,
});

const innerAgent = word(
  /^ocf:[A-Za-z0-9][\w.-]*:[A-Za-z0-9][\w.-]*$/,
  'must be ocf:PROVIDER:TYPE, an agent that is part of the image',
).max(250);

/** What stands beside `container` is said as outside of one, and happens inside. */
export const containerServiceSchema = z.strictObject({
  container: containerSchema.describe('A container, run by podman or docker.'),
  command: command
    .optional()
    .describe(
      'What runs in it (default: what the image says); a list is program and arguments, a text a line for its shell.',
    ),
  env: environment.optional().describe('Variables of its environment in the container.'),
  directory: path.optional().describe('The directory in the container that it runs in (default: what the image says).'),
  'stop-signal': signal
    .optional()
    .describe('The signal that asks it to stop (default: what the image says, else SIGTERM).'),
  agent: innerAgent
    .optional()
    .describe('What an agent of the image starts, checks and stops in the container: ocf:PROVIDER:TYPE.'),
  params: agentParams.optional().describe('Parameters of the agent.'),
  check: anyCheck.describe(
    'How often it is looked at whether the service works, for how long, and by which program in the container; a list: several checks.',
  ),
  instances,
  ...agentKeys,
  ...roleTimeoutKeys,
  ...copyKeys,
  ...uniqueKeys,
  ...common,
  rules: containerRules,
});

export const balanceServiceSchema = z.strictObject({
  balance: balanceSchema.describe('A balancer in front of servers.'),
  check,
  instances,
  ...copyKeys,
  ...common,
});

const addressDetails = z.strictObject({
  ip: address.describe('The address with its prefix (default prefix: that of the network of a node that holds it).'),
  interface: word(/^[A-Za-z0-9][^\s/\0]{0,14}$/, 'must be the name of a network interface')
    .optional()
    .describe('The interface that gets the address (default: the one in the same network).'),
  probe: duration(0, 3000)
    .optional()
    .describe(
      `How long to listen for another holder before taking the address (default ${formatDuration(defaults.address.probeMs)}; 0s does not ask).`,
    ),
  drain: duration(0, hour)
    .optional()
    .describe(
      `How long the old holder still serves its connections in a planned move (default ${formatDuration(defaults.address.drainMs)}).`,
    ),
});

/** An address has no `instances`: held twice, it reaches either holder by chance. */
export const addressServiceSchema = z.strictObject({
  address: z
    .union([address, addressDetails], {
      error: 'must be an IP address such as 192.168.200.120/24, or a mapping with ip',
    })
    .describe('A virtual IP address that moves from node to node.'),
  check,
  ...common,
});

/** By the key that makes a service what it is. */
export const serviceKinds = {
  agent: agentSchema,
  command: commandSchema,
  balance: balanceServiceSchema,
  address: addressServiceSchema,
  container: containerServiceSchema,
} as const;

export const serviceSchema = z.union([
  agentSchema,
  commandSchema,
  balanceServiceSchema,
  addressServiceSchema,
  containerServiceSchema,
]);

export type ServiceFile = z.infer<typeof serviceSchema>;
