/**
 * The form of the cluster file. Both the reader and the schema for editors (`jsonSchema.ts`) come from here;
 * every key carries the sentence that the editor shows.
 *
 * Only the form: that names exist, networks fit and times agree is the matter of `check.ts`.
 */
import * as z from 'zod';
import { defaults } from './defaults.ts';
import { formatDuration } from './duration.ts';
import { fenceLevels, fencingSchema } from './fencingSchema.ts';
import { policyParts } from './policy/partsSchema.ts';
import { attributeName, capacities, plainValue, ruleText } from './policy/scalars.ts';
import { quorumSchema, watchdogSchema, witnessSchema } from './quorumSchema.ts';
import { address, duration, name, notEmpty, port, wholeNumber } from './scalars.ts';
import { serviceSchema } from './serviceSchema.ts';

const of = defaults.heartbeat;

export const heartbeatSchema = z.strictObject({
  interval: duration(20, 10_000)
    .optional()
    .describe(`Time between two heartbeats to each peer on each link (default ${formatDuration(of.intervalMs)}).`),
  dead: duration(60, 300_000)
    .optional()
    .describe(`A node that is silent for this long is lost (default ${formatDuration(of.deadMs)}).`),
  port: port.optional().describe(`UDP and TCP port that the nodes talk on (default ${of.port}).`),
});

const addresses = z
  .array(address, { error: 'must be a list of IP addresses' })
  .min(1, { error: notEmpty })
  .max(8, { error: 'must have 8 addresses at most' });

const nodeRule = z.strictObject({
  where: ruleText.describe('While this rule about dates holds.'),
  attributes: z.record(attributeName, plainValue).optional().describe('Attributes in place of others.'),
  utilization: capacities.optional().describe('What it has room for then, in place of what is said otherwise.'),
});

const nodeDetails = z.strictObject({
  addresses: addresses.describe(
    'One address a link, each with its prefix; the first addresses of all nodes share link 0, and so on.',
  ),
  votes: wholeNumber(0, 100)
    .optional()
    .describe('Its weight in a majority; 0: it follows what others decide (default 1; a guest has none).'),
  guest: name
    .optional()
    .describe(
      'It is a guest: its machine is this service of the cluster, a virtual machine or a container. It runs what names it in «on».',
    ),
  watchdog: watchdogSchema.optional().describe('Its watchdog, where it differs from that of the file.'),
  fence: fenceLevels
    .optional()
    .describe(
      'Levels of fence devices, tried in turn; those of one level must succeed together (default: one level with every device that names the node).',
    ),
  attributes: z.record(attributeName, plainValue).optional().describe('What rules may ask about, by name: site: east.'),
  utilization: capacities
    .optional()
    .describe('What it has room for, by names that the services use too: memory: 65536.'),
  rules: z
    .array(nodeRule)
    .max(100)
    .optional()
    .describe('What is otherwise while a rule holds, such as «hours 22- or hours -5».'),
});

export const nodeSchema = z.union([address, addresses, nodeDetails], {
  error: 'must be an IP address, a list of them, or a mapping with addresses',
});

const parts = {
  cluster: name.describe('The name of the cluster.'),
  heartbeat: heartbeatSchema.optional().describe('How the nodes watch each other.'),
  quorum: quorumSchema.optional().describe('Who may act when not everybody is there.'),
  watchdog: watchdogSchema
    .optional()
    .describe(
      'What resets a machine whose daemon hangs: a device, a mapping with device and timeout, or none. Must be said where a service needs to be known as stopped.',
    ),
  nodes: z
    .record(name, nodeSchema)
    .describe(
      `The machines, by host name, each with its addresses (default prefix /${defaults.prefix[4]}, IPv6 /${defaults.prefix[6]}).`,
    ),
  witness: witnessSchema.optional().describe('A machine that votes and runs nothing (`sempre witness`).'),
  fencing: fencingSchema.optional().describe('How nodes are switched off.'),
};

const servicesText = 'What the cluster keeps running, by name.';

export const clusterFileSchema = z.strictObject({
  ...parts,
  services: z.record(name, serviceSchema).optional().describe(servicesText),
  ...policyParts,
});

/** The file with services of any form, so that each service can be checked against the shape of its own kind. */
export const frameSchema = z.strictObject({
  ...parts,
  services: z.record(name, z.unknown()).optional().describe(servicesText),
  ...policyParts,
});

export type HeartbeatFile = z.infer<typeof heartbeatSchema>;
export type NodeFile = z.infer<typeof nodeSchema>;
