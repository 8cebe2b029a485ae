/** The form of `fencing:` in the cluster file. */
import * as z from 'zod';
import { defaults } from './defaults.ts';
import { formatDuration } from './duration.ts';
import { duration, flag, name, nameOrNames, notEmpty, wholeNumber, word } from './scalars.ts';

const of = defaults.fencing;

/** The agent reads lines: a value with a line end would be a parameter of its own. */
const lineWanted = 'must be text of one line, a number, true or false';
const line = z.union([word(/^[^\0\r\n]{0,4096}$/, lineWanted), z.number(), z.boolean()], { error: lineWanted });

const plugWanted = 'must be what the device calls the outlet or machine: text or a number';
const plug = z.union([word(/^[^\0\r\n]{1,255}$/, plugWanted), wholeNumber(0, 1_000_000)], { error: plugWanted });

const plugs = z.union(
  [plug, z.array(plug).min(1, { error: notEmpty }).max(8, { error: 'must have 8 plugs at most' })],
  { error: `${plugWanted}, or a list of them` },
);

const deviceSchema = z.strictObject({
  agent: word(/^fence_[\w.-]{1,58}$/, 'must be the name of a fence agent such as fence_ipmilan').describe(
    'The program that switches it, by the fence agent API, such as fence_ipmilan.',
  ),
  params: z
    .record(word(/^[A-Za-z_][\w-]{0,99}$/, 'must be a parameter name of letters, digits, «_» and «-»'), line)
    .optional()
    .describe('Parameters of the agent. A value file:/PATH is read from that file by the node that fences.'),
  for: nameOrNames.optional().describe('Nodes that it switches and knows by their names, or that it is built into.'),
  plugs: z
    .record(name, plugs)
    .optional()
    .describe('What it calls each node: an outlet, a machine; several for redundant supplies.'),
  delay: duration(0, 300_000)
    .optional()
    .describe(`Waited before it is used (default ${formatDuration(of.delayMs)}).`),
  timeout: duration(1000, 900_000)
    .optional()
    .describe(`A call that has not ended by then has failed (default ${formatDuration(of.timeoutMs)}).`),
  verify: flag.optional().describe(`Ask it whether the node is off before that is believed (default ${of.verify}).`),
  unfence: flag
    .optional()
    .describe(
      `A switch of a network or storage fabric: each node has itself let in again when it boots (default ${of.unfence}).`,
    ),
});

export const fencingSchema = z.strictObject({
  'power-on': flag
    .optional()
    .describe(
      `A node that was switched off is switched on again, and comes back as a newcomer (default ${of.powerOn}).`,
    ),
  tries: wholeNumber(1, 100)
    .optional()
    .describe(`Rounds through all levels before it is given up until something changes (default ${of.tries}).`),
  devices: z.record(name, deviceSchema).optional().describe('What can switch nodes off, by name.'),
});

const level = z.array(name).min(1, { error: notEmpty }).max(8, { error: 'must have 8 devices at most' });

/** A flat list could mean both «one after the other» and «together»: each level is a list of its own. */
export const fenceLevels = z
  .array(level, { error: 'must be a list of levels, each a list of devices: [[ipmi], [pdu1, pdu2]]' })
  .min(1, { error: notEmpty })
  .max(8, { error: 'must have 8 levels at most' });

export type FencingFile = z.infer<typeof fencingSchema>;
export type FenceDeviceFile = z.infer<typeof deviceSchema>;
