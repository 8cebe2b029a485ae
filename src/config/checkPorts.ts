/** Programs that would listen on the same port of the same node. Only what the file says is known: not what else runs there. */
import type { NodeId } from '../core/model.ts';
import type { Checked } from './check.ts';
import { atValue, type Spot } from './places.ts';
import type { Report } from './report.ts';
import { quote } from './show.ts';

interface Listener {
  readonly what: string;
  readonly on: readonly NodeId[];
  /** Null: every address of the node. */
  readonly address: string | null;
  readonly port: number;
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
      report.error('PORT_CLASH', listener.spot, message, 'take another port, or another address for each');
    }
    byPort.set(listener.port, [...others, listener]);
  }
  checkLoops(checked, report);
}

function listenersOf({ cluster, file }: Checked): Listener[] {
  const everyNode = [...file.nodes.keys()];
  const ours: Listener = {
    what: 'the heartbeat',
    on: everyNode,
    address: null,
    port: cluster.heartbeat.port,
    spot: atValue('heartbeat', 'port'),
  };
  const balancers = cluster.services.flatMap(({ id, resource, on }): Listener[] => {
    if (resource.kind !== 'balance') return [];
    const { listen, stats } = resource;
    const path = ['services', id, 'balance'];
    const main = { what: quote(id), on, ...listen, spot: atValue(...path, 'port') };
    if (stats === null) return [main];
    const page = {
      what: `the statistics of ${quote(id)}`,
      on,
      address: null,
      port: stats.port,
      spot: atValue(...path, 'stats', 'port'),
    };
    return [main, page];
  });
  return [ours, ...balancers];
}

const clash = (a: Listener, b: Listener): boolean =>
  (a.address === null || b.address === null || a.address === b.address) && a.on.some((node) => b.on.includes(node));

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
