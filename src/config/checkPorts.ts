/** Programs that would listen on the same port of the same node. Only what the file says is known: not what else runs there. */
import type { NodeId, Service } from '../core/model.ts';
import type { Checked } from './check.ts';
import { eachCopy } from './checkContainers.ts';
import { atValue, type Spot } from './places.ts';
import type { Report } from './report.ts';
import { quote } from './show.ts';

interface Listener {
  readonly what: string;
  readonly on: readonly NodeId[];
  /** Null: every address of the node. */
  readonly address: string | null;
  readonly port: number;
  /** Null: it takes the port of both protocols. */
  readonly protocol: 'tcp' | 'udp' | null;
  /** Copies of which no two are on one node; null: nobody's. */
  readonly apart: string | null;
  readonly spot: Spot;
}

export function checkPorts(checked: Checked, report: Report): void {
  const listeners = listenersOf(checked);
  const byPort = new Map<number, Listener[]>();
  for (const listener of listeners) {
    const others = byPort.get(listener.port) ?? [];
    const other = others.find((one) => clash(one, listener));
    if (other !== undefined) {
      const message = `port ${listener.port} of ${nodeOf(other, listener)} is already taken by ${other.what}`;
      report.error('PORT_CLASH', listener.spot, message, hintFor(listener, other));
    }
    byPort.set(listener.port, [...others, listener]);
  }
  checkLoops(checked, report);
}

/** Copies that share a node need ports that count on, or addresses. */
const hintFor = (a: Listener, b: Listener): string =>
  a.spot.path.join() === b.spot.path.join()
    ? 'give the container an «address», or ports that differ: "{copy+8080}:80"'
    : 'take another port, or another address for each';

function listenersOf({ cluster, file }: Checked): Listener[] {
  const everyNode = [...file.nodes.keys()];
  const ours: Listener = {
    what: 'the heartbeat',
    on: everyNode,
    address: null,
    port: cluster.heartbeat.port,
    protocol: null,
    apart: null,
    spot: atValue('heartbeat', 'port'),
  };
  const balancers = cluster.services.flatMap(({ id, resource, on }): Listener[] => {
    if (resource.kind !== 'balance') return [];
    const { listen, stats } = resource;
    const path = ['services', id, 'balance'];
    const plain = { protocol: 'tcp', apart: null } as const;
    const main = { ...plain, what: quote(id), on, ...listen, spot: atValue(...path, 'port') };
    if (stats === null) return [main];
    const page = {
      ...plain,
      what: `the statistics of ${quote(id)}`,
      on,
      address: null,
      port: stats.port,
      spot: atValue(...path, 'stats', 'port'),
    };
    return [main, page];
  });
  return [ours, ...balancers, ...cluster.services.flatMap(containerPorts)];
}

function containerPorts(service: Service): Listener[] {
  const { id, on, copyOf } = service;
  return eachCopy(service).flatMap((each, number) => {
    if (each.kind !== 'container') return [];
    return each.ports.flatMap((pair, index): Listener[] => {
      const [numbers = '', protocol] = pair.split('/');
      if (protocol !== 'tcp' && protocol !== 'udp') return [];
      return [
        {
          what: copyOf === undefined ? quote(id) : `copy ${number} of ${quote(id)}`,
          on,
          address: each.address?.address ?? null,
          port: Number(numbers.split(':')[0]),
          protocol,
          apart: copyOf?.perNode === 1 ? id : null,
          spot: atValue('services', id, 'container', 'ports', index),
        },
      ];
    });
  });
}

const clash = (a: Listener, b: Listener): boolean =>
  (a.protocol === null || b.protocol === null || a.protocol === b.protocol) &&
  (a.apart === null || a.apart !== b.apart) &&
  (a.address === null || b.address === null || a.address === b.address) &&
  a.on.some((node) => b.on.includes(node));

const nodeOf = (a: Listener, b: Listener): string => quote(a.on.find((node) => b.on.includes(node)) ?? '');

function checkLoops({ cluster }: Checked, report: Report): void {
  for (const { id, resource, on } of cluster.services) {
    if (resource.kind !== 'balance') continue;
    const { listen, servers } = resource;
    for (const server of servers) {
      const meets = listen.address === null || listen.address === server.address;
      if (server.node === null || !on.includes(server.node) || server.port !== listen.port || !meets) continue;
      const message = `${quote(id)} listens on port ${listen.port} of ${quote(server.node)}, and sends its clients to the same port there`;
      report.error(
        'BALANCE_LOOP',
        atValue('services', id, 'balance', 'port'),
        message,
        'give the server another port, or the balancer an address of its own',
      );
      break;
    }
  }
}
