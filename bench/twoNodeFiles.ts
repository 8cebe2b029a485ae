/**
 * One cluster for each choice that two nodes have: something that must not run twice (it stamps a file that all hosts share), an
 * address for the clients, and a web server on each node that answers them.
 */
import { join } from 'node:path';
import { checkoutDirectory } from '../lab/commands.ts';
import { stampsOnHost } from '../lab/torture/cluster-file.ts';

export type Choice = 'fence' | 'ping' | 'witness';

export const choices: readonly Choice[] = ['fence', 'ping', 'witness'];
export const nodes = ['alpha', 'beta'] as const;
export const witness = 'gamma';
export const address = '192.168.10.10';
export const certain = 'data';

const watchdog = 'watchdog: {device: /dev/watchdog, timeout: 4s}';

const heads: Readonly<Record<Choice, string>> = {
  fence: `quorum:
  tie: fence
  prefer: alpha
  head-start: 3s
  ping: [192.168.10.254]
${watchdog}
fencing:
  devices:
    lab: {agent: fence_sempre_lab, for: [alpha, beta], timeout: 5s}`,
  ping: `quorum:
  tie: ping
  ping: [192.168.10.254, 192.168.10.253]`,
  witness: `${watchdog}
witness: {name: ${witness}, address: 172.16.5.5}`,
};

/** Where two sides may act at once, nothing may run that must not run twice: `validate` refuses it. */
const dataService = `  ${certain}:
    command: [/bin/bash, ${JSON.stringify(join(checkoutDirectory, 'lab/torture/writer.sh'))}, ${stampsOnHost}]
    takeover: fencing
    stop-timeout: 2s
    group: front
`;

export const hasData = (choice: Choice): boolean => choice !== 'ping';

export function fileFor(choice: Choice): string {
  const server = `exec ${process.execPath} --disable-warning=ExperimentalWarning ${join(checkoutDirectory, 'examples/web/server.ts')}`;
  const listen = nodes.map((node) => `${node}=0.0.0.0:80`).join(' ');
  return `cluster: two-node-${choice}
${heads[choice]}
nodes:
  alpha: [192.168.10.11/24, 10.20.0.11/24]
  beta: [192.168.10.12/24, 10.20.0.12/24]
services:
  web:
    command: ${JSON.stringify(`${server} $(hostname) ${listen}`)}
    instances: all
    stop-timeout: 2s
${hasData(choice) ? dataService : ''}  address:
    address: ${address}/24
    group: front
`;
}
