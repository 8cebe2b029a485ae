/** The form of `quorum:`, `watchdog:` and `witness:` in the cluster file. */
import * as z from 'zod';
import { defaults } from './defaults.ts';
import { formatDuration } from './duration.ts';
import { bareAddress, duration, name, notEmpty, oneOf, port, word } from './scalars.ts';

const of = defaults.quorum;

const addressOrAddresses = (wanted: string) =>
  z.union(
    [bareAddress, z.array(bareAddress).min(1, { error: notEmpty }).max(8, { error: 'must have 8 addresses at most' })],
    { error: wanted },
  );

const startWaitWanted = 'must be a time such as 30s, or all';

export const quorumSchema = z.strictObject({
  tie: oneOf(['fence', 'ping', 'witness', 'none'])
    .optional()
    .describe(
      'What two voting nodes do when one is lost. fence: who has switched the other one off goes on; ping: who reaches the addresses of «ping» does; witness: the side that the witness sees; none: what runs goes on, nothing is taken over. Two nodes must say it.',
    ),
  prefer: name
    .optional()
    .describe('The node with the head start in the race to fence (default: the one that runs more).'),
  'head-start': duration(0, 300_000)
    .optional()
    .describe(`How long the other one waits before it fences (default ${formatDuration(of.headStartMs)}).`),
  ping: addressOrAddresses('must be an IP address or a list of them')
    .optional()
    .describe(
      'Addresses outside of the cluster, such as the gateway; reaching one is enough. With «tie: fence», who reaches none does not fence.',
    ),
  'no-quorum': oneOf(['stop', 'freeze', 'ignore'])
    .optional()
    .describe(
      `What a node without a majority does. stop: it stops what it runs; freeze: that runs on, nothing is started; ignore: it acts on alone (default ${of.noQuorum}).`,
    ),
  'start-wait': z
    .union([duration(1000, 86_400_000, startWaitWanted), z.literal('all')], { error: startWaitWanted })
    .optional()
    .describe(
      `How long a cluster that starts waits for missing nodes; all: until everyone is there or confirmed off (default: all with two voting nodes, else ${formatDuration(of.startWaitMs)}).`,
    ),
});

const watchdogWanted = 'must be a device such as /dev/watchdog, or none';
const path = /^\/[^\0\s]{1,254}$/;

const watchdogDetails = z.strictObject({
  device: word(path, 'must be a path such as /dev/watchdog').describe('Path of the device, such as /dev/watchdog.'),
  timeout: duration(2000, 255_000)
    .refine((text) => !text.endsWith('ms') || text.endsWith('000ms'), {
      error: 'must be whole seconds: devices know nothing smaller',
    })
    .optional()
    .describe(
      `A daemon that has not fed it for this long has its machine reset (default ${formatDuration(defaults.watchdog.timeoutMs)}).`,
    ),
});

export const watchdogSchema = z.union([word(/^(none|\/[^\0\s]{1,254})$/, watchdogWanted), watchdogDetails], {
  error: `${watchdogWanted}, or a mapping with device`,
});

export const witnessSchema = z.strictObject({
  name: name.optional().describe(`Its name in status and commands (default ${defaults.witness.name}).`),
  address: addressOrAddresses('must be an IP address, or a list with one for each link').describe(
    'Where the nodes reach it: an address, or one for each of the first links of the nodes.',
  ),
  port: port.optional().describe(`UDP and TCP port that it listens on (default ${defaults.witness.port}).`),
});

export type QuorumFile = z.infer<typeof quorumSchema>;
export type WatchdogFile = z.infer<typeof watchdogSchema>;
export type WitnessFile = z.infer<typeof witnessSchema>;
