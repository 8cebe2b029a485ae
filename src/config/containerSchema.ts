/** The form of `container:` in the cluster file. Its texts may hold the number of a copy: `{copy}`, `{copy+8080}`. */
import * as z from 'zod';
import { defaults } from './defaults.ts';
import { formatDuration } from './duration.ts';
import { address, duration, flag, oneOf, port, word } from './scalars.ts';

const of = defaults.container;

const imageWanted = 'must be the name of an image, such as docker.io/library/httpd:2.4';

const image = word(/^[A-Za-z0-9][\w./:@+-]{0,511}$/, imageWanted);

const network = word(/^[A-Za-z0-9][\w.-]{0,127}$/, 'must be host, none, or the name of a network');

/** A number, or one that grows with that of the copy. */
const count = String.raw`(?:\d{1,5}|\{copy(?:\+\d{1,5})?\})`;

const portText = word(
  new RegExp(`^(?:${count}:)?${count}(?:/(?:tcp|udp|sctp))?$`),
  'must be a port such as 80, 8080:80 (of the node, in the container) or 53:53/udp',
);

const mountWanted = 'must be FROM:TO or FROM:TO:OPTIONS, such as /srv/web:/var/www:ro, or a mapping with from and to';

const from = word(
  /^(?:\/[^:\0\n]{0,1023}|[A-Za-z0-9][\w.{}+-]{0,127})$/,
  'must be a path of the node that begins with «/», or the name of a volume',
);

const to = word(/^\/[^:\0\n]{0,1023}$/, 'must be a path in the container that begins with «/»');

const mountOptions = word(/^[\w=-]{1,64}(?:,[\w=-]{1,64}){0,15}$/, 'must be options such as ro or ro,Z');

const mountText = word(
  /^(?:\/[^:\0\n]{0,1023}|[A-Za-z0-9][\w.{}+-]{0,127}):\/[^:\0\n]{0,1023}(?::[\w=-]{1,64}(?:,[\w=-]{1,64}){0,15})?$/,
  mountWanted,
);

const mount = z.strictObject({
  from: from.describe('A path of the node, or the name of a volume of its engine.'),
  to: to.describe('The path in the container.'),
  options: mountOptions.optional().describe('Options of the mount, such as ro (default: none).'),
  create: flag.optional().describe('A folder that is not on the node is made when it is started (default false).'),
});

const option = word(
  /^--[a-z][a-z0-9-]{0,63}(?:=[^\0]{0,4096})?$/s,
  'must be one option with its value, such as --memory=512m',
);

const containerAddress = z.strictObject({
  ip: address.describe('The address with its prefix, as in a service with «address».'),
  interface: word(/^[A-Za-z0-9][^\s/\0]{0,14}$/, 'must be the name of a network interface')
    .optional()
    .describe('The interface that gets the address (default: the one in the same network).'),
  probe: duration(0, 3000)
    .optional()
    .describe(
      `How long to listen for another holder before taking the address (default ${formatDuration(defaults.address.probeMs)}; 0s does not ask).`,
    ),
});

const list = <T extends z.ZodType>(item: T, what: string) =>
  z.array(item, { error: `must be a list of ${what}` }).max(100, { error: 'must have 100 items at most' });

export const containerSchema = z.union(
  [
    image,
    z.strictObject({
      image: image.describe('The image that it is made of.'),
      engine: oneOf(['podman', 'docker']).optional().describe(`The program that runs it (default ${of.engine}).`),
      pull: oneOf(['missing', 'never'])
        .optional()
        .describe(
          `Whether a start may fetch an image that is not on the node: missing, or never, which is an error then (default ${of.pull}).`,
        ),
      address: z
        .union([address, containerAddress], {
          error: 'must be an IP address such as 192.168.200.131/24, or a mapping with ip',
        })
        .optional()
        .describe(
          'An address of its own, on its node while it runs, and its ports are reached there. Of unique copies it is that of copy 0, and the others count on from it.',
        ),
      ports: list(z.union([port, portText], { error: 'must be a port such as 80, or text such as "8080:80"' }), 'ports')
        .optional()
        .describe('Ports of the node, or of its address, and those in the container behind them.'),
      mounts: list(z.union([mountText, mount], { error: mountWanted }), 'mounts')
        .optional()
        .describe('Folders of the node that are seen in the container.'),
      network: network.optional().describe('The network it is in: host, none or a name (default: that of the engine).'),
      options: list(option, 'options').optional().describe('More options of the run command of the engine.'),
    }),
  ],
  { error: 'must be the name of an image, or a mapping with image' },
);

export type ContainerFile = z.infer<typeof containerSchema>;
export type MountFile = z.infer<typeof mount> | string;
