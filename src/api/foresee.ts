/** What operators' wishes would be after one more command: for a plan that shows its effect before it is given. Pure. */
import { type Cluster, type NodeId, servicesNamed } from '../core/model.ts';
import type { Admin, Command, NodeRecord } from '../core/ports.ts';
import { keptFor } from '../core/request/shutdown.ts';
import type { PlanBody } from './body.ts';

export function adminAfter(
  admin: Admin,
  command: NonNullable<PlanBody['command']>,
  records: readonly NodeRecord[],
  cluster: Pick<Cluster, 'services' | 'rules'>,
): Admin {
  const { because } = command;
  const named = (name: string): readonly string[] => servicesNamed(cluster, name).map(({ id }) => id);
  switch (command.kind) {
    case 'confirmOff':
      return { ...admin, off: changed(admin.off, command.node, { because }) };
    case 'fence':
      return admin;
    case 'arm':
      return { ...admin, disarmed: null };
    case 'disarm':
      return { ...admin, disarmed: { id: 'foreseen', forMs: command.forMs, because } };
    case 'maintain':
      return { ...admin, maintenance: maintenanceAfter(admin.maintenance, command, named) };
    case 'standby':
      return { ...admin, standby: changed(admin.standby, command.node, command.on ? { because } : null) };
    case 'shutdown': {
      const kept = keptFor(command, cluster, (service) => whereRuns(service, records));
      const shutdown = { id: 'foreseen', boot: 0, ...kept };
      return { ...admin, standby: changed(admin.standby, command.node, { because, shutdown }) };
    }
    case 'run':
      return {
        ...admin,
        stopped: changedAll(admin.stopped, named(command.service), command.wanted === 'stopped' ? { because } : null),
      };
    case 'clear':
      return { ...admin, moves: changed(admin.moves, command.service, null) };
    case 'move': {
      const move = { to: command.to, from: whereRuns(command.service, records), because };
      return { ...admin, moves: changed(admin.moves, command.service, move) };
    }
  }
}

function maintenanceAfter(
  { nodes, services }: Admin['maintenance'],
  { node, service, on, because }: Extract<Command, { kind: 'maintain' }>,
  named: (name: string) => readonly string[],
): Admin['maintenance'] {
  const entry = on ? { because } : null;
  return {
    nodes: node === null ? nodes : changed(nodes, node, entry),
    services: service === null ? services : changedAll(services, named(service), entry),
  };
}

function changed<T>(table: Readonly<Record<string, T>>, key: string, value: T | null): Record<string, T> {
  const others = Object.entries(table).filter(([other]) => other !== key);
  return Object.fromEntries(value === null ? others : [...others, [key, value]]);
}

const changedAll = <T>(table: Readonly<Record<string, T>>, keys: readonly string[], value: T | null) =>
  keys.reduce<Readonly<Record<string, T>>>((each, key) => changed(each, key, value), table);

function whereRuns(service: string, records: readonly NodeRecord[]): NodeId | null {
  const at = records.find((record) =>
    ['running', 'starting', 'reloading'].includes(record.services[service]?.state ?? ''),
  );
  return at?.node ?? null;
}
