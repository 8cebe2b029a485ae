/** The cluster that is tortured: fast times, a writer that must not run twice, an address in front of it, a copy on each node. */
import { join } from 'node:path';
import { keeperOnHost } from '../keeper/places.ts';

export const stampsOnHost = join(keeperOnHost, 'stamps');
const nodeNames = (count: number): string[] => Array.from({ length: count }, (_, i) => `n${i + 1}`);

/** The lab makes it a host of its own. */
const pingAddress = '10.77.0.254';

/** Two that fence each other; two and a witness, with nothing but watchdogs to make certain; three with a majority. */
export const shapes = ['2', 'witness', '3'] as const;
export type Shape = (typeof shapes)[number];
export const witnessName = 'witness';

function rulesOf(shape: Shape, nodes: readonly string[]): string {
  const fencing = `fencing:
  devices:
    lab: {agent: fence_sempre_lab, for: [${nodes.join(', ')}], timeout: 4s}
`;
  switch (shape) {
    case '2':
      return `quorum: {tie: fence, head-start: 1s, ping: [${pingAddress}]}\n${fencing}`;
    case 'witness':
      return `witness: {name: ${witnessName}, address: 10.99.0.1}\n`;
    case '3':
      return fencing;
  }
}

export function clusterFile(shape: Shape): string {
  const nodes = nodeNames(shape === '3' ? 3 : 2);
  const places = nodes.map((node, i) => `  ${node}: [10.77.0.${i + 1}/24, 10.78.0.${i + 1}/24]`);
  return `cluster: torture
heartbeat: {interval: 100ms, dead: 600ms}
${rulesOf(shape, nodes)}watchdog: {device: /dev/watchdog, timeout: 2s}
nodes:
${places.join('\n')}
services:
  writer:
    command: [/bin/bash, ${JSON.stringify(join(import.meta.dirname, 'writer.sh'))}, ${stampsOnHost}]
    takeover: fencing
    stop-timeout: 1s
    check: {every: 1s, timeout: 2s}
    failures: {max: 1000, forget: 5s}
    group: data
  address:
    address: 10.77.0.100/24
    group: data
  everywhere:
    command: [/bin/sleep, infinity]
    instances: all
    stop-timeout: 1s
    failures: {max: 1000, forget: 5s}
`;
}

/** For changes of the file itself: nothing has to be restarted for them, so that many can be made in a second. */
export function changingFile(change: number): string {
  const places = nodeNames(3).map((node, i) => `  ${node}: [10.77.0.${i + 1}/24, 10.78.0.${i + 1}/24]`);
  return `# change ${change}
cluster: torture
heartbeat: {interval: 100ms, dead: 600ms}
nodes:
${places.join('\n')}
services:
  everywhere:
    command: [/bin/sleep, infinity]
    instances: all
    stop-timeout: 1s
    failures: {max: 1000, forget: ${60 + change}s}
`;
}

/** Which change a cluster file is. */
export const changeIn = (source: string): number => Number(/^# change (\d+)$/m.exec(source)?.[1] ?? Number.NaN);
