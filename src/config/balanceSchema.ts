/** The form of `balance:` in the cluster file. */
import * as z from 'zod';
import { defaults } from './defaults.ts';
import { formatDuration } from './duration.ts';
import { bareAddress, duration, flag, notEmpty, oneOf, port, wholeNumber, word } from './scalars.ts';

const of = defaults.balance;

/** Ids and cookie names go into the balancer's own configuration and commands. */
const serverId = word(/^[A-Za-z0-9][A-Za-z0-9_.:-]{0,62}$/, 'must be an id of letters, digits and «_ . : -»');
const token = word(/^[A-Za-z0-9_-]{1,64}$/, 'must be a name of letters, digits, «_» and «-»');
const userName = word(/^[A-Za-z0-9_.-]{1,64}$/, 'must be a name of letters, digits and «_ . -»');
const password = word(/^[\x21-\x7e]{1,128}$/, 'must be a password of printable ASCII characters without spaces');
const urlPath = word(/^\/[\x21-\x7e]{0,1023}$/, 'must be a path such as /check.txt');
const host = word(/^[A-Za-z0-9][A-Za-z0-9.:-]{0,62}$/, 'must be the name of a node or an IP address');

const serverSchema = z.strictObject({
  node: host.optional().describe('The node of this cluster that the server runs on.'),
  address: bareAddress.optional().describe('The IP address of a server that is no node of this cluster.'),
  port: port.optional().describe('The port of the server (default: the port of the balancer).'),
  weight: wholeNumber(1, 256)
    .optional()
    .describe(`Its share of the connections against the other servers' weights (default ${of.serverWeight}).`),
  id: serverId.optional().describe('Its name in status and commands (default: the node or the address).'),
  link: wholeNumber(0, 7).optional().describe('Over which link the node is reached, counted from 0 (default 0).'),
});

const checkSchema = z.strictObject({
  path: urlPath
    .optional()
    .describe('Ask for this page, and take an answer of 200 to 399 as health (default: a TCP connection is enough).'),
  method: oneOf(['GET', 'HEAD']).optional().describe(`How the page is asked for (default ${of.check.method}).`),
  every: duration(10, 3_600_000)
    .optional()
    .describe(`Time between two checks of a server (default ${formatDuration(of.check.everyMs)}).`),
  timeout: duration(5, 3_600_000)
    .optional()
    .describe(
      `A server that has not answered by then fails the check (default ${formatDuration(of.check.timeoutMs)}, never more than «every»).`,
    ),
  rise: wholeNumber(1, 100)
    .optional()
    .describe(`Good checks in a row until a server is used again (default ${of.check.rise}).`),
  fall: wholeNumber(1, 100)
    .optional()
    .describe(`Bad checks in a row until a server is used no more (default ${of.check.fall}).`),
});

const statsSchema = z.strictObject({
  port: port.describe('The port of the statistics page.'),
  user: userName.describe('The user name that opens the page.'),
  password: password.describe('The password that opens the page.'),
});

export const balanceSchema = z.strictObject({
  port: port.describe('The port that clients connect to.'),
  address: bareAddress
    .optional()
    .describe('The IP address that clients connect to (default: every address of the node).'),
  mode: oneOf(['http', 'tcp'])
    .optional()
    .describe(`Whether requests (http) or connections (tcp) are balanced (default ${of.mode}).`),
  algorithm: oneOf(['roundrobin', 'leastconn', 'source'])
    .optional()
    .describe(
      `How a server is chosen: in turn, the least busy one, or always the same for a client address (default ${of.algorithm}).`,
    ),
  engine: oneOf(['haproxy', 'proxy'])
    .optional()
    .describe(`The program that balances: HAProxy, or the proxy built into Sempre (default ${of.engine}).`),
  servers: z
    .array(z.union([host, serverSchema], { error: 'must be the name of a node, or a mapping with node or address' }), {
      error: 'must be a list of servers',
    })
    .min(1, { error: notEmpty })
    .max(256, { error: 'must have 256 servers at most' })
    .describe('The servers behind the balancer: names of nodes, addresses, or mappings.'),
  check: checkSchema.optional().describe('How the health of the servers is found out.'),
  'connect-timeout': duration(10, 60_000)
    .optional()
    .describe(
      `A server that takes no connection by then is given up for another one (default ${formatDuration(of.connectTimeoutMs)}).`,
    ),
  'idle-timeout': duration(100, 86_400_000)
    .optional()
    .describe(`A connection without traffic for this long is closed (default ${formatDuration(of.idleTimeoutMs)}).`),
  'forwarded-for': flag
    .optional()
    .describe('Tell the servers the address of the client in X-Forwarded-For (http only; default true).'),
  cookie: token.optional().describe('Name of a cookie that ties a client to one server (http only; default: none).'),
  stats: statsSchema.optional().describe("The balancer's own statistics page (default: none)."),
});

export type BalanceFile = z.infer<typeof balanceSchema>;
export type ServerFile = z.infer<typeof serverSchema>;
